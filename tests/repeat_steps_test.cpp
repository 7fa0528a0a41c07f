// Steps that are repeated rather than kept over the fullest step of a program.
#include "compiler/repeat_steps.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "compiler/optimizers.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "runtime/random.hpp"
#include "tests/plans.hpp"
#include "tests/trained_states.hpp"
#include "tests/transformer_graph.hpp"

using namespace vitrine;

namespace {

constexpr double never = std::numeric_limits<double>::infinity();  // nanoseconds that nobody has twice

/// Kernels cost next to nothing beside heads, so that they may be repeated; or so much that they may not.
struct Priced : Target {
  double of_kernels;
  explicit Priced(double nanoseconds) : of_kernels(nanoseconds) {}
  Choice choose(const Step& step) const override {
    Choice made = CpuTarget(Isa::portable).choose(step);
    made.nanoseconds = step.head ? 1e6 : of_kernels;
    return made;
  }
};

/// y = exp(x w) is read at once, and again when much else has come and gone. x w lies there all the time.
struct LateReader {
  Graph graph{"late reader"};
  Value x = graph.input("x", f32<16, 16>), kept = matmul(x, x), y = exp(kept), wide, late;
  explicit LateReader(bool reads_state = false) {
    if (reads_state) y = kept * graph.state("gain", f32<16>);
    Value v = matmul(y, graph.input("up", f32<16, 64>));
    wide = matmul(v, graph.input("across", f32<64, 64>));
    late = matmul(matmul(wide, graph.input("down", f32<64, 16>)), y);
    graph.output("late", matmul(late, kept));
  }
};

std::size_t steps_of(const Plan& plan, Value v) {
  return static_cast<std::size_t>(std::ranges::count_if(
      plan.steps, [&](const Step& step) { return std::ranges::find(step.nodes, v.id) != step.nodes.end(); }));
}

}  // namespace

TEST_CASE("what is cheap to make again does not lie over the fullest step") {
  const LateReader g;
  const Plan kept = compile(g.graph, Priced(never)), repeated = compile(g.graph, Priced(1));
  CHECK(steps_of(kept, g.y) == 1);
  CHECK(steps_of(repeated, g.y) == 2);
  CHECK(repeated.lower_bound + f32<16, 16>.bytes() == kept.lower_bound);
  CHECK(repeated.steps.size() == kept.steps.size() + 1);
}

TEST_CASE("of what a head's kernel makes the kernel alone is repeated, on what the head has stored") {
  Graph graph("norm");
  const Value x = graph.input("x", f32<16, 16>), norm = layer_norm(x), scaled = norm * graph.state("gain", f32<16>);
  const Value v = matmul(scaled, graph.input("up", f32<16, 64>));
  const Value wide = matmul(v, graph.input("across", f32<64, 64>));
  graph.output("late", matmul(matmul(matmul(wide, graph.input("down", f32<64, 16>)), scaled), norm));
  Graph grouped = graph;
  optimize(grouped);
  const Plan kept = compile(grouped, Priced(never)), repeated = compile(grouped, Priced(1));
  CHECK(steps_of(kept, scaled) == 1);
  CHECK(steps_of(repeated, scaled) == 2);
  CHECK(steps_of(repeated, norm) == 1);
  CHECK(repeated.lower_bound + f32<16, 16>.bytes() == kept.lower_bound);
}

TEST_CASE("a repeated step reads a state before it is overwritten, or is not repeated") {
  LateReader early(true), late(true);
  const Value gain = late.graph.find("gain");
  late.graph.update(gain, gain + mean(late.late));
  early.graph.update(early.graph.find("gain"), early.graph.find("gain") + mean(early.wide));
  const Plan plan = compile(late.graph, Priced(1));
  CHECK(steps_of(plan, late.y) == 2);  // compile() has had it checked
  CHECK_NOTHROW(compile(early.graph, Priced(1)));
}

TEST_CASE("a training step of which parts are repeated makes the same bits") {
  Graph step = training_step(TransformerGraph::of(3), AdamW{.clip = {.norm = 1}});
  optimize(step);
  const Plan kept = compile(step, Priced(never)), repeated = compile(step, Priced(1));
  CHECK(repeated.steps.size() > kept.steps.size());
  CHECK(trained_states(kept, 2) == trained_states(repeated, 2));
}
