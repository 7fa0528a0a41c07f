#include "compiler/gradients.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/optimizers.hpp"
#include "tests/derivative_law.hpp"
#include "tests/named_values.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/gelu.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/maximum.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/sum_to.hpp"
#include "vitrine/ops/where.hpp"

using namespace vitrine;

namespace {

/// The gradients of a loss with respect to x, at a point, in double.
std::vector<double> at(const Graph& graph, Value gradient, const Named& point) {
  return numbers<double>(evaluate<double>(graph, leaves<double>(graph, point)), gradient);
}

}  // namespace

TEST_CASE("the derivative of (x y + 5)^2 at x = 2, y = 3 is 66 in x and 44 in y") {
  Graph graph;
  const Value x = graph.input("x", {}), y = graph.input("y", {}), inner = x * y + 5.f;
  const Gradients d = gradients(inner * inner, std::array{x, y});
  const Named point{{"x", {2}}, {"y", {3}}};
  CHECK(at(graph, d[0], point) == std::vector<double>{66});
  CHECK(at(graph, d[1], point) == std::vector<double>{44});
}

TEST_CASE("a value that is read several times gets the sum of its gradients, in one n-ary node") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), y = 2.f * x, loss = sum(y + 3.f * y);
  const Value d = gradients(loss, std::array{x})[0];
  CHECK(at(graph, d, {{"x", {1, -2, 5}}}) == std::vector<double>{8, 8, 8});
  std::size_t accumulated = 0;
  for (Value v : graph.topological()) accumulated += v.op() && v.op()->name() == "accumulate";
  CHECK(accumulated == 1);
}

TEST_CASE("the loss's own gradient is 1, and a value's is of its type, names included") {
  const Axis batch{"batch", 2};
  Graph graph;
  const Value x = graph.input("x", {DType::f32, Shape{} << batch << Axis(3)}), bias = graph.input("bias", f32<3>);
  const Value loss = mean(x + bias);
  const Gradients d = gradients(loss, std::array{loss, x, bias});
  CHECK(at(graph, d[0], {{"x", {1, 2, 3, 4, 5, 6}}, {"bias", {0, 0, 0}}}) == std::vector<double>{1});
  CHECK(d[1].type() == x.type());
  CHECK(d[2].type() == bias.type());
  CHECK(at(graph, d[2], {{"x", {1, 2, 3, 4, 5, 6}}, {"bias", {0, 0, 0}}})[0] == Approx(1.0 / 3));
}

TEST_CASE("where two numbers tie in maximum, each gets half of the gradient") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), y = graph.input("y", f32<3>);
  const Gradients d = gradients(sum(maximum(x, y)), std::array{x, y});
  const Named point{{"x", {1, 2, 3}}, {"y", {2, 2, 2}}};
  CHECK(at(graph, d[0], point) == std::vector<double>{0, 0.5, 1});
  CHECK(at(graph, d[1], point) == std::vector<double>{1, 0.5, 0});
}

TEST_CASE("relu passes nothing back at 0 and below, not even from an infinite gradient") {
  Graph graph;
  const Value x = graph.input("x", f32<4>), g = graph.input("g", f32<4>);
  const Value d = gradients(sum(relu(x) * g), std::array{x})[0];
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(at(graph, d, {{"x", {-1, 0, 2, -3}}, {"g", {inf, inf, 5, 7}}}) == std::vector<double>{0, 0, 5, 0});
}

TEST_CASE("gelu can be differentiated three times, and each derivative is what differences say") {
  Graph graph = loss_of(Gelu{}, {f32<6>});
  for (std::uint32_t order = 1; order <= 3; ++order) {
    CAPTURE(order);
    REQUIRE(derivative_disagreement(graph, random_leaves(graph, order)) == "");
    graph = loss_of_gradients(graph);
  }
}

TEST_CASE("the second derivative of gelu has at most 60 nodes, because equal ones are made once") {
  Graph graph;
  const Value x = graph.input("x", f32<4>);
  const Value first = gradients(sum(gelu(x)), std::array{x})[0];
  gradients(sum(first), std::array{x});
  std::size_t nodes = 0;
  for (Value v : graph.topological()) nodes += v.op() != nullptr;
  CHECK(nodes <= 60);
}

TEST_CASE("a chain of y = x + f(x) makes as many nodes for every further link, forward, gradients and updates") {
  const auto nodes_at = [](int depth) {
    Graph forward("chain");
    Value y = forward.input("x", f32<4>);
    for (int i = 0; i < depth; ++i) y = y + gelu(y * forward.state("w" + std::to_string(i), f32<4>));
    forward.output("loss", sum(y));
    const Graph step = training_step(forward, Adam{});
    return std::pair(forward.topological().size(), step.topological().size());
  };
  const auto [forward8, step8] = nodes_at(8);
  const auto [forward16, step16] = nodes_at(16);
  const auto [forward32, step32] = nodes_at(32);
  CHECK(forward32 - forward16 == 2 * (forward16 - forward8));
  CHECK(step32 - step16 == 2 * (step16 - step8));
  CHECK(step32 < 32 * 80);
}

TEST_CASE("a loss that is no scalar is refused by name, with what to do") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), y = relu(x);
  CHECK(complaint<UsageError>([&] { gradients(y, std::array{x}); }) ==
        "gradients: the loss %1 = relu is f32[3], not a scalar f32[]; reduce it with mean(x) or sum(x)");
}

TEST_CASE("a parameter that the loss cannot reach is refused by name") {
  Graph graph("model");
  const Value x = graph.input("x", f32<3>);
  graph.state("used.weight", f32<3>);
  graph.state("forgotten.weight", f32<3>);
  graph.output("loss", sum(x * graph.find("used.weight")));
  const std::string said = complaint<UsageError>([&] { training_step(graph, Sgd{}); });
  CHECK_THAT(said, Catch::Contains("'forgotten.weight'") && !Catch::Contains("used.weight'"));
  CHECK_THAT(complaint<UsageError>([&] { training_step(graph, Sgd{}, std::array<std::string, 1>{"used.weight"}); }),
             Catch::Contains("'forgotten.weight'"));
  CHECK(training_step(graph, Sgd{}, std::array<std::string, 1>{"forgotten.weight"}).updates().size() == 1);
}

TEST_CASE("a parameter whose only way to the loss is a comparison is refused by name") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), threshold = graph.state("threshold", f32<3>);
  const Value loss = sum(where(greater(x, threshold), x, number(graph, 0)));
  CHECK_THAT(complaint<UsageError>([&] { gradients(loss, std::array{threshold}); }), Catch::Contains("'threshold'"));
}

TEST_CASE("a graph without a loss is refused with the graph's name") {
  Graph graph("silent model");
  graph.state("w", f32<3>);
  CHECK_THAT(complaint<UsageError>([&] { training_step(graph, Sgd{}); }),
             Catch::Contains("'silent model") && Catch::Contains("'loss'"));
}

TEST_CASE("gradient nodes know the forward node they belong to, and its module") {
  Graph graph;
  const Value x = graph.input("x", f32<3>);
  Value y;
  {
    const Graph::Scope scope(graph, "layer", Phase::forward);
    y = gelu(x);
  }
  gradients(sum(y), std::array{x});
  std::size_t found = 0;
  for (Value v : graph.topological()) {
    if (v.node().phase != Phase::gradient || v.node().origin != std::vector{y.id}) continue;
    CHECK(v.node().at.module == "layer");
    ++found;
  }
  CHECK(found >= 5);
}

// Training: a linear model y = x w with mean squared error, in the graph and by hand.
namespace {

constexpr std::size_t rows = 3, columns = 2;
const std::vector<double> xs{0.5, -1, 2, 0.25, -0.75, 1.5}, targets{1, -2, 0.5}, first_weight{0.3, -0.4};

Graph linear_model() {
  Graph graph("linear");
  const Value x = graph.input("x", f32<rows, columns>), target = graph.input("target", f32<rows, 1>);
  const Value w = graph.state("w", f32<columns, 1>), error = matmul(x, w) - target;
  graph.output("loss", mean(error * error));
  return graph;
}

std::vector<double> gradient_by_hand(const std::vector<double>& w) {
  std::vector<double> g(columns, 0.0);
  for (std::size_t r = 0; r < rows; ++r) {
    const double error = xs[r * columns] * w[0] + xs[r * columns + 1] * w[1] - targets[r];
    for (std::size_t c = 0; c < columns; ++c) g[c] += 2 * error * xs[r * columns + c] / rows;
  }
  return g;
}

/// The weight after each of `steps` training steps, by walking the graph in double and carrying its states over.
std::vector<std::vector<double>> trained(const Optimizer& optimizer, std::size_t steps) {
  const Graph graph = training_step(linear_model(), optimizer);
  Named states{{"x", xs}, {"target", targets}};
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::state)
      states.emplace_back(v.node().name,
                          v.node().name == "w" ? first_weight : std::vector<double>(v.type().shape.elements(), 0.0));
  std::vector<std::vector<double>> weights;
  for (std::size_t t = 0; t < steps; ++t) {
    const auto values = evaluate<double>(graph, leaves<double>(graph, states));
    for (const auto& [state, next] : graph.updates())
      for (auto& [name, held] : states)
        if (name == state.node().name) held = numbers<double>(values, next);
    for (const auto& [name, held] : states)
      if (name == "w") weights.push_back(held);
  }
  return weights;
}

double cosine(double rate, double steps, double t) {
  return rate * (1 + std::cos(3.14159265358979 * std::min(t, steps) / steps)) / 2;
}

/// `change(gradient, w, c, t)` by hand against the graph. f32 constants in the graph: six digits agree.
template <class Change> void check_against(const Optimizer& optimizer, Change change) {
  std::vector<double> w = first_weight;
  const auto made = trained(optimizer, 7);
  for (std::size_t t = 0; t < made.size(); ++t) {
    const std::vector<double> g = gradient_by_hand(w);
    for (std::size_t c = 0; c < columns; ++c) w[c] -= change(g[c], c, static_cast<double>(t));
    for (std::size_t c = 0; c < columns; ++c) {
      CAPTURE(t, c);
      REQUIRE(made[t][c] == Approx(w[c]).epsilon(1e-6));
    }
  }
}

}  // namespace

TEST_CASE("gradient descent takes the steps that a loop by hand takes") {
  check_against(Sgd{.rate = {.rate = 0.1f}}, [](double g, std::size_t, double) { return 0.1 * g; });
}

TEST_CASE("momentum takes the steps that a loop by hand takes") {
  std::vector<double> v(columns, 0.0);
  check_against(Sgd{.rate = {.rate = 0.05f}, .momentum = 0.9f},
                [&](double g, std::size_t c, double) { return 0.05 * (v[c] = 0.9 * v[c] + g); });
}

TEST_CASE("Adam takes the steps that a loop by hand takes, from the first, where its means are far from settled") {
  std::vector<double> m(columns, 0.0), v(columns, 0.0);
  const double beta1 = 0.9f, beta2 = 0.999f;  // as floats: at the first steps 1 - beta^t is nearly 0
  check_against(Adam{.rate = {.rate = 0.02f}}, [&](double g, std::size_t c, double t) {
    m[c] = beta1 * m[c] + (1 - beta1) * g;
    v[c] = beta2 * v[c] + (1 - beta2) * g * g;
    return 0.02 * (m[c] / (1 - std::pow(beta1, t + 1))) / (std::sqrt(v[c] / (1 - std::pow(beta2, t + 1))) + 1e-8);
  });
}

TEST_CASE("a cosine schedule ends at 0 and stays there") {
  check_against(Sgd{.rate = {.rate = 0.1f, .cosine_steps = 5}},
                [](double g, std::size_t, double t) { return cosine(0.1, 5, t) * g; });
  const auto weights = trained(Sgd{.rate = {.rate = 0.1f, .cosine_steps = 3}}, 6);
  CHECK(weights[2] != weights[1]);
  CHECK(weights[4][0] == Approx(weights[2][0]).epsilon(1e-7));
  CHECK(weights[5][0] == Approx(weights[2][0]).epsilon(1e-7));
}

TEST_CASE("a training step updates every parameter, its moments and the step number, each once") {
  const Graph graph = training_step(linear_model(), Adam{});
  std::vector<std::string> updated;
  for (const auto& [state, next] : graph.updates()) updated.push_back(state.node().name);
  std::sort(updated.begin(), updated.end());
  CHECK(updated == std::vector<std::string>{"adam.m:w", "adam.v:w", "optimizer.step", "w"});
}
