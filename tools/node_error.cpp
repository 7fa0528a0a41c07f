#include "tools/node_error.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "compiler/rounding.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/isa.hpp"
#include "tools/compiled.hpp"
#include "tools/loaded_graph.hpp"
#include "tools/small_values.hpp"
#include "tools/step_values.hpp"
#include "vitrine/attribute.hpp"

namespace vitrine {

namespace {

/// Keeps one node's value while a program runs, if a step stores it.
class Listener : public Watcher {
 public:
  explicit Listener(std::uint32_t node) : node_(node) {}

  void after(const Step& step, const Memory& memory) override {
    // A step without operand nodes is a copy of the plan's own.
    if (heard_ || step.operand_nodes.empty()) return;
    for (const Slot& slot : step.results)
      if (slot.value == node_) heard_ = dense_bytes(slot, memory);
  }
  const std::optional<std::vector<std::byte>>& heard() const { return heard_; }

 private:
  std::uint32_t node_;
  std::optional<std::vector<std::byte>> heard_{};
};

template <class T> T element(const std::vector<std::byte>& bytes, std::size_t i) {
  T made;
  std::memcpy(&made, &bytes[i * sizeof(T)], sizeof(T));
  return made;
}

/// What the value is held against: the earliest graph that computes it, by the earliest node that has it there.
std::pair<const Graph*, std::uint32_t> origin_of(const Compilation& small, const Life& life) {
  for (const Graph* graph : {&small.traced(), &small.given(), &small.compiled()})
    for (const std::uint32_t id : life.nodes)
      if (graph->find(id)) return {graph, id};
  return {nullptr, 0};
}

Values<float> of_leaves(const Graph& graph, const Values<float>& all) {
  Values<float> made;
  for (Value v : graph.topological())
    if (!v.op() && v.node().leaf != Leaf::constant) made[v.id] = all.at(v.id);
  return made;
}

}  // namespace

NodeError error_of(const Compilation& small, const Life& life, std::uint64_t seed, int threads) {
  NodeError made;
  const Graph& compiled = small.compiled();
  const Value last = life.alive ? compiled.find(life.nodes.back()) : Value{};
  if (!last) return made.not_measured = "the compiled program does not compute it", made;
  made.type = print_attribute(last.type());
  if (!last.op()) return made.not_measured = "it is given, not computed", made;
  if (last.op()->info->view) return made.not_measured = "it is a view: the same numbers as what it looks at", made;
  const auto [graph, id] = origin_of(small, life);
  const Values<float> leaves = small_values(small.given(), seed);
  Pool pool(thread_count(threads));
  const auto run = [&](const Graph& program) {
    Listener listener(last.id);
    LoadedGraph(program, pool, CpuTarget(best_isa())).run(of_leaves(program, leaves), &listener);
    return listener.heard();
  };
  std::optional<std::vector<std::byte>> heard = run(compiled);
  if (!heard) {
    Graph ungrouped(small.given());
    optimize(ungrouped, rewriting(small.passes()), {.record = false});
    heard = run(ungrouped);
    made.alone = heard.has_value();
  }
  if (!heard)
    return made.not_measured =
               "no step makes it at every run: it is made when the program is loaded, or as part of "
               "another kernel's work",
           made;
  const std::vector<std::byte>& got = *heard;
  const Values<float> mine = of_leaves(*graph, leaves);
  const Values<double> wide = widened(*graph, mine);
  const std::vector<std::byte> exact = evaluate<double>(*graph, wide).at(id),
                               plain = evaluate<float>(*graph, mine).at(id);
  made.elements = last.type().shape.elements();
  made.numbers = last.type().dtype == DType::f32;
  if (!made.numbers) {
    const std::size_t size = size_of(last.type().dtype);
    for (std::size_t i = 0; i < made.elements; ++i)
      made.differ += std::memcmp(&got[i * size], &exact[i * size], size) != 0;
    return made;
  }
  for (std::size_t i = 0; i < made.elements; ++i) {
    const double want = element<double>(exact, i), off = std::abs(element<float>(got, i) - want);
    if (std::isfinite(want)) made.scale = std::max(made.scale, std::abs(want));
    if (std::isfinite(off) && off > made.largest) made.largest = off, made.at = i;
    const double without = std::abs(element<float>(plain, i) - want);
    if (std::isfinite(without)) made.reference = std::max(made.reference, without);
  }
  made.share = deviation(last.type(), roundings(*graph, wide).at(id), got).share;
  return made;
}

}  // namespace vitrine
