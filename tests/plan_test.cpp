#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/kernel_of.hpp"
#include "runtime/random.hpp"
#include "tests/plans.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using Catch::Contains;

TEST_CASE("a chain of elementwise steps needs the memory of one tensor, and that is its lower bound") {
  Graph graph("chain");
  Value v = graph.input("x", matrix);
  for (int i = 0; i < 10; ++i) v = tanh(v);
  graph.output("y", v);
  const Plan plan = planned(graph);
  CHECK(plan.steps.size() == 10);
  CHECK(plan.arena_bytes == matrix_bytes);
  CHECK(plan.lower_bound == matrix_bytes);
}

TEST_CASE("a value that is read again is not overwritten in place") {
  Graph graph("read again");
  const Value x = graph.input("x", matrix), a = tanh(x), b = -a, c = a * b;
  graph.output("c", c);
  const Plan plan = planned(graph);
  CHECK_FALSE(same_place(plan.steps[step_of(plan, b)].results[0], plan.steps[step_of(plan, a)].results[0]));
  CHECK(plan.arena_bytes == 2 * matrix_bytes);
}

TEST_CASE("an output that is also an intermediate keeps its bytes to the end") {
  Graph graph("kept");
  const Value x = graph.input("x", matrix), a = tanh(x), b = -a;
  graph.output("a", a);
  graph.output("b", tanh(b));
  const Plan plan = planned(graph);
  CHECK_FALSE(same_place(output_of(plan, "a"), output_of(plan, "b")));
  const auto life = std::ranges::find(plan.lifetimes, a.id, &Lifetime::node);
  REQUIRE(life != plan.lifetimes.end());
  CHECK(life->last == plan.steps.size() - 1);
}

TEST_CASE("the lower bound is the most bytes alive at one step, and tensors start at cache lines") {
  Diamond d;
  // c = a b holds three tensors of 1 KiB and 64 bytes of workspace.
  CHECK(d.plan.lower_bound == 3 * 1024 + 64);
  CHECK(d.plan.arena_bytes == d.plan.lower_bound);
  for (const Lifetime& life : d.plan.lifetimes) CHECK(life.offset % 64 == 0);
}

TEST_CASE("an operand of another size or broadcast is never the place of a result") {
  Graph graph("sizes");
  const Value x = graph.input("x", f32<16, 16>), row = sum_to(x, shape_of<1, 16>), y = matmul(x, x) + row;
  graph.output("y", y);
  const Plan plan = planned(graph);
  const Step& step = plan.steps[step_of(plan, y)];
  for (const Slot& operand : step.operands)
    if (operand.type.shape.elements() == 16) CHECK_FALSE(same_place(step.results[0], operand));
}

TEST_CASE("what reads a state runs before the step that overwrites it, although it is younger") {
  Graph graph("order");
  const Value s = graph.state("s", matrix), next = s + 1.f, late = tanh(s);
  graph.update(s, next);
  graph.output("late", late);
  const Plan plan = planned(graph);
  CHECK(step_of(plan, late) == 0);
  CHECK(step_of(plan, next) == 1);
  CHECK(plan.steps.back().results[0].space == Space::state);  // and it is written in place
  CHECK(plan.arena_bytes == matrix_bytes);
}

TEST_CASE("two states that swap get each other's old value") {
  Graph graph("swap");
  const Value a = graph.state("a", matrix), b = graph.state("b", matrix);
  graph.update(a, b);
  graph.update(b, a);
  const Plan plan = planned(graph);
  // b goes over a once a has been put aside.
  REQUIRE(plan.steps.size() == 3);
  CHECK(plan.steps[0].results[0].space == Space::arena);
  CHECK(plan.steps[1].results[0].space == Space::state);
  CHECK(plan.steps[2].operands[0] == plan.steps[0].results[0]);
}

TEST_CASE("an update that must wait for a reader of itself is computed in the arena and copied in") {
  Graph graph("cycle");
  const Value s = graph.state("s", matrix), next = tanh(s), y = next * s;  // y reads both the old and the new value
  graph.update(s, next);
  graph.output("y", y);
  const Plan plan = planned(graph);
  CHECK(plan.steps[step_of(plan, next)].results[0].space == Space::arena);
  CHECK(plan.steps.back().results[0].space == Space::state);
}

TEST_CASE("an output that is a state's old value is copied out before the update") {
  Graph graph("old value");
  const Value s = graph.state("s", matrix);
  graph.update(s, -s);
  graph.output("old", s);
  const Plan plan = planned(graph);
  CHECK(output_of(plan, "old").space == Space::arena);
  CHECK(plan.steps.size() == 2);
}

TEST_CASE("an output that is a state's new value lies in the state") {
  Graph graph("new value");
  const Value s = graph.state("s", matrix), next = -s;
  graph.update(s, next);
  graph.output("new", next);
  const Plan plan = planned(graph);
  CHECK(output_of(plan, "new").space == Space::state);
  CHECK(plan.arena_bytes == 0);
}

TEST_CASE("a head never writes over a state that it reads") {
  Graph graph("head");
  const Value s = graph.state("s", f32<16, 16>), next = matmul(s, s);
  graph.update(s, next);
  const Plan plan = planned(graph);
  CHECK(plan.steps[step_of(plan, next)].results[0].space == Space::arena);
  CHECK(plan.steps.back().results[0].space == Space::state);
}

TEST_CASE("transposes, reshapes and broadcasts of f32 are views, and no steps") {
  Graph graph("views");
  const Value x = graph.input("x", f32<2, 3, 4>);
  const Value t = transpose(x), r = emit(Reshape{shape_of<6, 4>}, {x}),
              b = broadcast_to(graph.input("row", f32<4>), shape_of<6, 4>);
  graph.output("y", -t);
  graph.output("z", r + b);
  const Plan plan = planned(graph);
  CHECK(plan.steps.size() == 2);
  const Slot& turned = plan.steps[0].operands[0];
  CHECK(turned.strides[0] == 12);
  CHECK(turned.strides[1] == 1);
  CHECK(turned.strides[2] == 4);
}

TEST_CASE("a reshape that strides cannot say copies first") {
  Graph graph("reshape");
  const Value x = graph.input("x", f32<3, 4>), y = -emit(Reshape{shape_of<2, 6>}, {transpose(x)});
  graph.output("y", y);
  const Plan plan = planned(graph);
  CHECK(plan.steps.size() == 2);
  CHECK(is_dense(plan.steps[1].operands[0]));
}

TEST_CASE("an output is dense, even if it is a view") {
  Graph graph("output");
  graph.output("y", transpose(graph.input("x", f32<3, 4>)));
  const Plan plan = planned(graph);
  CHECK(plan.steps.size() == 1);
  CHECK(is_dense(output_of(plan, "y")));
}

TEST_CASE("a kernel that wants dense operands gets a copy of those that are not") {
  Graph graph("dense");
  const Value x = graph.input("x", f32<3, 4>), y = softmax(transpose(x));
  graph.output("y", y);
  FakeTarget dense;
  dense.dense = true;
  CHECK(planned(graph).steps.size() == 1);
  const Plan plan = planned(graph, dense);
  CHECK(plan.steps.size() == 2);
  CHECK(is_dense(plan.steps[step_of(plan, y)].operands[0]));
}

TEST_CASE("a group is one step that stores what is read outside of it, and nothing else") {
  Graph graph("group");
  const Value x = graph.input("x", f32<16, 16>), b = graph.input("b", f32<16>);
  const Value m = matmul(x, x), biased = m + b, y = relu(biased), outside = softmax(biased);
  graph.output("y", y);
  graph.output("z", outside);
  group(graph, {m, biased, y});
  const Plan plan = planned(graph);
  CHECK(plan.steps.size() == 2);
  const Step& step = plan.steps[step_of(plan, m)];
  CHECK(step.head_operands == 2);
  CHECK(step.operands.size() == 3);
  CHECK(step.results.size() == 2);
  CHECK(step.kernel->results.size() == 2);
}

TEST_CASE("groups that are not one step are refused by name") {
  Graph two("two heads");
  const Value x = two.input("x", f32<16, 16>), m = matmul(x, x), n = matmul(m, x);
  two.output("y", n);
  group(two, {m, n});
  CHECK_THROWS_WITH(planned(two), Contains("@g1") && Contains("matmul"));

  Graph producer("producer");
  const Value p = producer.input("x", f32<16, 16>), r = relu(p), q = matmul(r, p), s = q + r;
  producer.output("y", s);
  group(producer, {r, q, s});
  CHECK_THROWS_WITH(planned(producer), Contains("reads %" + std::to_string(r.id)));

  Graph cycle("cycle");
  const Value c = cycle.input("x", f32<16, 16>), first = relu(c), between = matmul(first, c), last = first + between;
  cycle.output("y", last);
  group(cycle, {first, last});
  CHECK_THROWS_WITH(planned(cycle), Contains("wait for each other"));

  Graph small("small");
  const Value row = small.input("row", f32<16>), e = exp(row), sum = e + small.input("x", f32<16, 16>);
  small.output("e", e);
  small.output("y", sum);
  group(small, {e, sum});
  CHECK_THROWS_WITH(planned(small), Contains("%" + std::to_string(e.id)));
}

TEST_CASE("a kernel computes equal instructions once and knows scalars as numbers") {
  Graph graph("kernel");
  const Value x = graph.input("x", matrix), half = number(graph, 0.5f);
  const Value a = exp(x) * half, b = map([](auto u) { return exp(u) + 0.5f; }, x), c = a + b;
  graph.output("c", c);
  group(graph, {a.operands()[0], a, b, c});
  const Plan plan = planned(graph);
  REQUIRE(plan.steps.size() == 1);
  const Kernel& kernel = *plan.steps[0].kernel;
  CHECK(plan.steps[0].operands.size() == 1);
  CHECK(std::ranges::count(kernel.instructions, Scalar::exponential, &Instruction::op) == 1);
  CHECK(std::ranges::count(kernel.instructions, Scalar::constant, &Instruction::op) == 1);
  CHECK(kernel.instructions.size() == 6);
}

TEST_CASE("a kernel keeps +0 and -0 apart") {
  Graph graph("zeros");
  const Value x = graph.input("x", matrix);
  const Value y = x * number(graph, 0.f), z = x * number(graph, -0.f);
  const Kernel kernel = kernel_of(
      std::vector{y, z},
      {.inputs = {{x.id, std::uint16_t{0}}}, .numbers = {{y.operands()[1].id, 0.f}, {z.operands()[1].id, -0.f}}},
      std::vector{y, z});
  CHECK(kernel.results[0] != kernel.results[1]);
}

TEST_CASE("nodes that no output and no update needs make no step") {
  Graph graph("unused");
  const Value x = graph.input("x", matrix);
  (void)tanh(exp(x));
  graph.output("y", -x);
  CHECK(planned(graph).steps.size() == 1);
}

TEST_CASE("plans of random graphs pass the checker and are within a quarter of the lower bound") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const RandomStream random(seed, 0);
    std::uint64_t draw = 0;
    const auto pick = [&](std::size_t n) {
      return static_cast<std::size_t>(random.uniform(draw++) * 0.9999f * static_cast<float>(n));
    };
    Graph graph("random");
    std::vector<Value> values{graph.input("x", f32<16, 16>), graph.state("s", f32<16, 16>),
                              graph.state("t", f32<16, 16>)};
    for (int i = 0; i < 40; ++i) {
      const Value a = values[values.size() - 1 - pick(std::min<std::size_t>(values.size(), 8))],
                  b = values[pick(values.size())];
      switch (pick(6)) {
        case 0: values.push_back(matmul(a, b)); break;
        case 1: values.push_back(transpose(a)); break;
        case 2: values.push_back(tanh(a)); break;
        case 3: values.push_back(softmax(a)); break;
        case 4: values.push_back(a + sum_to(b, shape_of<16>)); break;
        default: values.push_back(a * b);
      }
    }
    graph.update(values[1], values.back());
    graph.update(values[2], values[values.size() / 2]);
    graph.output("y", values[values.size() - 2]);
    FakeTarget target;
    target.workspace = 256;
    target.dense = seed % 2 == 0;
    const Plan plan = planned(graph, target);
    CHECK(plan.arena_bytes >= plan.lower_bound);
    CHECK(static_cast<double>(plan.arena_bytes) <= 1.25 * static_cast<double>(plan.lower_bound));
  }
}
