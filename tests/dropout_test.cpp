// Dropout's masks follow from (seed, step, stream, element): on any number of threads, on the way back, after a resume.
#include "vitrine/layers/dropout.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "compiler/compile.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "tests/training_by_reference.hpp"
#include "vitrine/error.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;

namespace {

constexpr std::size_t many = 20011;  // no multiple of four, several chunks

/// Which of many elements are kept.
std::vector<bool> mask_of(float rate, std::uint64_t seed, std::int32_t step, std::int64_t stream) {
  const std::array<std::int32_t, 2> words{static_cast<std::int32_t>(seed), static_cast<std::int32_t>(seed >> 32)};
  const std::vector<float> x(many, 1);
  std::vector<float> y(many);
  DropoutMask(words.data(), step, stream, rate).apply(x.data(), y.data(), 0, many, 2.f);
  std::vector<bool> kept;
  for (float v : y) kept.push_back(v != 0);
  return kept;
}
double share(const std::vector<bool>& a) {
  double n = 0;
  for (bool k : a) n += k;
  return n / static_cast<double>(a.size());
}
double agreement(const std::vector<bool>& a, const std::vector<bool>& b) {
  double n = 0;
  for (std::size_t i = 0; i < a.size(); ++i) n += a[i] == b[i];
  return n / static_cast<double>(a.size());
}

constexpr Axis batch{"batch", 64}, pixel{"pixel", 96}, wide{"wide", 96}, kind{"kind", 4};
struct Network {
  using Up = Linear<pixel, wide>;
  using Down = Linear<wide, kind>;
  using First = Dropout<0.25f>;
  using Second = Dropout<0.5f>;
  BOOST_HANA_DEFINE_STRUCT(Network, (Up, up), (First, first), (Second, second), (Down, down));
  Tensor<batch, kind> operator()(Tensor<batch, pixel> x) const {
    Tensor<batch, wide> h = tanh(up(first(x)));
    return down(second(h));
  }
};
Graph forward() { return trace_classifier<Network>("network", "x"); }

std::vector<std::byte> copied(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }
using Saved = std::map<std::string, std::vector<std::byte>>;

/// Trains for some runs from what was saved; hands out the states and the last loss.
std::pair<Saved, float> train(Graph graph, int threads, int runs, const Saved& from = {}, std::uint64_t seed = 7,
                              bool optimized = true) {
  if (optimized) optimize(graph);
  Pool pool(threads);
  States states(seed);
  Program program(compile(graph, CpuTarget(best_isa())), states, pool, best_isa());
  for (const auto& [name, bytes] : from) states.set(name, bytes);
  std::vector<float> x(64 * 96);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  std::vector<std::int32_t> labels(64);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i % 4);
  program.bind_input("x", x.data());
  program.bind_input("label", labels.data());
  for (int i = 0; i < runs; ++i) program.run();
  Saved saved;
  for (const std::string& name : states.names()) saved[name] = copied(states.bytes(name));
  return {saved, program.scalar("loss")};
}

}  // namespace

TEST_CASE("a dropout drops the share it says, at every rate") {
  for (const float rate : {0.1f, 0.25f, 0.5f, 0.9f}) {
    CAPTURE(rate);
    const double kept = share(mask_of(rate, 1, 0, 0)), p = 1 - static_cast<double>(rate);
    CHECK(std::abs(kept - p) < 4 * std::sqrt(p * (1 - p) / many));
  }
  CHECK(share(mask_of(0, 1, 0, 0)) == 1);
  CHECK(share(mask_of(1, 1, 0, 0)) == 0);
  CHECK(share(mask_of(0x1p-24f, 1, 0, 0)) > 0.999);
}

TEST_CASE("masks of other steps, streams and seeds are independent of each other") {
  const auto mask = mask_of(0.5f, 1, 0, 0);
  const double bound = 4 * std::sqrt(0.25 / many);
  for (const auto& other :
       {mask_of(0.5f, 1, 1, 0), mask_of(0.5f, 1, 2, 0), mask_of(0.5f, 1, 0, 1), mask_of(0.5f, 1, 1, 1),
        mask_of(0.5f, 2, 0, 0), mask_of(0.5f, 1ull << 32 | 1, 0, 0), mask_of(0.5f, 1, 0, std::int64_t{1} << 32)}) {
    CHECK(std::abs(agreement(mask, other) - 0.5) < bound);
    // Nor is one the other moved along.
    for (const std::ptrdiff_t by : {1, 4, 64}) {
      std::vector<bool> moved(other.begin() + by, other.end());
      moved.insert(moved.end(), other.begin(), other.begin() + by);
      CHECK(std::abs(agreement(mask, moved) - 0.5) < bound);
    }
  }
  CHECK(mask_of(0.5f, 1, 0, 0) == mask);
}

TEST_CASE("what a dropout keeps is divided by the share it keeps, what it drops is 0 whatever it was") {
  Graph graph("dropped");
  const Value x = graph.input("x", f32<1000>), seed = graph.input("seed", i32<2>), step = graph.input("step", i32<>);
  graph.output("y", emit(Drop{0.75f, 3}, {x, seed, step}));
  graph.output("none", emit(Drop{1.f, 3}, {x, seed, step}));
  graph.output("all", emit(Drop{0.f, 3}, {x, seed, step}));
  std::vector<double> numbers_in(1000, 1.5);
  numbers_in[7] = std::nan("");
  const auto values =
      evaluate<float>(graph, leaves<float>(graph, {{"x", numbers_in}, {"seed", {5, 6}}, {"step", {2}}}));
  const auto y = numbers<float>(values, output_of(graph, "y"));
  for (std::size_t i = 0; i < y.size(); ++i) CHECK((y[i] == 0 || y[i] == 6 || (i == 7 && std::isnan(y[i]))));
  CHECK(numbers<float>(values, output_of(graph, "none")) == std::vector<double>(1000, 0.0));
  CHECK(numbers<float>(values, output_of(graph, "all"))[8] == 1.5);
}

TEST_CASE("a dropout whose rate is no probability, or whose operands are others, is refused with a sentence") {
  Graph graph("bad");
  const Value x = graph.input("x", f32<4>), seed = graph.input("seed", i32<2>), step = graph.input("step", i32<>);
  for (const float rate : {-0.5f, 1.5f, std::nanf("")})
    CHECK(complaint<UsageError>([&] {
            emit(Drop{rate, 0}, {x, seed, step});
          }) == "dropout: the rate is not from 0 to 1");
  CHECK_THAT(complaint<UsageError>([&] {
               emit(Drop{0.5f, 0}, {x, step, seed});
             }),
             Catch::Contains("wants a seed i32[2] and a step i32[], got i32[] and i32[2]"));
}

TEST_CASE("every dropout of a model has a stream of its own, and one counter and one seed serve all") {
  const Graph graph = forward();
  std::vector<std::int64_t> streams;
  for (Value v : graph.topological())
    if (const Drop* drop = as<Drop>(v)) streams.push_back(drop->stream);
  CHECK(streams == std::vector<std::int64_t>{0, 1});
  CHECK(graph.find("random.seed").type() == i32<2>);
  CHECK(graph.updates().size() == 1);
  CHECK_THAT(print(graph), Catch::Contains("state %random.seed : i32[2] = seed"));
  CHECK(print(parse(print(graph))) == print(graph));
  static_assert(parameter_count<Network>() == 96 * 96 + 96 + 96 * 4 + 4);
}

TEST_CASE("a state that begins as the seed is two words of 32 bits, and no other type") {
  Graph graph("seeded");
  const Value seed = graph.state("seed", i32<2>, {Init::Rule::seed});
  graph.output("seed", cast<DType::f32>(seed));
  States states(0xfedcba9876543210);
  states.add(compile(graph, CpuTarget(best_isa())));
  std::array<std::uint32_t, 2> words{};
  std::memcpy(words.data(), states.bytes("seed").data(), sizeof words);
  CHECK(words == std::array<std::uint32_t, 2>{0x76543210, 0xfedcba98});
  for (const Type& other : {i32<>, i32<3>, f32<2>})
    CHECK_THAT(complaint<UsageError>([&] { graph.state("other", other, {Init::Rule::seed}); }),
               Catch::Contains("cannot begin as the seed, which is i32[2]"));
}

TEST_CASE("the derivative of a dropout drops what the dropout dropped") {
  Graph graph("back");
  const Value x = graph.state("x", f32<200>), seed = graph.input("seed", i32<2>), step = graph.input("step", i32<>);
  const Value y = emit(Drop{0.5f, 3}, {x, seed, step});
  graph.output("y", y);
  graph.output("loss", sum(y));
  const Graph both = with_gradients(graph);
  const auto values = evaluate<float>(
      both, leaves<float>(both, {{"x", std::vector<double>(200, 1.0)}, {"seed", {1, 2}}, {"step", {9}}}));
  CHECK(numbers<float>(values, output_of(both, "y")) == numbers<float>(values, output_of(both, "d x")));
}

TEST_CASE("training with dropout has the same bits on 1, 2 and 4 threads, before and after the passes") {
  const Graph step = training_step(forward(), Adam{});
  const auto alone = train(step, 1, 5);
  CHECK(train(step, 2, 5) == alone);
  CHECK(train(step, 4, 5) == alone);
  CHECK(train(step, 2, 5, {}, 7, false) == alone);
  CHECK(train(step, 1, 5, {}, 8) != alone);
}

TEST_CASE("training with dropout that stops and goes on from its saved states has the bits of one that did not stop") {
  const Graph step = training_step(forward(), Adam{});
  const auto whole = train(step, 1, 6);
  const auto half = train(step, 2, 3);
  CHECK(train(step, 1, 3, half.first, 99) == whole);  // the seed too comes from what was saved
}

TEST_CASE("a program's dropout makes the bits of its definition, step after step, on every instruction set") {
  const Isa isa = GENERATE(from_range(all_isas()));
  Graph graph("kernel");
  const Value x = graph.input("x", f32<many>), seed = random_seed(graph), step = random_step(graph);
  graph.output("y", tanh(emit(Drop{0.3f, 5}, {x, seed, step})) * 2.f);
  graph.output("plain", emit(Drop{0.3f, 6}, {x * 1.5f, seed, step}));
  optimize(graph);
  std::vector<float> in(many);
  for (std::size_t i = 0; i < many; ++i) in[i] = std::cos(static_cast<float>(i));
  Pool pool(2);
  States states(0x123456789abcdef0);
  Program program(compile(graph, CpuTarget(isa)), states, pool, isa);
  program.bind_input("x", in.data());
  for (std::int32_t run = 0; run < 3; ++run) {
    program.run();
    const std::array<std::int32_t, 2> words{static_cast<std::int32_t>(0x9abcdef0), 0x12345678};
    Values<float> given;
    const auto put = [&](Value v, const void* from, std::size_t bytes) {
      const auto* begin = static_cast<const std::byte*>(from);
      given[v.id] = {begin, begin + bytes};
    };
    put(x, in.data(), in.size() * 4);
    put(seed, words.data(), 8);
    put(step, &run, 4);
    const Values<float> wanted = evaluate<float>(graph, given);
    CHECK(copied(program.output("plain")) == wanted.at(output_of(graph, "plain").id));
    CHECK(copied(program.output("y")) == wanted.at(output_of(graph, "y").id));
  }
}
