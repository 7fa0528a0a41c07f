// Losses against their definitions, written out in double beside them, and what they promise at the edges.
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/gradients.hpp"
#include "tests/compiled_values.hpp"
#include "tests/derivative_law.hpp"
#include "tests/named_values.hpp"
#include "vitrine/error.hpp"
#include "vitrine/losses/cross_entropy.hpp"
#include "vitrine/model.hpp"

using namespace vitrine;

namespace {

constexpr Axis row{"row", 4}, kind{"kind", 3};
constexpr std::array<std::array<double, 3>, 4> logits{{{2, -1, 0.5}, {0, 0, 0}, {-3, 4, 1}, {0.1, 0.2, -5}}};
constexpr std::array<double, 3> weights{0.5, 2, 1.25};

struct Rule {
  double smoothing = 0;
  int ignored = Labels::none;
  bool weighted = false;
};

/// The definition of losses/cross_entropy.hpp.
double defined(const std::array<int, 4>& labels, const Rule& rule) {
  double total = 0, norm = 0;
  for (std::size_t r = 0; r < 4; ++r) {
    if (labels[r] == rule.ignored) continue;
    const auto w = [&](std::size_t k) { return rule.weighted ? weights[k] : 1; };
    const auto& x = logits[r];
    const double whole = std::log(std::exp(x[0]) + std::exp(x[1]) + std::exp(x[2]));
    const auto c = static_cast<std::size_t>(labels[r]);
    double even = 0;
    for (std::size_t k = 0; k < 3; ++k) even += w(k) * (whole - x[k]) / 3;
    total += (1 - rule.smoothing) * w(c) * (whole - x[c]) + rule.smoothing * even;
    norm += w(c);
  }
  return total / norm;
}

Named leaves_with(const std::array<int, 4>& labels) {
  std::vector<double> x;
  for (const auto& each : logits) x.insert(x.end(), each.begin(), each.end());
  return {{"x", x}, {"label", {labels.begin(), labels.end()}}, {"weight", {weights.begin(), weights.end()}}};
}

/// The loss that `make(x, label, weight)` is, declared with types.
template <class Make> Graph graph_of_loss(Make make) {
  Graph graph("loss");
  const auto x = input<Tensor<row, kind>>(graph, "x");
  const auto label = input<Indices<row>>(graph, "label");
  const auto weight = input<Tensor<kind>>(graph, "weight");
  const Tensor<> loss = make(x, label, weight);
  graph.output("loss", loss.value);
  return graph;
}

/// What the reference and the compiled program make of it; they must agree.
double loss_of(const Graph& graph, const std::array<int, 4>& labels) {
  const auto at = leaves<float>(graph, leaves_with(labels));
  const double wanted = numbers<float>(evaluate<float>(graph, at), output_of(graph, "loss"))[0];
  const double got = compiled(graph, at, best_isa())["loss"][0];
  CHECK((std::isnan(wanted) ? std::isnan(got) : got == Approx(wanted)));
  return wanted;
}

constexpr std::array<int, 4> common{0, 2, 1, 0}, padded{0, -100, 1, -100}, none_counts{-100, -100, -100, -100};

const auto plain = [](auto x, auto label, auto) { return cross_entropy(x, label); };
const auto smoothed = [](auto x, auto label, auto) { return cross_entropy<Labels{.smoothing = 0.1f}>(x, label); };
const auto ignoring = [](auto x, auto label, auto) { return cross_entropy<Labels{.ignored = -100}>(x, label); };
const auto ignoring_class_1 = [](auto x, auto label, auto) { return cross_entropy<Labels{.ignored = 1}>(x, label); };
const auto weighted = [](auto x, auto label, auto w) { return cross_entropy<Labels{}>(x, label, w); };
const auto all = [](auto x, auto label, auto w) {
  return cross_entropy<Labels{.smoothing = 0.3f, .ignored = -100}>(x, label, w);
};

}  // namespace

TEST_CASE("cross entropy with smoothing, ignored labels and class weights is its definition") {
  CHECK(loss_of(graph_of_loss(plain), common) == Approx(defined(common, {})));
  CHECK(loss_of(graph_of_loss(smoothed), common) == Approx(defined(common, {.smoothing = 0.1})));
  CHECK(loss_of(graph_of_loss(ignoring), padded) == Approx(defined(padded, {.ignored = -100})));
  CHECK(loss_of(graph_of_loss(ignoring), common) == Approx(defined(common, {})));
  CHECK(loss_of(graph_of_loss(ignoring_class_1), common) == Approx(defined(common, {.ignored = 1})));
  CHECK(loss_of(graph_of_loss(weighted), common) == Approx(defined(common, {.weighted = true})));
  const Rule every{.smoothing = 0.3, .ignored = -100, .weighted = true};
  CHECK(loss_of(graph_of_loss(all), padded) == Approx(defined(padded, every)));
  CHECK(loss_of(graph_of_loss(all), common) == Approx(defined(common, every)));
}

TEST_CASE("what is not asked of cross entropy adds no node") {
  const auto plain_graph = graph_of_loss(plain),
             same = graph_of_loss([](auto x, auto label, auto) { return cross_entropy<Labels{}>(x, label); });
  CHECK(same.topological().size() == plain_graph.topological().size());
  CHECK(as<CrossEntropy>(output_of(same, "loss").operands()[0]));
}

TEST_CASE("cross entropy on graph values is the one on declared tensors") {
  const Graph declared = graph_of_loss(all);
  Graph graph("values");
  const Value x = graph.input("x", f32<row, kind>), label = graph.input("label", i32<row>),
              weight = graph.input("weight", f32<kind>);
  graph.output("loss", cross_entropy<Labels{.smoothing = 0.3f, .ignored = -100}>(x, label, weight));
  CHECK(loss_of(graph, padded) == loss_of(declared, padded));
}

TEST_CASE("the gradients of every cross entropy are what central differences say, and 0 in rows that do not count") {
  for (const Graph& graph : {graph_of_loss(smoothed), graph_of_loss(ignoring), graph_of_loss(all)})
    CHECK(derivative_disagreement(graph, leaves<double>(graph, leaves_with(common))) == "");
  for (Graph graph : {graph_of_loss(ignoring), graph_of_loss(all)}) {
    CHECK(derivative_disagreement(graph, leaves<double>(graph, leaves_with(padded))) == "");
    const Value d = gradients(output_of(graph, "loss"), std::array{graph.find("x")})[0];
    const auto slopes = numbers<double>(evaluate<double>(graph, leaves<double>(graph, leaves_with(padded))), d);
    for (std::size_t r : {1u, 3u})
      for (std::size_t k = 0; k < 3; ++k) CHECK(slopes[r * 3 + k] == 0);
    CHECK(slopes[0] != 0);
  }
}

TEST_CASE("cross entropy of no row that counts is NaN, as a mean of nothing") {
  CHECK(std::isnan(loss_of(graph_of_loss(ignoring), none_counts)));
  CHECK(std::isnan(loss_of(graph_of_loss(all), none_counts)));
}

TEST_CASE("a label that is neither a class nor ignored is refused with its row") {
  const auto refusal = [](const Graph& graph, const std::array<int, 4>& labels) {
    return complaint<InputError>([&] { loss_of(graph, labels); });
  };
  CHECK_THAT(refusal(graph_of_loss(smoothed), {0, 3, 1, 0}), Catch::Contains("label 3 of row 1"));
  CHECK_THAT(refusal(graph_of_loss(all), {0, 3, 1, -100}), Catch::Contains("label 3 of row 1"));
  CHECK_THAT(refusal(graph_of_loss(all), {0, 2, -1, -100}), Catch::Contains("label -1 of row 2"));
}

TEST_CASE("binary cross entropy is its definition, and neither overflows nor rounds a small loss to 0") {
  const auto loss = [](double z, double t) {
    Graph graph("binary");
    const Value logit = graph.input("z", f32<1>), target = graph.input("t", f32<1>);
    graph.output("loss", binary_cross_entropy(logit, target));
    return numbers<float>(evaluate<float>(graph, leaves<float>(graph, {{"z", {z}}, {"t", {t}}})),
                          output_of(graph, "loss"))[0];
  };
  for (double z : {-3., -0.5, 0., 0.5, 3.})
    for (double t : {0., 0.25, 1.}) {
      const double p = 1 / (1 + std::exp(-z));
      CHECK(loss(z, t) == Approx(-t * std::log(p) - (1 - t) * std::log1p(-p)));
    }
  CHECK(loss(30, 1) == Approx(std::exp(-30.)).epsilon(1e-5));
  CHECK(loss(-300, 0) == 0);
  CHECK(loss(300, 0) == 300);
  CHECK(loss(-300, 1) == 300);
}

TEST_CASE("mean squared and mean absolute error are their definitions, with no slope where they are 0") {
  Graph graph("errors");
  const Value y = graph.input("y", f32<4>), target = graph.input("target", f32<4>);
  const Value squared = mean_squared_error(y, target), absolute = mean_absolute_error(y, target);
  const Value slope = gradients(absolute, std::array{y})[0];
  const auto values = evaluate<double>(graph, leaves<double>(graph, {{"y", {1, 2, 3, -4}}, {"target", {1, 0, 6, -5}}}));
  CHECK(numbers<double>(values, squared)[0] == Approx((4 + 9 + 1) / 4.));
  CHECK(numbers<double>(values, absolute)[0] == Approx((2 + 3 + 1) / 4.));
  CHECK(numbers<double>(values, slope) == std::vector<double>{0, 0.25, -0.25, 0.25});
}
