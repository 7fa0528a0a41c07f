#pragma once
// What tests of plans share: a target that runs nothing, and questions about a plan.
#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "compiler/rewriter.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

inline constexpr Type matrix = f32<8, 16>;  // 512 bytes
inline constexpr std::size_t matrix_bytes = 512;

/// Names a kernel and wants what the test says.
struct FakeTarget : Target {
  std::size_t workspace = 0;
  bool dense = false;
  Choice choose(const Step& step) const override {
    return {.kernel = step.head ? "head" : "kernel",
            .workspace = step.head ? workspace : 0,
            .dense_operands = dense,
            .reason = "a test"};
  }
};

inline Plan planned(const Graph& graph, const FakeTarget& target = {}) { return compile(graph, target); }

inline void group(Graph& graph, std::vector<Value> values) {
  Record record;
  Rewriter(graph, "test", record).group(values, "together");
}

/// The index of the step that computes a node.
inline std::size_t step_of(const Plan& plan, Value v) {
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    if (std::ranges::find(plan.steps[i].nodes, v.id) != plan.steps[i].nodes.end()) return i;
  FAIL("no step computes %" << v.id);
  return 0;
}

inline const Slot& output_of(const Plan& plan, std::string_view name) {
  const auto at = std::ranges::find(plan.outputs, name, &NamedSlot::name);
  REQUIRE(at != plan.outputs.end());
  return at->slot;
}

inline bool same_place(const Slot& a, const Slot& b) {
  return a.space == b.space && a.index == b.index && a.offset == b.offset;
}

/// Four steps, with three tensors alive at once and nothing in place: matmuls write no operand.
struct Diamond {
  Graph graph{"diamond"};
  Value x = graph.input("x", f32<16, 16>), a = matmul(x, x), b = matmul(x, transpose(x)), c = matmul(a, b),
        d = matmul(c, b);
  Plan plan;
  Diamond() {
    graph.output("d", d);
    FakeTarget target;
    target.workspace = 64;
    plan = planned(graph, target);
  }
  Slot& result(Value v) { return plan.steps[step_of(plan, v)].results[0]; }
};

}  // namespace vitrine
