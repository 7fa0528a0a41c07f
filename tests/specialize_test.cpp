#include "compiler/specialize.hpp"

#include <catch2/catch.hpp>

#include "compiler/optimizers.hpp"
#include "compiler/print.hpp"
#include "compiler/verify.hpp"
#include "tests/named_values.hpp"
#include "vitrine/error.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;

namespace {

constexpr Axis batch{"batch", 4}, pixel{"pixel", 3}, digit{"digit", 2};

struct Classifier {
  using Layer = Linear<pixel, digit>;
  BOOST_HANA_DEFINE_STRUCT(Classifier, (Layer, layer));
  auto operator()(const Tensor<batch, pixel>& x) const { return relu(layer(x)); }
};

Graph classifier() { return trace_classifier<Classifier>("classifier", "x"); }

}  // namespace

TEST_CASE("a traced graph takes any batch: every type follows, ids, names and lines stay") {
  const Graph graph = classifier(), small = specialize(graph, std::array{Axis{"batch", 1}});
  verify(small);
  CHECK(small.find("x").type() == (Type{DType::f32, Shape{} << Axis{"batch", 1} << pixel}));
  CHECK(small.find("label").type() == (Type{DType::i32, Shape{} << Axis{"batch", 1}}));
  CHECK(small.find("layer.weight").type() == graph.find("layer.weight").type());
  REQUIRE(small.topological().size() == graph.topological().size());
  for (Value v : graph.topological()) {
    const Value copy = small.find(v.id);
    REQUIRE(copy);
    CHECK(copy.node().at == v.node().at);
    CHECK(copy.node().name == v.node().name);
    CHECK(copy.node().init == v.node().init);
  }
}

TEST_CASE("specializing to the size that is there changes nothing") {
  const Graph graph = classifier();
  CHECK(print(specialize(graph, std::array{batch})) == print(graph));
}

TEST_CASE("a specialized graph computes for its rows what the whole computes for them") {
  const Graph graph = classifier(), one = specialize(graph, std::array{Axis{"batch", 1}});
  const Named weights{{"layer.weight", {0.5, -1, 2, 0.25, -0.5, 1}}, {"layer.bias", {0.125, -0.25}}};
  Named all = weights, row = weights;
  all.push_back({"x", {1, 2, 3, -1, 0.5, 2, 0, 0, 1, 3, -2, 1}});
  all.push_back({"label", {0, 1, 1, 0}});
  row.push_back({"x", {-1, 0.5, 2}});
  row.push_back({"label", {1}});
  const auto whole = numbers<double>(evaluate<double>(graph, leaves<double>(graph, all)), output_of(graph, "y"));
  const auto made = numbers<double>(evaluate<double>(one, leaves<double>(one, row)), output_of(one, "y"));
  CHECK(made == std::vector<double>(whole.begin() + 2, whole.begin() + 4));
}

TEST_CASE("the mean's gradient follows the batch, because 1/N is an op and no number") {
  const Graph step = training_step(specialize(classifier(), std::array{Axis{"batch", 2}}), Sgd{});
  verify(step);
  bool found = false;
  for (Value v : step.topological())
    if (v.op() && v.op()->name() == "inverse_size") {
      found = true;
      CHECK(line_of(v).find("{of = [batch 2]}") != std::string::npos);
    }
  CHECK(found);
}

TEST_CASE("a name that no axis has is refused") {
  CHECK(complaint<UsageError>([] {
          specialize(classifier(), std::array{Axis{"time", 2}});
        }) == "specialize: no tensor of graph 'classifier' has an axis named 'time'");
}

TEST_CASE("a size that an op cannot take is refused with the op's sentence") {
  Graph graph("model");
  const Value x = graph.input("x", f32<batch, pixel>), w = graph.state("w", f32<3, 2>);
  graph.output("y", matmul(x, w));
  CHECK(complaint<UsageError>([&] {
          specialize(graph, std::array{Axis{"pixel", 5}});
        }) == "matmul: inner dimensions differ in [batch 4, pixel 5] x [3, 2]: 5 != 3");
}
