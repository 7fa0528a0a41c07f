#include "compiler/cost.hpp"

#include <catch2/catch.hpp>

#include "compiler/op_table.hpp"
#include "compiler/rewriter.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;

namespace {

constexpr Axis batch{"batch", 64}, pixel{"pixel", 784}, hidden{"hidden", 128}, kind{"kind", 10};

struct Mlp {
  using Up = Linear<pixel, hidden>;
  using Down = Linear<hidden, kind>;
  BOOST_HANA_DEFINE_STRUCT(Mlp, (Up, up), (Down, down));
  Tensor<batch, kind> operator()(Tensor<batch, pixel> x) const {
    Tensor<batch, hidden> h = relu(up(x));
    return down(h);
  }
};

void group(Graph& graph, std::vector<Value> values) {
  Record record;
  Rewriter(graph, "test", record).group(values, "together");
}

}  // namespace

TEST_CASE("an MLP's forward pass costs what its layers' sizes say") {
  const Graph graph = trace_classifier<Mlp>("mlp", "x");
  Cost all;
  for (const auto& [id, cost] : costs_of(graph)) all += cost;
  const double products = 64 * (784 * 128 + 128 * 10), biases = 64 * (128 + 10), relu = 64 * 128;
  const double cross_entropy = 64 * 10 + 64, mean = 64;  // one for each element that is read
  CHECK(all.operations == 2 * products + biases + relu + cross_entropy + mean);
  // Op by op, in numbers of 4 bytes: the two products, the biases, relu, the losses of the rows, their mean.
  const double moved = (64 * 784 + 784 * 128 + 64 * 128) + (64 * 128 + 128 * 10 + 64 * 10) +
                       (2 * 64 * 128 + 128 + 2 * 64 * 10 + 10) + 2 * 64 * 128 + (64 * 10 + 2 * 64) + (64 + 1);
  CHECK(all.bytes == 4 * moved);
}

TEST_CASE("a contraction costs two operations a product, turned about or in batches") {
  Graph graph;
  const Value a = graph.input("a", f32<5, 2, 3>), b = graph.input("b", f32<5, 3, 4>), w = graph.input("w", f32<3, 4>);
  CHECK(cost_of(matmul(a, b)).operations == 2. * 5 * 2 * 3 * 4);
  CHECK(cost_of(matmul(a, w)).operations == 2. * 5 * 2 * 3 * 4);
  CHECK(cost_of(matmul(a, w)).bytes == 4. * (5 * 2 * 3 + 3 * 4 + 5 * 2 * 4));
  const Value turned = graph.add(Matmul{true, true}, {graph.input("c", f32<3, 2>), graph.input("d", f32<4, 3>)});
  CHECK(cost_of(turned).operations == 2. * 2 * 3 * 4);
}

TEST_CASE("every contraction says how many products it adds up") {
  for (const OpInfo* info : every_op()) {
    CAPTURE(info->doc.name);
    CHECK((info->multiply_adds != nullptr) == (info->doc.kind == Kind::contraction));
    if (!info->multiply_adds) continue;
    const auto [op, in] = info->example();
    CHECK(info->multiply_adds(op.attributes.get(), in, op.type(in).type) > 0);
  }
}

TEST_CASE("a convolution and its two derivatives cost the same products") {
  Graph graph;
  const Value x = graph.input("x", f32<2, 9, 7, 4>), w = graph.input("w", f32<3, 2, 2, 6>);
  const Value y = graph.add(Conv2d{{2, 1}, {1, 0}, 2}, {x, w});
  const double products = 2. * 5 * 6 * 6 * (3 * 2 * 2);  // pixels and channels out, times a kernel of one group
  REQUIRE(y.type() == f32<2, 5, 6, 6>);
  CHECK(cost_of(y).operations == 2 * products);
  CHECK(cost_of(graph.add(Conv2dInputGradient{{2, 1}, {1, 0}, 2, x.type().shape}, {y, w})).operations == 2 * products);
  CHECK(cost_of(graph.add(Conv2dWeightGradient{{2, 1}, {1, 0}, 2, w.type().shape}, {x, y})).operations == 2 * products);
}

TEST_CASE("an elementwise op costs each function of its formula once, at each element of its result") {
  Graph graph;
  const Value x = graph.input("x", f32<2, 3>), y = graph.input("y", f32<3>);
  CHECK(cost_of(x + y) == Cost{6, 4 * (6 + 3 + 6)});
  CHECK(cost_of(x * x) == Cost{6, 4 * (6 + 6)});
  CHECK(cost_of(graph.add(Map{"(x - y) * (x - y)"}, {x, y})).operations == 12);
  CHECK(cost_of(graph.add(Map{"x"}, {x})).operations == 0);
  CHECK(cost_of(greater(x, y)).bytes == 4 * (6 + 3) + 6);  // a mask is a byte
}

TEST_CASE("what only looks at its operand costs nothing, and its reader pays for what it looks at") {
  Graph graph;
  const Value x = graph.input("x", f32<2, 3>), row = graph.input("row", f32<3>);
  CHECK(cost_of(transpose(x)) == Cost{});
  CHECK(cost_of(graph.add(Reshape{shape_of<6>}, {x})) == Cost{});
  const Value repeated = broadcast_to(row, shape_of<1000, 3>);
  CHECK(cost_of(repeated) == Cost{});
  CHECK(cost_of(graph.add(SumTo{Shape{}}, {repeated})) == Cost{3000, 4 * (3 + 1)});
  CHECK(cost_of(x) == Cost{});
}

TEST_CASE("what stays within a group costs its operations and no bytes") {
  Graph graph;
  const Value x = graph.input("x", f32<8, 16>), w = graph.input("w", f32<16, 32>), b = graph.input("b", f32<32>);
  const Value product = matmul(x, w), biased = product + b, y = relu(biased), z = y * y;
  graph.output("z", z);
  const double result = 8 * 32;
  CHECK(costs_of(graph).at(y.id) == Cost{result, 4 * 2 * result});
  group(graph, {product, biased, y, z});
  const auto costs = costs_of(graph);
  CHECK(costs.at(product.id) == Cost{2. * 8 * 16 * 32, 4 * (8 * 16 + 16 * 32)});
  CHECK(costs.at(biased.id) == Cost{result, 4 * 32});
  CHECK(costs.at(y.id) == Cost{result, 0});
  CHECK(costs.at(z.id) == Cost{result, 4 * result});
}

TEST_CASE("a group writes what others read, outputs too, and reads an operand once") {
  Graph graph;
  const Value x = graph.input("x", f32<8>), a = relu(x), b = a + x, c = tanh(a),
              turned = graph.add(Reshape{shape_of<2, 4>}, {b});
  graph.output("seen", turned);
  graph.output("c", c);
  group(graph, {a, b});
  const auto costs = costs_of(graph);
  CHECK(costs.at(a.id) == Cost{8, 4 * (8 + 8)});  // c, outside, reads it
  CHECK(costs.at(b.id) == Cost{8, 4 * 8});        // a view of it is an output; x was read before
}
