#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/parse.hpp"
#include "compiler/print.hpp"
#include "compiler/rewriter.hpp"
#include "compiler/verify.hpp"
#include "tests/named_values.hpp"
#include "vitrine/as.hpp"
#include "vitrine/error.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops/map.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/neg.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/ops/tanh.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;

namespace {

constexpr Axis batch{"batch", 4}, pixel{"pixel", 6}, hidden{"hidden", 5}, digit{"digit", 3};

struct Perceptron {
  using Up = Linear<pixel, hidden>;
  using Down = Linear<hidden, digit>;
  BOOST_HANA_DEFINE_STRUCT(Perceptron, (Up, up), (Down, down));
  auto operator()(const Tensor<batch, pixel>& x) const {
    Tensor<batch, hidden> h = relu(up(x));
    return down(h);
  }
};
constexpr std::uint32_t line_of_h = __LINE__ - 4;

Value only(const Graph& graph, std::string_view op) {
  Value found;
  for (Value v : graph.topological())
    if (v.op() && v.op()->name() == op) found = v;
  return found;
}

}  // namespace

TEST_CASE("a model's parameters are states named by their path, each with its own beginning") {
  const Graph graph = trace<Perceptron>("perceptron", "x");
  REQUIRE(graph.find("up.weight"));
  CHECK(graph.find("up.weight").type() == f32<pixel, hidden>);
  CHECK(graph.find("up.weight").node().init == normal(static_cast<float>(1 / root(6))));
  CHECK(graph.find("down.bias").node().init == filled_with(0));
  CHECK(graph.find("x").node().leaf == Leaf::input);
  CHECK(parameter_count<Perceptron>() == 6 * 5 + 5 + 5 * 3 + 3);
  verify(graph);
}

TEST_CASE("a node knows the line of the user's program and the module that it was written in") {
  const Graph graph = trace<Perceptron>("perceptron", "x");
  const Node& activation = only(graph, "relu").node();
  CHECK(activation.at.line == line_of_h);
  CHECK_THAT(activation.at.file, Catch::EndsWith("graph_test.cpp"));
  CHECK(activation.at.module == "");
  for (Value v : graph.topological())
    if (v.op() && v.op()->name() == "matmul")
      CHECK(v.node().at.module == (v.operands()[1].node().name == "up.weight" ? "up" : "down"));
}

TEST_CASE("an equal node is not made twice, and an unequal one is") {
  Graph graph;
  const Value x = graph.input("x", f32<3>);
  CHECK(relu(x) == relu(x));
  CHECK(relu(x) != tanh(x));
  CHECK(x * 2.f == x * 2.f);
  CHECK(x * 2.f != x * 3.f);
  CHECK(number(graph, 0.f) != number(graph, -0.f));
  const auto end = graph.end_of_ids();
  tanh(relu(x));
  tanh(relu(x));
  CHECK(graph.end_of_ids() == end + 1);
}

TEST_CASE("a user's formula written twice is one node, and other formulas are others") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), y = graph.input("y", f32<3>);
  const Value a = map([](auto u, auto v) { return u * tanh(v); }, x, y);
  CHECK(a == map([](auto p, auto q) { return p * tanh(q); }, x, y));
  CHECK(a != map([](auto u, auto v) { return v * tanh(u); }, x, y));
  CHECK(a != map([](auto u, auto v) { return u * tanh(v); }, y, x));
}

TEST_CASE("where a declaration gives or drops an axis name, the graph's type is the declared one") {
  Graph graph;
  const auto x = input<Tensor<4, 3>>(graph, "x");
  const Tensor<batch, 3> named_rows = relu(x);
  CHECK(named_rows.value.type() == f32<batch, 3>);
  CHECK(named_rows.value.op()->name() == "rename");
  const Tensor<batch, digit> renamed = as<Axis(3), digit>(named_rows);
  CHECK(renamed.value.type() == f32<batch, digit>);
  const Tensor<batch, digit> same = relu(renamed);
  CHECK(same.value.op()->name() == "relu");
}

TEST_CASE("ids are never given twice, not even that of a node that is gone") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), y = relu(x);
  Record record;
  Rewriter rewriter(graph, "test", record);
  rewriter.erase(y, "unread => nothing");
  CHECK_FALSE(graph.find(y.id));
  const Value again = relu(x);
  CHECK(again.id > y.id);
  CHECK(graph.end_of_ids() == again.id + 1);
  verify(graph);
}

TEST_CASE("a copy is a graph of its own with the same ids") {
  Graph graph("first");
  const Value x = graph.input("x", f32<3>), y = relu(x);
  graph.output("y", y);
  Graph copy(graph);
  CHECK(print(copy) == print(graph));
  const Value in_copy = copy.find(y.id);
  CHECK(in_copy.graph == &copy);
  CHECK(in_copy.operands()[0].graph == &copy);
  tanh(in_copy);
  copy.rename("second");
  CHECK(graph.end_of_ids() + 1 == copy.end_of_ids());
  CHECK(graph.name() == "first");
  CHECK(relu(copy.find("x")) == in_copy);  // the copy knows its nodes: no twin is made
  verify(copy);
  verify(graph);
}

TEST_CASE("a moved graph keeps its nodes, and they belong to the new one") {
  Graph graph("first");
  graph.output("y", relu(graph.input("x", f32<3>)));
  const std::string before = print(graph);
  Graph moved(std::move(graph));
  CHECK(print(moved) == before);
  CHECK(moved.outputs()[0].second.graph == &moved);
  Graph assigned;
  assigned = std::move(moved);
  CHECK(print(assigned) == before);
  CHECK(assigned.find("x").graph == &assigned);
  CHECK(relu(assigned.find("x")) == assigned.outputs()[0].second);
  verify(assigned);
}

TEST_CASE("a name is used once in a graph, for leaves and for outputs") {
  Graph graph("model");
  const Value x = graph.input("x", f32<3>);
  CHECK(complaint<UsageError>([&] { graph.state("x", f32<3>); }) ==
        "graph 'model': two inputs or states are named 'x'; give each its own name");
  graph.output("y", x);
  CHECK(complaint<UsageError>([&] { graph.output("y", x); }) ==
        "graph 'model': two outputs are named 'y'; give each its own name");
}

TEST_CASE("an axis name has one size in a graph, even in tensors that never meet") {
  Graph graph("model");
  graph.input("x", f32<batch>);
  CHECK(complaint<UsageError>([&] {
          graph.input("z", {DType::f32, Shape{} << Axis{"batch", 5}});
        }) == "graph 'model': axis batch has two sizes, 4 and 5; give the two axes two names");
}

TEST_CASE("only a state can be updated, once, with a value of its type") {
  Graph graph("model");
  const Value x = graph.input("x", f32<3>), w = graph.state("w", f32<3>), s = graph.state("s", f32<2>);
  CHECK_THAT(complaint<UsageError>([&] { graph.update(x, w); }), Catch::Contains("only a state can be updated"));
  CHECK(complaint<UsageError>([&] { graph.update(s, w); }) ==
        "update of s: the state is f32[2], its next value f32[3]");
  graph.update(w, x);
  CHECK_THAT(complaint<UsageError>([&] { graph.update(w, x); }), Catch::Contains("'w' is updated twice"));
}

TEST_CASE("an operand of another graph, and a wrong shape, are refused when a node is added") {
  Graph graph("here"), other("there");
  const Value x = graph.input("x", f32<2, 3>);
  CHECK_THROWS_AS(graph.add(Relu{}, {other.input("x", f32<3>)}), InternalError);
  CHECK(complaint<UsageError>([&] { matmul(x, x); }) == "matmul: inner dimensions differ in [2, 3] x [2, 3]: 3 != 2");
}

TEST_CASE("nodes come operands first and, among those that are ready, oldest first") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), a = relu(x), b = tanh(x), late = graph.input("late", f32<3>), c = a * b;
  std::vector<std::uint32_t> order;
  for (Value v : graph.topological()) order.push_back(v.id);
  CHECK(order == std::vector{x.id, late.id, a.id, b.id, c.id});
  CHECK(graph.users(x) == std::vector{a, b});
}

TEST_CASE("a node that reads one value twice has it as operand twice, and is its user once") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), square = x * x;
  CHECK(square.operands() == std::vector{x, x});
  CHECK(graph.users(x) == std::vector{square});
}

TEST_CASE("the verifier finds a group that would wait for itself") {
  const Graph graph = parse(R"(graph g {
    input %x : f32[3]
    %1 = relu(%x) : f32[3] @g1
    %2 = softmax(%1) : f32[3]
    %3 = tanh(%2) : f32[3] @g1
    output y = %3
  })");
  CHECK_THAT(complaint<InternalError>([&] { verify(graph); }),
             Catch::Contains("%3 = tanh") && Catch::Contains("group g1 would wait for itself"));
}

TEST_CASE("the verifier finds a result that is dead") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), y = relu(x), z = tanh(x);
  Record record;
  Rewriter rewriter(graph, "test", record);
  rewriter.erase(y, "unread => nothing");
  graph.output("y", y);
  CHECK_THAT(complaint<InternalError>([&] { verify(graph); }), Catch::Contains("output 'y' is dead"));
  CHECK(graph.find(z.id));
}

TEST_CASE("the verifier finds a cycle") {
  Graph graph("ring");
  const Value x = graph.input("x", f32<3>), a = relu(x), b = tanh(a), c = -b;
  graph.output("y", c);
  Record record;
  Rewriter rewriter(graph, "test", record);
  rewriter.replace(a, c, "a => what reads a");  // b reads c, which reads b
  CHECK_THAT(complaint<InternalError>([&] { verify(graph); }), Catch::Contains("cycle"));
}
