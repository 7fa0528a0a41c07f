// Results in the memory of operands: which kernels may, that their bits do not change, and what the checker refuses.
#include <catch2/catch.hpp>

#include "compiler/check_plan.hpp"
#include "compiler/print.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "runtime/random.hpp"
#include "tests/plans.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

/// A target that lets every head write over its first operand, or over none.
struct Promising : Target {
  CpuTarget cpu{Isa::portable};
  int overwrites;
  explicit Promising(int operand) : overwrites(operand) {}
  Choice choose(const Step& step) const override {
    Choice made = cpu.choose(step);
    if (step.head) made.overwrites = overwrites;
    return made;
  }
};

/// The head on tanh(x), which nobody else reads.
template <class Head> Graph after_tanh(const Head& head) {
  Graph graph("after tanh");
  graph.output("y", head(tanh(graph.input("x", f32<24, 40>))));
  return graph;
}

std::vector<std::byte> run(const Graph& graph, const Target& target) {
  Pool pool(2);
  States states(5);
  Program program(compile(graph, target), states, pool, Isa::portable);
  std::vector<float> x(24 * 40);
  const RandomStream random(3, 0);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 4 * random.normal(i);
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 24; ++i) labels.push_back(i * 7 % 40);
  for (const auto& [name, type] : program.plan().inputs)
    program.bind_input(name, type.dtype == DType::f32 ? static_cast<const void*>(x.data()) : labels.data());
  program.run();
  const auto bytes = program.output("y");
  return {bytes.begin(), bytes.end()};
}

/// Whether a head's result lies over its first operand.
bool over_operand(const Plan& plan) {
  return std::ranges::any_of(plan.steps, [](const Step& step) {
    return step.head && step.results[0].space == Space::arena && same_place(step.results[0], step.operands[0]);
  });
}

}  // namespace

TEST_CASE("kernels that go by rows write over an operand that dies, and make the same bits there") {
  const auto loss_gradient = [](Value v) {
    const Value labels = v.graph->input("label", i32<24>), worth = sum_to(v, shape_of<24, 1>);
    return emit(CrossEntropyGradient{}, {v * 2.f, labels, emit(Reshape{shape_of<24>}, {worth})});
  };
  const auto dropped = [](Value v) {
    return emit(Drop{0.25f, 3}, {v, v.graph->input("seed", i32<2>), v.graph->input("step", i32<>)});
  };
  for (const Graph& graph :
       {after_tanh(dropped), after_tanh([](Value v) { return softmax(v); }),
        after_tanh([](Value v) { return log_softmax(v); }), after_tanh([](Value v) { return layer_norm(v); }),
        after_tanh([](Value v) { return rms_norm(v); }), after_tanh(loss_gradient)}) {
    INFO(print(graph));
    CHECK(over_operand(compile(graph, CpuTarget(Isa::portable))));
    CHECK_FALSE(over_operand(compile(graph, Promising(-1))));
    CHECK(run(graph, CpuTarget(Isa::portable)) == run(graph, Promising(-1)));
  }
}

TEST_CASE("a head writes over no operand that is read again, is an output, or is read by its own kernel") {
  Graph again = after_tanh([](Value v) { return softmax(v) + softmax(v * v); });
  Graph output("output");
  const Value kept = tanh(output.input("x", f32<24, 40>));
  output.output("kept", kept);
  output.output("y", softmax(kept));
  Graph own("own kernel");
  const Value v = tanh(own.input("x", f32<24, 40>)), s = softmax(v), y = s * v;
  own.output("y", y);
  group(own, {s, y});
  for (const Graph* graph : {&output, &own}) {
    CHECK_FALSE(over_operand(compile(*graph, CpuTarget(Isa::portable))));
    CHECK(run(*graph, CpuTarget(Isa::portable)) == run(*graph, Promising(-1)));
  }
  CHECK(run(again, CpuTarget(Isa::portable)) == run(again, Promising(-1)));
}

TEST_CASE("the checker refuses a target's promise for an op that does not go by rows") {
  Graph product("product");
  const Value x = product.input("x", f32<16, 16>);
  product.output("y", matmul(tanh(x), x));
  CHECK_THROWS_WITH(compile(product, Promising(0)), Contains("other elements") && Contains("matmul"));
  CHECK_NOTHROW(compile(product, CpuTarget(Isa::portable)));
}

TEST_CASE("the checker refuses a head over its operand without the target's promise, or with another look at it") {
  const Graph graph = after_tanh([](Value v) { return softmax(v); });
  Plan plan = compile(graph, CpuTarget(Isa::portable));
  CHECK_NOTHROW(check_plan(plan));
  REQUIRE(plan.steps.back().choice.overwrites == 0);
  Plan unpromised = plan, askew = plan;
  unpromised.steps.back().choice.overwrites = -1;
  CHECK_THROWS_WITH(check_plan(unpromised), Contains("other elements"));
  askew.steps.back().operands[0].type = f32<40, 24>;
  CHECK_THROWS_AS(check_plan(askew), InternalError);
}

TEST_CASE("the checker refuses a result that a head writes over what its kernel still has to read") {
  Graph graph("residual");
  const Value x = graph.input("x", f32<16, 16>), r = tanh(x), m = matmul(x, x), y = m + r;
  graph.output("y", y);
  group(graph, {m, y});
  Plan plan = planned(graph);
  REQUIRE(plan.steps.size() == 2);
  Step& step = plan.steps[1];
  CHECK_FALSE(same_place(step.results[0], step.operands[2]));
  // The kernel alone reads r where it writes y; but the product has been written there before.
  step.results[0].offset = step.operands[2].offset;
  plan.outputs[0].slot.offset = step.operands[2].offset;
  CHECK_THROWS_WITH(check_plan(plan), Contains("other elements"));
}

TEST_CASE("behind a head whose own result is kept, the kernel's result takes the place of what dies") {
  Graph graph("two results");
  const Value x = graph.input("x", f32<16, 16>), r = tanh(x), m = matmul(x, x), y = m + r;
  graph.output("m", m);
  graph.output("y", y);
  group(graph, {m, y});
  const Plan plan = planned(graph);
  const Step& step = plan.steps[step_of(plan, m)];
  REQUIRE(step.results.size() == 2);
  CHECK(same_place(step.results[1], step.operands[2]));
  CHECK(plan.arena_bytes == 2 * f32<16, 16>.bytes());
}
