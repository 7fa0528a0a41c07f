// The text form of a graph: what is printed reads back as it was.
#include <catch2/catch.hpp>
#include <random>

#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/verify.hpp"
#include "tests/named_values.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops/gelu.hpp"
#include "vitrine/ops/map.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;

namespace {

constexpr Axis batch{"batch", 4}, pixel{"pixel", 6}, hidden{"hidden", 5}, digit{"digit", 3};

struct Perceptron {
  using Up = Linear<pixel, hidden>;
  using Down = Linear<hidden, digit>;
  BOOST_HANA_DEFINE_STRUCT(Perceptron, (Up, up), (Down, down));
  auto operator()(const Tensor<batch, pixel>& x) const {
    Tensor<batch, hidden> h = map([](auto z) { return maximum(z, 0.1f * z); }, up(x));
    Tensor<batch, hidden> k = gelu(h) + relu(h);
    return down(k);
  }
};

void check_round_trip(const Graph& graph) {
  const std::string text = print(graph);
  const Graph again = parse(text);
  REQUIRE(print(again) == text);
  verify(again);
  for (Value v : graph.topological()) {
    if (!v.op()) continue;  // leaves and numbers have no ids in the text
    const Value copy = again.find(v.id);
    REQUIRE(copy);
    REQUIRE(*copy.op() == *v.op());
    REQUIRE(copy.node().at == v.node().at);
    REQUIRE(copy.node().phase == v.node().phase);
    REQUIRE(copy.node().origin == v.node().origin);
    REQUIRE(copy.node().group == v.node().group);
  }
}

}  // namespace

TEST_CASE("a traced model reads back as it was printed") {
  check_round_trip(trace_classifier<Perceptron>("perceptron", "x"));
}

TEST_CASE("a model with gradients and a training step read back as they were printed") {
  const Graph graph = trace_classifier<Perceptron>("perceptron", "x");
  check_round_trip(with_gradients(graph));
  check_round_trip(training_step(graph, Adam{.rate = {.rate = 1e-3f, .cosine_steps = 100}}));
  check_round_trip(training_step(graph, Sgd{.momentum = 0.9f}));
}

TEST_CASE("an optimized training step reads back as it was printed, with gaps in its ids and its groups") {
  Graph graph = training_step(trace_classifier<Perceptron>("perceptron", "x"), Adam{});
  const Record record = optimize(graph);
  REQUIRE(!record.rewrites.empty());
  REQUIRE(print(graph).find("@g1") != std::string::npos);
  check_round_trip(graph);
}

TEST_CASE("a parsed graph can be optimized, and gives what the original gives") {
  Graph graph = training_step(trace_classifier<Perceptron>("perceptron", "x"), Sgd{});
  Graph again = parse(print(graph));
  optimize(graph);
  optimize(again);
  std::size_t nodes = 0, same = 0;
  for (Value v : graph.topological()) nodes += v.op() != nullptr;
  for (Value v : again.topological()) same += v.op() != nullptr;
  CHECK(nodes == same);
}

TEST_CASE("names may hold anything and stay names") {
  for (const std::string name :
       {"with space", "quo\"te",     "back\\slash", "new\nline",    "%1",     "}",  "// no comment", "",    "ümläut",
        "tab\there",  "@g1",         "state",       "<b>&amp;</b>", "a\\\"b", "\\", "\\n",           "1e5", "x#1",
        "\x01\x7f",   "ends with \\"}) {
    CAPTURE(name);
    Graph graph(name);
    const Value x = graph.input(name, f32<3>), w = graph.state(name + "2", f32<3>);
    Value y;
    {
      const Graph::Scope scope(graph, name, Phase::forward);
      y = relu(x);
    }
    graph.locate(name, 3);
    graph.output(name, y);
    graph.update(w, y);
    const Graph again = parse(print(graph));
    CHECK(print(again) == print(graph));
    CHECK(again.name() == name);
    CHECK(again.find(name).node().leaf == Leaf::input);
    CHECK(again.outputs()[0].first == name);
    CHECK(again.outputs()[0].second.node().at == Location{name, 3, name});
  }
}

TEST_CASE("every float reads back with its very bits") {
  std::mt19937 random(5);
  Constant c{f32<64>, {}};
  std::vector<std::uint32_t> bits{0,           0x80000000u, 1,           0x7f800000u, 0xff800000u, 0x7fc00000u,
                                  0xffc00000u, 0x7f800001u, 0x7fc12345u, 0x00800000u, 0x7f7fffffu};
  while (bits.size() < 64) bits.push_back(static_cast<std::uint32_t>(random()));
  c.bytes.resize(64 * 4);
  std::memcpy(c.bytes.data(), bits.data(), 64 * 4);
  Graph graph;
  graph.output("c", graph.constant(c));
  for (std::uint32_t b : bits) {
    float number_of_bits = 0;
    std::memcpy(&number_of_bits, &b, 4);
    graph.output("n" + std::to_string(graph.outputs().size()), number(graph, number_of_bits));
  }
  const Graph again = parse(print(graph));
  CHECK(print(again) == print(graph));
  for (std::size_t i = 0; i < graph.outputs().size(); ++i)
    CHECK(*again.outputs()[i].second.node().literal == *graph.outputs()[i].second.node().literal);
}

TEST_CASE("constants of every type of element read back") {
  Graph graph;
  for (DType d : every_dtype) {
    Constant c{{d, Shape{} << Axis(4)}, {}};
    for (std::size_t i = 0; i < c.type.bytes(); ++i)
      c.bytes.push_back(static_cast<std::byte>(d == DType::boolean ? i % 2 : 37 * i + 128));
    graph.output(std::string(name_of(d)), graph.constant(c));
  }
  const Graph again = parse(print(graph));
  CHECK(print(again) == print(graph));
  for (std::size_t i = 0; i < graph.outputs().size(); ++i)
    CHECK(*again.outputs()[i].second.node().literal == *graph.outputs()[i].second.node().literal);
}

TEST_CASE("comments, spaces and line ends are free") {
  const Graph graph =
      parse("// first\n\n graph   g{input %x :f32[ 3 ]\r\n%1=relu( %x ):f32[3]// last\noutput y=%1}  // end");
  CHECK(print(graph) == "graph g {\n  input %x : f32[3]\n  %1 = relu(%x) : f32[3]\n  output y = %1\n}\n");
}
