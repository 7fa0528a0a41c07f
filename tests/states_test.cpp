#include "runtime/states.hpp"

#include <catch2/catch.hpp>
#include <cstring>

#include "compiler/compile.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "runtime/random.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

std::vector<float> floats_of(std::span<const std::byte> bytes) {
  std::vector<float> made(bytes.size() / sizeof(float));
  std::memcpy(made.data(), bytes.data(), bytes.size());
  return made;
}

constexpr Init normal_init{Init::Rule::normal, 0.3f};

}  // namespace

TEST_CASE("a state's first numbers depend on seed, name and place, not on what else there is") {
  const auto init_of_w = [](std::uint64_t seed, bool with_others) {
    Plan plan;
    if (with_others)
      plan.states = {{"a", f32<7>}, {"w", f32<33>}, {"z", f32<9>}};
    else
      plan.states = {{"w", f32<33>}};
    plan.initial.resize(plan.states.size(), normal_init);
    States states(seed);
    states.add(plan);
    return floats_of(states.bytes("w"));
  };
  CHECK(init_of_w(1, false) == init_of_w(1, true));
  CHECK(init_of_w(1, false) != init_of_w(2, false));
  // Any element by itself, in any order.
  const RandomStream random(1, stream_of("w"));
  const std::vector<float> all = init_of_w(1, true);
  for (std::size_t i = all.size(); i-- > 0;) CHECK(all[i] == 0.3f * random.normal(i));
}

TEST_CASE("a state's first numbers are the same for any number of threads") {
  Plan plan;
  plan.states = {{"normal", f32<100003>}, {"uniform", f32<65541>}, {"few", f32<3>}};
  plan.initial = {normal_init, Init{Init::Rule::uniform, 0.5f}, normal_init};
  const auto numbers = [&](int threads) {
    Pool pool(threads);
    States states(3);
    states.add(plan, pool);
    std::vector<float> all;
    for (const char* name : {"normal", "uniform", "few"}) {
      const auto made = floats_of(states.bytes(name));
      all.insert(all.end(), made.begin(), made.end());
    }
    return all;
  };
  const std::vector<float> alone = numbers(1);
  CHECK(numbers(2) == alone);
  CHECK(numbers(3) == alone);
  const RandomStream normal(3, stream_of("normal")), uniform(3, stream_of("uniform"));
  for (const std::size_t i : {0u, 1u, 32767u, 32768u, 100002u}) CHECK(alone[i] == 0.3f * normal.normal(i));
  for (const std::size_t i : {0u, 5u, 65540u}) CHECK(alone[100003 + i] == 0.5f * (2.f * uniform.uniform(i) - 1.f));
}

TEST_CASE("programs share the states they both name, and refuse another type") {
  Graph adds("adds"), reads("reads"), other("other");
  const Value s = adds.state("s", f32<3>);
  adds.update(s, s + 1.f);
  reads.output("y", reads.state("s", f32<3>) * 2.f);
  other.output("y", other.state("s", f32<4>) * 2.f);
  Pool pool(1);
  States states;
  const Isa isa = best_isa();
  Program add(compile(adds, CpuTarget(isa)), states, pool, isa),
      read(compile(reads, CpuTarget(isa)), states, pool, isa);
  add.run();
  add.run();
  read.run();
  CHECK(floats_of(read.output("y")) == std::vector<float>{4, 4, 4});
  CHECK_THROWS_AS(Program(compile(other, CpuTarget(isa)), states, pool, isa), UsageError);
}

TEST_CASE("a state that lies elsewhere is read where it lies, updated there, and kept as long as anybody reads it") {
  auto memory = std::make_shared<AlignedBytes>(64 + 12);
  const std::span<std::byte> there(memory->data() + 64, 12);
  const std::array<float, 3> begin{1, 2, 3};
  std::ranges::copy(std::as_bytes(std::span(begin)), there.begin());
  Graph graph("adds");
  const Value s = graph.state("s", f32<3>, normal_init);
  graph.output("y", s * 2.f);
  graph.update(s, s + 1.f);
  Pool pool(1);
  States states;
  const std::weak_ptr<AlignedBytes> owned = memory;
  states.hold("s", f32<3>, there, std::move(memory));
  CHECK_FALSE(owned.expired());
  const Isa isa = best_isa();
  Program program(compile(graph, CpuTarget(isa)), states, pool, isa);
  program.run();
  CHECK(floats_of(program.output("y")) == std::vector<float>{2, 4, 6});
  CHECK(floats_of(there) == std::vector<float>{2, 3, 4});
  CHECK(floats_of(states.bytes("s")) == std::vector<float>{2, 3, 4});
}

TEST_CASE("what cannot be a state where it lies is refused") {
  const auto memory = std::make_shared<AlignedBytes>(128);
  States states;
  const auto hold = [&](std::size_t begin, std::size_t size) {
    states.hold("s", f32<3>, {memory->data() + begin, size}, memory);
  };
  CHECK_THROWS_AS(hold(4, 12), UsageError);
  CHECK_THROWS_AS(hold(0, 16), UsageError);
  CHECK_FALSE(states.contains("s"));
  hold(0, 12);
  CHECK_THROWS_WITH(hold(64, 12), Contains("state 's' is here already"));
}

TEST_CASE("an input is read where it was bound last, and a missing one is named") {
  Graph graph("inputs");
  const Value x = graph.input("x", f32<2>), w = graph.input("w", f32<2>);
  graph.output("y", x - w);
  graph.output("sum", sum(x));
  Pool pool(1);
  States states;
  Program program(compile(graph, CpuTarget(best_isa())), states, pool, best_isa());
  const std::vector<float> one{1, 2}, two{5, 7};
  CHECK_THROWS_WITH(program.bind_input("z", one.data()), Contains("'z'"));
  CHECK_THROWS_AS(program.bind_input("x", nullptr), UsageError);
  program.bind_input("x", one.data());
  CHECK_THROWS_WITH(program.run(), Contains("'w'"));
  program.bind_input("w", two.data());
  program.run();
  CHECK(floats_of(program.output("y")) == std::vector<float>{-4, -5});
  program.bind_input("x", two.data());
  program.run();
  CHECK(floats_of(program.output("y")) == std::vector<float>{0, 0});
  CHECK(program.scalar("sum") == 12.f);
  CHECK_THROWS_AS(program.scalar("y"), UsageError);
  CHECK_THROWS_AS(program.output("nothing"), UsageError);
}
