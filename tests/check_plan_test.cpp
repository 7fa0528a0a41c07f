#include "compiler/check_plan.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/plans.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

/// Moves every mention of a value to another place, as a planner with a wrong idea of lifetimes would.
void move_value(Plan& plan, Value v, std::size_t offset) {
  const auto move = [&](Slot& slot) {
    if (slot.space == Space::arena && slot.value == v.id) slot.offset = offset;
  };
  for (Step& step : plan.steps) {
    std::ranges::for_each(step.operands, move);
    std::ranges::for_each(step.results, move);
  }
  for (NamedSlot& output : plan.outputs) move(output.slot);
}

}  // namespace

TEST_CASE("the checker accepts what the planner makes and names values, steps and bytes of a planted overlap") {
  Diamond d;
  CHECK_NOTHROW(check_plan(d.plan));
  // b is written while c still needs a.
  move_value(d.plan, d.b, d.result(d.a).offset + 64);
  const std::string a = "%" + std::to_string(d.a.id), b = "%" + std::to_string(d.b.id);
  CHECK_THROWS_AS(check_plan(d.plan), InternalError);
  CHECK_THROWS_WITH(check_plan(d.plan),
                    Contains(a) && Contains(b) && Contains("step 2") && Contains("step 1") && Contains("bytes"));
}

TEST_CASE("the checker sees an overlap of one element at either end of a tensor") {
  for (const bool before : {true, false}) {
    Diamond d;
    const std::size_t bytes = f32<16, 16>.bytes(), free = 64 * 1024;
    d.plan.arena_bytes = 2 * free;
    move_value(d.plan, d.a, free);
    move_value(d.plan, d.b, before ? free - bytes + 4 : free + bytes - 4);
    CHECK_THROWS_AS(check_plan(d.plan), InternalError);
    move_value(d.plan, d.b, before ? free - bytes : free + bytes);
    CHECK_NOTHROW(check_plan(d.plan));
  }
}

TEST_CASE("the checker refuses reads of bytes that nobody wrote") {
  Diamond d;
  d.plan.arena_bytes += 4096;
  d.plan.steps[3].operands[0].offset = d.plan.arena_bytes - 1024;
  CHECK_THROWS_WITH(check_plan(d.plan), Contains("nobody wrote"));
}

TEST_CASE("the checker refuses slots outside of the arena, askew, or in a memory that does not exist") {
  Diamond outside, askew, unknown;
  outside.plan.arena_bytes -= 4;
  CHECK_THROWS_WITH(check_plan(outside.plan), Contains("outside"));
  move_value(askew.plan, askew.a, askew.result(askew.a).offset + 2);
  CHECK_THROWS_WITH(check_plan(askew.plan), Contains("askew"));
  unknown.plan.steps[0].operands[0].index = 1;
  CHECK_THROWS_WITH(check_plan(unknown.plan), Contains("does not exist"));
}

TEST_CASE("the checker refuses a workspace over an operand or a result") {
  Diamond operand, result;
  operand.plan.steps[2].workspace->offset = operand.result(operand.a).offset;
  CHECK_THROWS_WITH(check_plan(operand.plan), Contains("workspace"));
  result.plan.steps[1].workspace->offset = result.result(result.b).offset;
  CHECK_THROWS_WITH(check_plan(result.plan), Contains("workspace"));
}

TEST_CASE("the checker refuses steps that write inputs or constants") {
  Diamond d;
  d.result(d.a).space = Space::input;
  CHECK_THROWS_WITH(check_plan(d.plan), Contains("not its own"));
}

TEST_CASE("the checker refuses an overwrite in place that reads another element") {
  Graph graph("in place");
  const Value x = graph.input("x", f32<16, 16>), m = matmul(x, x), y = m + transpose(m);
  graph.output("y", y);
  Plan plan = planned(graph);
  Step& step = plan.steps[step_of(plan, y)];
  CHECK_FALSE(same_place(step.results[0], step.operands[0]));
  move_value(plan, y, step.operands[0].offset);
  CHECK_THROWS_WITH(check_plan(plan), Contains("other elements"));
}

TEST_CASE("the checker refuses a head that overwrites its operand, which a kernel may") {
  Graph graph("heads");
  const Value x = graph.input("x", f32<16, 16>), m = matmul(x, x), n = matmul(m, x), r = relu(n);
  graph.output("r", r);
  Plan plan = planned(graph);
  CHECK(same_place(plan.steps[step_of(plan, r)].results[0], plan.steps[step_of(plan, n)].results[0]));
  move_value(plan, n, plan.steps[step_of(plan, m)].results[0].offset);
  CHECK_THROWS_AS(check_plan(plan), InternalError);
}

TEST_CASE("the checker refuses to read a state's old value after its update, and the new one before it") {
  Graph graph("state");
  const Value s = graph.state("s", matrix), x = graph.input("x", matrix), y = s * x, next = s + 1.f;
  graph.update(s, next);
  graph.output("y", y);
  Plan plan = planned(graph);
  std::ranges::swap(plan.steps[step_of(plan, y)], plan.steps[step_of(plan, next)]);
  CHECK_THROWS_WITH(check_plan(plan), Contains("%" + std::to_string(next.id)));

  Graph later("new value");
  const Value t = later.state("t", matrix), u = t + 1.f, z = -u;
  later.update(t, u);
  later.output("z", z);
  Plan other = planned(later);
  std::ranges::swap(other.steps[step_of(other, u)], other.steps[step_of(other, z)]);
  CHECK_THROWS_AS(check_plan(other), InternalError);
}

TEST_CASE("the checker follows strides that lead backwards to both ends of what is read") {
  Graph graph("backwards");
  const Value x = graph.input("x", f32<16, 16>), m = matmul(x, x), y = flip<0>(m) * flip<1>(x);
  graph.output("y", y);
  const Plan plan = planned(graph);
  CHECK_NOTHROW(check_plan(plan));
  const std::size_t step = step_of(plan, y);
  for (std::size_t operand : {0u, 1u})
    for (const std::ptrdiff_t bytes : {-4, 4}) {
      Plan other = plan;
      Slot& slot = other.steps[step].operands[operand];
      slot.offset += static_cast<std::size_t>(bytes);
      INFO("operand " << operand << " moved by " << bytes << " bytes");
      CHECK_THROWS_AS(check_plan(other), InternalError);
    }
  // A result in the memory of an operand that is read backwards would overwrite what is still to be read.
  Plan in_place = plan;
  move_value(in_place, y, in_place.steps[step_of(plan, m)].results[0].offset);
  CHECK_THROWS_WITH(check_plan(in_place), Contains("other elements"));
}

TEST_CASE("the checker sees that another tensor lies over the far end of what is read backwards") {
  Graph graph("far end");
  const Value x = graph.input("x", f32<16, 16>), a = graph.input("a", f32<4, 4>), m = matmul(x, x), z = matmul(a, a),
              y = flip<0>(m) * mean(z);
  graph.output("y", y);
  Plan plan = planned(graph);
  REQUIRE(step_of(plan, m) < step_of(plan, z));
  REQUIRE(step_of(plan, z) < step_of(plan, y));
  move_value(plan, z, plan.steps[step_of(plan, m)].results[0].offset);  // over the first of 16 rows, read last
  CHECK_THROWS_WITH(check_plan(plan), Contains("reads %" + std::to_string(m.id)));
}
