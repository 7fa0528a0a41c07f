#include <algorithm>
#include <set>

#include "compiler/passes.hpp"
#include "compiler/planted.hpp"
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

/// One compilation's way through its passes.
class Pipeline {
 public:
  Pipeline(Graph& graph, const PipelineOptions& options) : graph_(graph), options_(options) {
    // A judge is shown each rewrite.
    record_.keeps = options.record || options.judge;
  }

  void run(std::span<const Pass> passes) {
    try {
      until_they_rest(passes);
      for (const Pass& pass : passes)
        if (pass.when == When::at_the_end) run(pass);
    } catch (const EnoughRewrites&) {
    }
  }
  Record record() && { return std::move(record_); }

 private:
  void until_they_rest(std::span<const Pass> passes) {
    for (std::size_t before = ~std::size_t{0}; before != record_.count;) {
      before = record_.count;
      if (++round_ > most_rounds)
        throw InternalError("optimize: passes still rewrite after " + std::to_string(most_rounds) +
                            " rounds, the last " + std::string(last_));
      for (const Pass& pass : passes)
        if (pass.when == When::in_rounds) run(pass);
    }
  }

  void run(const Pass& pass) {
    if (undone_.contains(pass.name)) return;
    if (options_.judge) return run_judged(pass);
    const std::size_t changes = record_.count;
    if (options_.at_stage) options_.at_stage(pass.name);
    rewrite(pass);
    if (record_.count == changes) return;
    last_ = pass.name;
    if (options_.at_stage) options_.at_stage("verify");
    if (options_.verify_each) verify_after(graph_, pass.name);
    if (options_.after_pass) options_.after_pass(graph_, pass, round_);
  }

  void rewrite(const Pass& pass) {
    Rewriter rewriter(graph_, pass.name, record_, options_.most_rewrites);
    pass.run(graph_, rewriter);
    if (planted().rule) planted().rule(pass.name, graph_, rewriter);
  }

  void run_judged(const Pass& pass) {
    const std::size_t changes = record_.rewrites.size(), refusals = record_.refusals.size();
    Graph before(graph_);
    const auto made = [&] { return std::span<const Rewrite>(record_.rewrites).subspan(changes); };
    bool stands = true;
    try {
      rewrite(pass);
      if (made().empty()) return;
      verify(graph_);
      last_ = pass.name;
      stands = options_.judge->accepts(before, graph_, pass, made());
    } catch (const InternalError& error) {
      options_.judge->broke(before, pass, made(), error.what());
      stands = false;
    }
    if (stands) {
      if (options_.after_pass) options_.after_pass(graph_, pass, round_);
      return;
    }
    graph_ = std::move(before);
    record_.rewrites.resize(changes);
    record_.count = changes;
    record_.refusals.resize(refusals);
    undone_.insert(pass.name);
  }

  Graph& graph_;
  const PipelineOptions& options_;
  Record record_{};
  std::size_t round_ = 0;
  std::string_view last_{};  // the pass that changed something last
  std::set<std::string_view> undone_{};
};

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

Record optimize(Graph& graph, std::span<const Pass> passes, const PipelineOptions& options) {
  if (options.at_stage) options.at_stage("verify");
  if (options.verify_each) verify_after(graph, "(none: the graph was broken before the first pass)");
  Pipeline pipeline(graph, options);
  pipeline.run(passes);
  return std::move(pipeline).record();
}

}  // namespace vitrine
