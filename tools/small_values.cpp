#include "tools/small_values.hpp"

#include <algorithm>

#include "compiler/continuation.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/specialize.hpp"
#include "runtime/states.hpp"
#include "tools/made_up_inputs.hpp"
#include "tools/parameter_file.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/one_hot.hpp"

namespace vitrine {

namespace {

/// The graph's states as they begin.
void begin_states(const Graph& graph, std::uint64_t seed, Values<float>& values) {
  States states(seed);
  states.add(plan_of_states(graph));
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::state) continue;
    const auto bytes = states.bytes(v.node().name);
    values[v.id] = {bytes.begin(), bytes.end()};
    // Codes and scales have no beginning of their own: they are made of a model that was trained.
    const DType dtype = v.type().dtype;
    if ((dtype == DType::i8 || dtype == DType::u8 || dtype == DType::bf16) && !is_kept(v.node().name))
      values[v.id] = made_up(v.node().name, v.type(), seed, 255);
  }
}

/// Whether a label of this size is a class wherever the graph marks one.
bool is_class(const Graph& graph, std::int32_t label) {
  return std::ranges::all_of(graph.topological(), [&](Value v) {
    const auto* marks = as<OneHot>(v);
    return !marks || static_cast<std::size_t>(label) < marks->along.size;
  });
}

}  // namespace

Graph at_small_sizes(const Graph& forward, std::span<const Axis> sizes) {
  Graph made(forward);
  for (const Axis& size : sizes) {
    try {
      made = specialize(made, std::array{size});
    } catch (const UsageError&) {  // no such axis, or one that cannot be another size
    }
  }
  return made;
}

Values<float> small_values(const Graph& graph, std::uint64_t seed) {
  Values<float> values;
  begin_states(graph, seed, values);
  Graph told(graph);
  const bool tells_other = !recognize(told).rewrites.empty();
  for (const std::int32_t largest : {31, 9, 3, 1, 0}) {
    if (largest > 0 && !is_class(graph, largest)) continue;
    for (Value v : graph.topological())
      if (v.node().leaf == Leaf::input) values[v.id] = made_up(v.node().name, v.type(), seed, largest);
    try {
      const Values<float> made = evaluate<float>(graph, values);
      if (tells_other) evaluate<float>(told, values);  // an op may refuse a label that its parts do not
      for (const auto& [state, next] : graph.updates()) values[state.id] = made.at(next.id);
      return values;
    } catch (const UsageError&) {
      if (largest == 0) throw;
    } catch (const InputError&) {
      if (largest == 0) throw;
    }
  }
  return values;
}

}  // namespace vitrine
