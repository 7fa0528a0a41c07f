#include "compiler/continuation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/chunk.hpp"
#include "compiler/kept_values.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/specialize.hpp"
#include "compiler/unmasked.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// What a value that knows what is to come would have to be.
std::string help_for(const MadeOf& made) {
  if (made.anything)
    return "let each place be made of itself and those before it: attention<causal>, no mean over time";
  return "let it look back only";
}

void demand_that_it_goes_on(const GoesOn& goes_on, std::span<const Value> results) {
  for (Value y : results) {
    if (goes_on.dependence().of(y) != Dependence::all) continue;
    const Value at = goes_on.dependence().where_it_spreads(y) ? goes_on.dependence().where_it_spreads(y) : y;
    const std::optional<Unmasked> mask = unmasked(goes_on.graph(), goes_on.dependence(), at);
    throw UsageError(
        fmt::format("decode: {} ({}) sees what is to come along {}{}, so nothing before it can be kept; {}",
                    line_of(at), at.node().at.module, goes_on.axis(), mask ? ", for " + mask->why() : "",
                    mask ? mask->help() + ", or use attention<causal>" : help_for(goes_on.dependence().made_of(at))));
  }
}

/// Nothing may be made of how long the sequence is in the end: nobody knows it yet.
void demand_that_no_length_is_read(const GoesOn& goes_on, std::span<const Value> results) {
  std::vector<AxisChange> longer;
  for (const std::string& name : goes_on.names()) longer.push_back({name, Axis(goes_on.size() + 1)});
  std::set<std::uint32_t> seen;
  std::vector<Value> waiting(results.begin(), results.end());
  while (!waiting.empty()) {
    const Value v = waiting.back();
    waiting.pop_back();
    if (!v.op() || !seen.insert(v.id).second) continue;
    waiting.insert(waiting.end(), v.operands().begin(), v.operands().end());
    if (v.operands().empty() && v.type().shape.empty() &&
        !(v.op()->info->with_axes(v.op()->attributes.get(), longer) == *v.op()))
      throw UsageError(
          fmt::format("decode: {} ({}) is made of how long the {} is, and while it goes on nobody knows; divide by the "
                      "places so far, which iota counts, or by a number",
                      line_of(v), v.node().at.module, goes_on.axis()));
  }
}

}  // namespace

Graph in_use_along(const Graph& forward, const Axis& sequences, const Axis& along) {
  Graph graph = specialize(forward, std::array{sequences, along});
  optimize(graph, passes_named("inference,recognize_rows,recognize_attention,remove_unused"), {.record = false});
  return graph;
}

std::size_t ContinuationReport::bytes_of_token() const {
  std::size_t bytes = 0;
  for (const Kept& each : kept)
    if (each.what == Kept::What::rows || each.what == Kept::What::ring) bytes += each.bytes_of_row;
  return bytes;
}

Graph continuation(const Graph& full, const ContinuationOptions& options, ContinuationReport* report) {
  const GoesOn goes_on(full, options.axis);
  std::vector<Value> results;
  for (const std::string& wanted : options.outputs) {
    const auto found = std::ranges::find(full.outputs(), wanted, [](const auto& each) { return each.first; });
    if (found == full.outputs().end())
      throw UsageError(fmt::format("decode: graph '{}' has no output named '{}'", full.name(), wanted));
    results.push_back(found->second);
  }
  if (goes_on.size() == 0)
    throw UsageError(fmt::format("decode: no input of graph '{}' has an axis named '{}' to go on along; name it",
                                 full.name(), options.axis));
  demand_that_it_goes_on(goes_on, results);
  demand_that_no_length_is_read(goes_on, results);

  // As if all that can be kept were: that tells of which values all rows are wanted.
  std::set<std::uint32_t> can_be_kept;
  for (Value v : full.topological())
    if (goes_on.moves(v) && goes_on.kept_along(v)) can_be_kept.insert(v.id);
  const bool last = options.last_only && options.rows > 1;
  const RowDemands first(goes_on, results, last, options.rows, can_be_kept);
  const std::set<std::uint32_t> kept = values_to_keep(goes_on, first.wholes());
  const RowDemands demands(goes_on, results, last, options.rows, kept);

  Chunk chunk(goes_on, demands, kept, options);
  for (Value v : full.topological())
    if (demands.of(v).any()) chunk.add(v);
  for (std::size_t i = 0; i < results.size(); ++i) chunk.hand_out(options.outputs[i], results[i]);
  if (report) *report = chunk.report();
  return std::move(chunk).graph();
}

}  // namespace vitrine
