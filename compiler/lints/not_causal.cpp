// A model that guesses what comes next must not see it. Every output that has the axis is to be made, at each place, of
// the inputs up to there. Hand-written attention and softmax are recognized first, so that their masks count.
//   attention(q, k, v), outputs declared causal along time   => attention: places see later ones
#include "compiler/axis_dependence.hpp"
#include "compiler/lint.hpp"
#include "compiler/unmasked.hpp"

namespace vitrine {

namespace {

/// How far ahead a node's result sees, in words.
std::string how_far(const MadeOf& made) {
  std::ptrdiff_t most = 0;
  for (const Places& p : made.along) most = std::max(most, p.last);
  if (made.anything || most >= AxisReach::far / 2) return "every place sees all others";
  return most == 1 ? "every place sees the next one" : fmt::format("every place sees the {} next ones", most);
}

bool has_axis(const Shape& shape, std::string_view name) {
  return std::ranges::find(shape, name, &Axis::label) != shape.end();
}

}  // namespace

void not_causal(const Linted& model, Findings& found) {
  if (model.causal_along.empty()) return;
  const Graph graph = recognized(model.graph);
  const AxisDependence dependence(graph, model.causal_along);
  for (const auto& [name, y] : graph.outputs()) {
    if (!has_axis(y.type().shape, model.causal_along) || dependence.of(y) != Dependence::all) continue;
    const Value spreads = dependence.where_it_spreads(y), at = spreads ? spreads : y;
    const std::optional<Unmasked> mask = unmasked(graph, dependence, at);
    Finding made = finding_at(
        "not_causal", at,
        fmt::format(
            "along {} {}, and output '{}', which is declared causal, is made of it: it knows what it is to guess{}",
            model.causal_along, how_far(dependence.made_of(at)), name, mask ? "; " + mask->why() : ""),
        mask ? mask->help() : "let each place see itself and those before it only, as attention<causal> does");
    // A node that recognition made stands for those that the model has.
    if (!model.graph.find(at.id) && !at.node().origin.empty()) made.node = at.node().origin.front();
    found.push_back(std::move(made));
  }
}

}  // namespace vitrine
