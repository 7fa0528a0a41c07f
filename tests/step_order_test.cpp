#include "compiler/step_order.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

const Type row{DType::f32, shape_of<4>};

/// Nodes that each read two of those shortly before them; every tenth is one that many read.
Graph tangle(int nodes, unsigned seed) {
  Graph graph("tangle");
  std::vector<Value> made{graph.input("x", row), graph.input("y", row)};
  std::mt19937 random(seed);
  for (int i = 0; i < nodes; ++i) {
    const auto back = [&](std::size_t most) { return made[made.size() - 1 - random() % std::min(most, made.size())]; };
    const Value a = back(6), b = i % 10 ? back(12) : made[made.size() / 2];
    made.push_back(random() % 2 ? a + b : a * b);
  }
  graph.output("z", made.back());
  return graph;
}

/// The same question, answered by looking at everything.
bool lies_between(const Graph& graph, const StepOrder& steps, Value first, Value second) {
  const std::uint32_t from = steps.step(first), to = steps.step(second);
  std::set<std::uint32_t> seen;
  std::vector<Value> open = steps.members(first);
  while (!open.empty()) {
    const Value v = open.back();
    open.pop_back();
    const bool outside = steps.step(v) != from;
    for (Value user : graph.users(v)) {
      const std::uint32_t s = steps.step(user);
      if (s == to && outside) return true;
      if (s != from && s != to && seen.insert(s).second)
        for (Value member : steps.members(user)) open.push_back(member);
    }
  }
  return false;
}

}  // namespace

TEST_CASE("whether a step lies between two is answered as by looking at the whole graph") {
  for (const unsigned seed : {1u, 2u, 3u}) {
    const Graph graph = tangle(1500, seed);
    StepOrder steps(graph);
    std::mt19937 random(seed);
    const std::vector<Value> order = graph.topological();
    std::size_t joined = 0, refused = 0, wrong = 0;
    for (int i = 0; i < 1500; ++i) {
      const Value v = order[2 + random() % (order.size() - 2)];
      const bool near = i % 3 != 0;  // a long way is what waypoints are for
      const Value from = near ? v.operands()[0] : order[random() % order.size()];
      if (steps.step(from) == steps.step(v)) continue;
      const Value between = steps.between(from, v);
      const bool expected = lies_between(graph, steps, from, v);
      wrong += static_cast<bool>(between) != expected;
      if (between) {
        ++refused;
        wrong += steps.step(between) == steps.step(from) || steps.step(between) == steps.step(v);
      } else if (near && steps.members(v).size() + steps.members(from).size() < 20) {
        ++joined;
        steps.join(from, v);
      }
    }
    CAPTURE(seed);
    CHECK(wrong == 0);
    CHECK(joined > 100);
    CHECK(refused > 100);
  }
}

TEST_CASE("what runs as one step lets a path in by one node and out by another") {
  Graph graph("two ways");
  const Value x = graph.input("x", row), y = graph.input("y", row);
  const Value a = -x, b = -y, into = a + 1.f, out = b * 2.f, end = out + a;
  graph.output("z", end);
  graph.output("i", into);
  StepOrder steps(graph);
  CHECK_FALSE(steps.between(a, end));
  steps.join(into, out);
  CHECK(steps.between(a, end) == into);
  steps.join(a, into);
  CHECK_FALSE(steps.between(a, end));
  CHECK(steps.joined().size() == 1);
  CHECK(steps.joined()[0] == std::vector{a, into, out});
}
