#include "tools/report/reference_errors.hpp"

#include <cmath>
#include <cstring>

#include "compiler/cost.hpp"
#include "tools/loaded_graph.hpp"
#include "tools/pass_choice.hpp"
#include "tools/small_values.hpp"
#include "tools/step_values.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Holds what each step stores against the same node's value in double. What was told before stays.
class Comparing : public Watcher {
 public:
  Comparing(const Graph& graph, const Values<double>& exact, bool alone, ReferenceErrors& into)
      : graph_(graph), exact_(exact), alone_(alone), into_(into) {}

  void after(const Step& step, const Memory& memory) override {
    for (const Slot& slot : step.results) {
      const Value v = graph_.find(slot.value);
      if (!v || v.type() != slot.type || !exact_.contains(v.id) || into_.nodes.contains(v.id)) continue;
      const auto bytes = dense_bytes(slot, memory);
      ReferenceErrors::Error error = slot.type.dtype == DType::f32
                                         ? error_of(bytes, exact_.at(v.id))
                                         : differing(bytes, exact_.at(v.id), size_of(slot.type.dtype));
      error.alone = alone_;
      into_.nodes[v.id] = error;
    }
  }

 private:
  static ReferenceErrors::Error error_of(const std::vector<std::byte>& got, const std::vector<std::byte>& exact) {
    ReferenceErrors::Error made;
    double most = 0;
    for (std::size_t i = 0; i < got.size() / sizeof(float); ++i) {
      float is = 0;
      double want = 0;
      std::memcpy(&is, got.data() + i * sizeof is, sizeof is);
      std::memcpy(&want, exact.data() + i * sizeof want, sizeof want);
      if (!std::isfinite(want)) continue;
      most = std::max(most, std::abs(want));
      made.largest = std::max(made.largest, std::abs(is - want));
    }
    if (most > 0) made.of_largest = made.largest / most;
    return made;
  }

  /// Of a mask or whole numbers, which double holds as they are.
  static ReferenceErrors::Error differing(const std::vector<std::byte>& got, const std::vector<std::byte>& exact,
                                          std::size_t size) {
    ReferenceErrors::Error made{.numbers = false};
    for (std::size_t i = 0; i < got.size(); i += size) made.largest += std::memcmp(&got[i], &exact[i], size) != 0;
    return made;
  }

  const Graph& graph_;
  const Values<double>& exact_;
  bool alone_;
  ReferenceErrors& into_;
};

/// Whether two graphs have the same op on the same nodes here.
bool same_call(Value a, Value b) {
  return a && b && a.op() && b.op() && a.op()->info == b.op()->info &&
         std::ranges::equal(a.operands(), b.operands(), {}, &Value::id, &Value::id);
}

}  // namespace

ReferenceErrors reference_errors(const Graph& begin, std::span<const Pass> passes, const Graph& like,
                                 double most_operations) {
  ReferenceErrors made;
  Graph graph(begin);
  optimize(graph, passes, {.verify_each = false});
  double operations = 0;
  for (const auto& [id, cost] : costs_of(graph)) operations += cost.operations;
  if (operations > most_operations) {
    made.why_not = fmt::format("{:.1e} operations are too many to run by definition here", operations);
    return made;
  }
  try {
    const Values<float> leaves = small_values(graph, 1);
    const Values<double> exact = evaluate<double>(graph, widened(graph, leaves));
    Pool pool(1);
    const auto run = [&](const Graph& program, bool alone) {
      Comparing comparing(program, exact, alone, made);
      LoadedGraph(program, pool, CpuTarget(best_isa())).run(leaves, &comparing);
    };
    run(graph, false);
    Graph ungrouped(begin);
    optimize(ungrouped, rewriting(passes), {.verify_each = false});
    run(ungrouped, true);
    std::erase_if(made.nodes,
                  [&](const auto& told) { return !same_call(graph.find(told.first), like.find(told.first)); });
  } catch (const UsageError& error) {  // no made-up inputs that its ops take
    made.why_not = error.what();
  } catch (const InputError& error) {
    made.why_not = error.what();
  }
  return made;
}

}  // namespace vitrine
