#include <algorithm>

#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/verify.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

/// Two rules that undo each other would run for ever: no pipeline here needs nearly as many rounds.
constexpr std::size_t most_rounds = 50;

void verify_after(const Graph& graph, std::string_view pass) {
  try {
    verify(graph);
  } catch (const InternalError& error) {
    throw InternalError("after pass " + std::string(pass) + ": " + error.what() + "; the graph is:\n" + print(graph));
  }
}

}  // namespace

std::vector<Pass> passes_named(std::string_view names) {
  std::vector<std::string_view> known;
  for (const Pass& pass : every_pass) known.push_back(pass.name);
  std::vector<Pass> found;
  for (std::size_t at = 0; at <= names.size() && !names.empty();) {
    const std::size_t comma = std::min(names.find(',', at), names.size());
    const std::string_view name = names.substr(at, comma - at);
    const auto pass = std::ranges::find(every_pass, name, &Pass::name);
    if (pass == every_pass.end()) {
      const std::string_view near = nearest(name, known);
      throw UsageError("there is no pass named '" + std::string(name) + "'" +
                       (near.empty() ? "" : "; did you mean '" + std::string(near) + "'?") +
                       " ('vitrine passes' lists them)");
    }
    found.push_back(*pass);
    at = comma + 1;
  }
  return found;
}

Record optimize(Graph& graph, std::span<const Pass> pipeline, const PipelineOptions& options) {
  Record record;
  if (options.verify_each) verify_after(graph, "(none: the graph was broken before the first pass)");
  const auto run = [&](const Pass& pass, std::size_t round) {
    const std::size_t changes = record.rewrites.size();
    Rewriter rewriter(graph, pass.name, record);
    pass.run(graph, rewriter);
    if (record.rewrites.size() == changes) return;
    if (options.verify_each) verify_after(graph, pass.name);
    if (options.after_pass) options.after_pass(graph, pass, round);
  };
  std::size_t round = 0;
  for (std::size_t before = ~std::size_t{0}; before != record.rewrites.size();) {
    before = record.rewrites.size();
    if (++round > most_rounds)
      throw InternalError("optimize: passes still rewrite after " + std::to_string(most_rounds) + " rounds, the last " +
                          std::string(record.rewrites.back().pass));
    for (const Pass& pass : pipeline)
      if (!pass.annotates) run(pass, round);
  }
  for (const Pass& pass : pipeline)
    if (pass.annotates) run(pass, round);
  return record;
}

}  // namespace vitrine
