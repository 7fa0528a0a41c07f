#include <catch2/catch.hpp>

#include "compiler/gradients.hpp"
#include "compiler/passes.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

TEST_CASE("a network with its channels first permutes its input once, and nothing else, forward and back") {
  Graph graph("channels first");
  const auto to_last = [](Value x) { return permute<0, 2, 3, 1>(x); };
  const auto to_first = [](Value x) { return permute<0, 3, 1, 2>(x); };
  const Value x = graph.input("x", f32<2, 3, 6, 6>), v = graph.state("v", f32<3, 3, 3, 4>),
              w = graph.state("w", f32<3, 3, 4, 5>);
  const Value h = tanh(relu(to_first(conv2d(to_last(x), v)))), y = relu(to_first(conv2d(to_last(h), w)));
  const Gradients g = gradients(sum(y * y), std::array{v, w});
  graph.output("v", g[0]);
  graph.output("w", g[1]);
  const auto permutes = [&] {
    std::size_t n = 0;
    for (Value node : graph.topological()) n += as<Permute>(node) != nullptr;
    return n;
  };
  CHECK(permutes() > 5);
  optimize(graph);
  CHECK(permutes() == 1);
}
