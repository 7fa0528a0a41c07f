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

/// Keeps one node's value while a program runs: as its step stored it, else as its definition makes it from what its
/// step read.
class Listener : public Watcher {
 public:
  Listener(const Graph& graph, std::uint32_t node) : graph_(graph), node_(node), rank_(graph.end_of_ids()) {
    for (std::uint32_t rank = 0; Value v : graph.topological()) rank_[v.id] = rank++;
  }

  void before(const Step& step, const Memory& memory) override {
    operands_.clear();
    if (!wants(step)) return;
    for (const Slot& slot : step.operands) operands_.push_back(dense_bytes(slot, memory));
  }
  void after(const Step& step, const Memory& memory) override {
    if (!wants(step)) return;
    for (const Slot& slot : step.results)
      if (slot.value == node_) return void(heard_ = dense_bytes(slot, memory));
    const Value v = graph_.find(node_);
    if (v.type().dtype != DType::f32) return;
    const StepValues values(graph_, rank_, step, operands_);
    const auto bytes = std::as_bytes(values.floats(v));
    heard_.emplace(bytes.begin(), bytes.end());
    by_definition_ = true;
  }

  const std::optional<std::vector<std::byte>>& heard() const { return heard_; }
  bool by_definition() const { return by_definition_; }

 private:
  bool wants(const Step& step) const {
    return !heard_ && !step.operand_nodes.empty() && std::ranges::find(step.nodes, node_) != step.nodes.end();
  }

  const Graph& graph_;
  std::uint32_t node_;
  std::vector<std::uint32_t> rank_;
  std::vector<std::vector<std::byte>> operands_{};
  std::optional<std::vector<std::byte>> heard_{};
  bool by_definition_ = false;
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
  Listener listener(compiled, last.id);
  LoadedGraph(compiled, pool, CpuTarget(best_isa())).run(of_leaves(compiled, leaves), &listener);
  if (!listener.heard())
    return made.not_measured =
               "no step makes it at every run: it is made when the program is loaded, or as part of "
               "another kernel's work",
           made;
  made.by_definition = listener.by_definition();
  const std::vector<std::byte>& got = *listener.heard();
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
