// What is the same at every run is made once, when a program is loaded, and again when a state it was made of changes.
#include "compiler/once.hpp"

#include <catch2/catch.hpp>
#include <cstring>

#include "compiler/check_plan.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "tests/plans.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

/// y = x w, with w as it is or turned over, and a number of rows.
Graph product_with_state(bool turned, std::size_t rows = 3) {
  Graph graph("product");
  const Value x = graph.input("x", {DType::f32, Shape{} << rows << std::size_t{40}});
  const Value w = graph.state("w", turned ? f32<70, 40> : f32<40, 70>, {.rule = Init::Rule::normal, .scale = 1});
  graph.output("y", emit(Matmul{false, turned}, {x, w}));
  return graph;
}

std::vector<float> floats(std::span<const std::byte> bytes) {
  std::vector<float> made(bytes.size() / sizeof(float));
  std::memcpy(made.data(), bytes.data(), bytes.size());
  return made;
}

std::vector<const Step*> once_steps(const Plan& plan) {
  std::vector<const Step*> made;
  for (const Step& step : plan.steps)
    if (step.once) made.push_back(&step);
  return made;
}

/// Does not know that anything lasts.
struct Forgetful : CpuTarget {
  explicit Forgetful(Isa isa) : CpuTarget(isa, Provider::own) {}
  Choice choose(const Step& step) const override {
    Step other = step;
    other.lasting.clear();
    return CpuTarget::choose(other);
  }
};

/// Numbers -8, -7, ... for an input.
std::vector<float> counted(std::size_t count) {
  std::vector<float> made(count);
  for (std::size_t i = 0; i < count; ++i) made[i] = static_cast<float>(i % 17) - 8;
  return made;
}

}  // namespace

TEST_CASE("a step all of whose operands last runs once, before all others, and one that reads an input does not") {
  Graph graph("scaled");
  const Value x = graph.input("x", matrix), w = graph.state("w", matrix), scale = graph.state("scale", f32<16>);
  const Value scaled = w * scale, y = x + scaled, later = matmul(y, transpose(scaled));
  graph.output("y", later);
  const Plan plan = planned(graph);
  const Step& made = plan.steps[0];
  CHECK(made.once);
  CHECK(made.nodes == std::vector{scaled.id});
  CHECK(once_steps(plan).size() == 1);
  CHECK(plan.steps[step_of(plan, y)].lasting == std::vector<std::size_t>{1});
  for (const Lifetime& life : plan.lifetimes)
    if (life.node == scaled.id) CHECK((life.first == 0 && life.last + 1 == plan.steps.size()));
}

TEST_CASE("nothing that is made of a state lasts where the plan writes the state, or where the result is the state's") {
  Graph graph("learns");
  const Value x = graph.input("x", matrix), w = graph.state("w", matrix), other = graph.state("other", matrix);
  const Value y = x + w * w;
  graph.output("y", y);
  graph.update(w, w + x);
  graph.update(other, other * other);
  CHECK(once_steps(planned(graph)).empty());
}

TEST_CASE("a target that wants a lasting operand packed gets one copy of it for all who want it alike") {
  struct Packs : FakeTarget {
    Choice choose(const Step& step) const override {
      Choice made = FakeTarget::choose(step);
      if (std::ranges::find(step.lasting, 1u) != step.lasting.end() && !step.once) made.packing = {"pack", {1}, 4096};
      return made;
    }
  };
  Graph graph("two");
  const Value x = graph.input("x", f32<16, 16>), w = graph.state("w", f32<16, 16>), v = graph.state("v", f32<16, 16>);
  const Value a = matmul(x, w), b = matmul(a, w), c = matmul(b, v), d = matmul(c, b);
  graph.output("d", d);
  Plan plan = compile(graph, Packs{});
  CHECK(once_steps(plan).size() == 2);  // w and v, not b
  const Step &first = plan.steps[step_of(plan, a)], &second = plan.steps[step_of(plan, b)];
  REQUIRE(first.packed);
  CHECK(first.packed == second.packed);
  CHECK(!plan.steps[step_of(plan, d)].packed);
  // A planner that gives the copy's place away is found out.
  plan.steps[step_of(plan, b)].results[0].offset = first.packed->offset;
  CHECK_THROWS_WITH(check_plan(plan), Contains("reads") || Contains("same memory"));
}

TEST_CASE("a product by a packed state has the bits of one by the state itself, however many rows and threads") {
  for (const bool turned : {false, true})
    for (const std::size_t rows : {1u, 2u, 8u, 13u, 500u}) {
      const Graph graph = product_with_state(turned, rows);
      std::vector<std::vector<float>> made;
      const std::vector<float> x = counted(rows * 40);
      for (const Isa isa : all_isas()) {
        const Plan packs = compile(graph, CpuTarget(isa, Provider::own)), plain = compile(graph, Forgetful(isa));
        REQUIRE(once_steps(packs).size() == 1);
        CHECK(once_steps(packs)[0]->choice.kernel == (turned ? "pack_transposed" : "pack_matrix"));
        REQUIRE(once_steps(plain).empty());
        made.clear();
        for (const Plan& plan : {packs, plain})
          for (const int threads : {1, 3}) {
            Pool pool(threads);
            States states(3);
            Program program(plan, states, pool, isa);
            program.bind_input("x", x.data());
            program.run();
            made.push_back(floats(program.output("y")));
          }
        for (const auto& y : made) CHECK(y == made[0]);
      }
    }
}

TEST_CASE("what is made once is made again when its state is set by hand or by another program, and only then") {
  struct Counter : Watcher {
    int once = 0;
    void after(const Step& step, const Memory&) override { once += step.once; }
  };
  Pool pool(2);
  States states(3);
  const Isa isa = best_isa();
  Program use(compile(product_with_state(false), CpuTarget(isa)), states, pool, isa);
  Graph learns("learns");
  const Value w = learns.state("w", f32<40, 70>);
  learns.update(w, w * learns.input("by", f32<1, 1>));
  Program learn(compile(learns, CpuTarget(isa)), states, pool, isa);
  const std::vector<float> x = counted(3 * 40);
  use.bind_input("x", x.data());
  const auto run = [&] {
    use.run();
    return floats(use.output("y"));
  };
  const std::vector<float> first = run();
  CHECK(run() == first);

  const float by = 2;
  learn.bind_input("by", &by);
  learn.run();
  std::vector<float> doubled = first;
  for (float& y : doubled) y *= 2;
  CHECK(run() == doubled);

  const std::vector<float> zeros(40 * 70, 0.f);
  states.set("w", std::as_bytes(std::span(zeros)));
  CHECK(run() == std::vector<float>(3 * 70, 0.f));
  const float one = 1;
  std::memcpy(states.bytes("w").data(), &one, sizeof one);
  CHECK(run()[0] == x[0]);

  Counter counter;  // who looks on sees the steps that run once, too
  use.run(counter);
  CHECK(counter.once == 1);
}

TEST_CASE("what only steps that run once read makes room for the rest, and what a run reads stays for the next") {
  Graph graph("powers");
  const Value x = graph.input("x", f32<16, 16>), w = graph.state("w", f32<16, 16>);
  const Value square = matmul(w, w), cube = matmul(square, w), y = matmul(x, cube), z = matmul(y, x);
  graph.output("z", z);
  Plan plan = planned(graph);
  CHECK(once_steps(plan).size() == 2);
  const auto life_of = [&](Value v) { return *std::ranges::find(plan.lifetimes, v.id, &Lifetime::node); };
  CHECK(life_of(square).last == 1);
  CHECK((life_of(cube).first == 0 && life_of(cube).last == 3));
  CHECK(plan.arena_bytes == 3 * cube.type().bytes());
  // A place that is given away too early: the next run would read z instead of the cube.
  plan.steps[3].results[0].offset = life_of(cube).offset;
  plan.outputs[0].slot.offset = life_of(cube).offset;
  CHECK_THROWS_WITH(check_plan(plan), Contains("the next run"));
}
