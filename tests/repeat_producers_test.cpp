// Work repeated for a step that comes later: the sums that a norm's gradient is made of, beside the same program that
// stores them.
#include "compiler/parse.hpp"
#include "compiler/print.hpp"
#include "compiler/units.hpp"
#include "tests/program_bits.hpp"

using namespace vitrine;

namespace {

constexpr std::string_view gradient_of_a_norm = R"(graph norm {
  input %dy : f32[24, 40]
  input %w : f32[40, 48]
  input %normed : f32[24, 48]
  input %gain : f32[48]
  input %rstd : f32[24, 1]
  %1 = matmul(%dy, %w) : f32[24, 48]
  %2 = sum_to(%1) {to = [48]} : f32[48]
  %3 = mul(%normed, %1) : f32[24, 48]
  %4 = sum_to(%3) {to = [48]} : f32[48]
  %5 = mul(%gain, %1) : f32[24, 48]
  %6 = mean(%5) {to = [24, 1]} : f32[24, 1]
  %7 = mul(%5, %normed) : f32[24, 48]
  %8 = mean(%7) {to = [24, 1]} : f32[24, 1]
  %9 = sub(%5, %6) : f32[24, 48]
  %10 = mul(%normed, %8) : f32[24, 48]
  %11 = sub(%9, %10) : f32[24, 48]
  %12 = mul(%11, %rstd) : f32[24, 48]
  output shift = %2
  output scale = %4
  output dx = %12
}
)";

Graph grouped(std::string_view passes) {
  Graph graph = parse(gradient_of_a_norm);
  optimize(graph, passes_named(passes));
  return graph;
}

Values<float> numbers(const Graph& graph) {
  Values<float> made;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::input) {
      made[v.id].resize(v.type().bytes());
      for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
        const float x = std::sin(static_cast<float>(i * (v.id + 3)));
        std::memcpy(&made[v.id][i * sizeof x], &x, sizeof x);
      }
    }
  return made;
}

/// Tensors of the size of the norm that steps store.
std::size_t stored(const Graph& graph) {
  std::size_t found = 0;
  for (const Unit& unit : units_of(graph).units)
    for (Value v : unit.stored) found += v.type().shape.elements() == 24 * 48;
  return found;
}

}  // namespace

TEST_CASE("the gradient of a norm stores what its product makes, and itself") {
  const Graph once = grouped("group_elementwise"), again = grouped("repeat_producers,group_elementwise");
  CHECK(stored(again) == 2);
  CHECK(stored(once) > stored(again));
}

TEST_CASE("what is repeated has the same bits, for one thread and two") {
  const Graph once = grouped("group_elementwise"), again = grouped("repeat_producers,group_elementwise");
  const auto wanted = run_compiled(once, numbers(once), 1);
  CHECK(run_compiled(again, numbers(again), 1) == wanted);
  CHECK(run_compiled(again, numbers(again), 2) == wanted);
}

TEST_CASE("a graph with work repeated is read back as it was printed, and groups as before") {
  const Graph again = grouped("repeat_producers,group_elementwise");
  CHECK(print(parse(print(again))) == print(again));
  Graph twice = parse(print(again));
  const Record record = optimize(twice, passes_named("repeat_producers,group_elementwise"));
  CHECK(record.rewrites.empty());
}
