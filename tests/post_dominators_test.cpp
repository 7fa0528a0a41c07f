// Where the ways from a value come together, beside a slow answer by definition.
#include "compiler/post_dominators.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "compiler/print.hpp"
#include "tests/random_graph.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

/// Whether a way leads from v to a result of the graph that does not go through `without`.
bool gets_out(const Graph& graph, Value v, Value without) {
  std::vector<Value> open{v};
  std::set<std::uint32_t> seen{v.id};
  while (!open.empty()) {
    const Value at = open.back();
    open.pop_back();
    if (graph.is_result(at)) return true;
    for (Value user : graph.users(at))
      if (user != without && seen.insert(user.id).second) open.push_back(user);
  }
  return false;
}

}  // namespace

TEST_CASE("all that reads a value meets at its nearest post-dominator") {
  Graph graph("diamond");
  const Value x = graph.input("x", {DType::f32, shape_of<4>});
  const Value a = exp(x), left = -a, right = tanh(a), meet = left * right;
  graph.output("y", meet);
  const PostDominators post(graph);
  CHECK(post.meets(a) == meet);
  CHECK(post.meets(left) == meet);
  CHECK(post.meets(x) == a);
  CHECK_FALSE(post.meets(meet));
  graph.output("early", left);
  CHECK_FALSE(PostDominators(graph).meets(a));
}

TEST_CASE("a value that leads to no result meets nowhere") {
  Graph graph("unread");
  const Value x = graph.input("x", {DType::f32, shape_of<4>});
  const Value unread = -exp(x);
  graph.output("y", tanh(x));
  CHECK_FALSE(PostDominators(graph).meets(unread));
  CHECK_FALSE(PostDominators(graph).meets(unread.operands()[0]));
}

TEST_CASE("in random graphs every way to a result goes through the post-dominator, and through none before it") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const RandomGraph random = random_graph(seed);
    const Graph& graph = random.graph;
    const PostDominators post(graph);
    for (Value v : graph.topological()) {
      INFO("seed " << seed << ", %" << v.id << " of\n" << print(graph));
      const Value meet = post.meets(v);
      if (!gets_out(graph, v, {})) {
        CHECK_FALSE(meet);
        continue;
      }
      if (meet) CHECK_FALSE(gets_out(graph, v, meet));
      // A nearer one would be on every way to this one as well.
      for (Value other : graph.topological())
        if (other != v && other != meet && !gets_out(graph, v, other)) {
          REQUIRE(meet);
          CHECK_FALSE(gets_out(graph, meet, other));
        }
    }
  }
}
