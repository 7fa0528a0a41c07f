// Gradients where a function has a corner, a tie or a zero: the value that each op's page documents, in the reference
// and in the compiled program.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "compiler/gradients.hpp"
#include "tests/compiled_values.hpp"
#include "tests/named_values.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

/// dy/dx and dy/dy2 of f(x, y) at one point; an operand without a gradient has 0. Both readings must agree.
struct Slopes {
  double x = 0, y = 0;
  bool operator==(const Slopes&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Slopes& s) { return out << "dx " << s.x << ", dy " << s.y; }

template <class F> Slopes slopes(F f, double x, double y = 0) {
  Graph graph("slopes");
  const Value a = graph.input("x", Type{}), b = graph.input("y", Type{});
  const Value made = f(a, b);
  for (Value leaf : {a, b}) try {
      graph.output("d" + leaf.node().name, gradients(made, std::array{leaf})[0]);
    } catch (const UsageError&) {  // f does not read it, or is flat
    }
  const Named at{{"x", {x}}, {"y", {y}}};
  const auto defined = evaluate<double>(graph, leaves<double>(graph, at));
  auto got = compiled(graph, leaves<float>(graph, at), best_isa());
  Slopes found;
  for (const auto& [name, v] : graph.outputs()) {
    double& slope = name == "dx" ? found.x : found.y;
    slope = numbers<double>(defined, v)[0];
    const double narrow = got[name][0];
    CAPTURE(name, slope, narrow);
    CHECK((narrow == slope || std::abs(narrow - slope) < 1e-6 || (std::isnan(narrow) && std::isnan(slope))));
  }
  return found;
}

constexpr double inf = HUGE_VAL;

}  // namespace

TEST_CASE("where two operands tie, maximum and minimum give each half, and a number takes all") {
  for (double x : {-2., 0., 3.}) {
    CHECK(slopes([](Value a, Value b) { return maximum(a, b); }, x, x) == Slopes{0.5, 0.5});
    CHECK(slopes([](Value a, Value b) { return minimum(a, b); }, x, x) == Slopes{0.5, 0.5});
  }
  CHECK(slopes([](Value a, Value b) { return maximum(a, b); }, 0., -0.) == Slopes{0.5, 0.5});
  CHECK(slopes([](Value a, Value b) { return maximum(a, b); }, 2, 1) == Slopes{1, 0});
  CHECK(slopes([](Value a, Value b) { return minimum(a, b); }, 2, 1) == Slopes{0, 1});
  CHECK(slopes([](Value a, Value) { return maximum(a, 2.f); }, 2) == Slopes{0, 0});
  CHECK(slopes([](Value a, Value) { return minimum(a, 2.f); }, 2) == Slopes{0, 0});
}

TEST_CASE("the gradients of a tie of three sum to 1") {
  Graph graph("three");
  std::vector<Value> x;
  for (const char* name : {"a", "b", "c"}) x.push_back(graph.input(name, Type{}));
  const Gradients d = gradients(maximum(maximum(x[0], x[1]), x[2]), x);
  const auto values = evaluate<double>(graph, leaves<double>(graph, {{"a", {4}}, {"b", {4}}, {"c", {4}}}));
  CHECK(numbers<double>(values, d[0])[0] == 0.25);
  CHECK(numbers<double>(values, d[1])[0] == 0.25);
  CHECK(numbers<double>(values, d[2])[0] == 0.5);
}

TEST_CASE("functions with a corner at 0 have the slope there that their page says") {
  CHECK(slopes([](Value a, Value) { return relu(a); }, 0).x == 0);
  CHECK(slopes([](Value a, Value) { return abs(a); }, 0).x == 0);
  CHECK(slopes([](Value a, Value) { return abs(a); }, -0.).x == 0);
  CHECK(slopes([](Value a, Value) { return leaky_relu<0.25f>(a); }, 0).x == 0.25);
  CHECK(slopes([](Value a, Value) { return leaky_relu<0.25f>(a); }, -3).x == 0.25);
  CHECK(slopes([](Value a, Value) { return leaky_relu<0.25f>(a); }, 3).x == 1);
}

TEST_CASE("clamp passes a gradient between its ends, and none at them or outside") {
  const auto at = [](double x) { return slopes([](Value a, Value) { return clamp(a, -1.f, 2.f); }, x).x; };
  CHECK(at(-1.5) == 0);
  CHECK(at(-1) == 0);
  CHECK(at(0) == 1);
  CHECK(at(2) == 0);
  CHECK(at(5) == 0);
}

TEST_CASE("smooth functions have their true slope at 0") {
  CHECK(slopes([](Value a, Value) { return softplus(a); }, 0).x == Approx(0.5));
  CHECK(slopes([](Value a, Value) { return sigmoid(a); }, 0).x == Approx(0.25));
  CHECK(slopes([](Value a, Value) { return silu(a); }, 0).x == Approx(0.5));
  CHECK(slopes([](Value a, Value) { return gelu(a); }, 0).x == Approx(0.5));
  CHECK(slopes([](Value a, Value) { return gelu_tanh(a); }, 0).x == Approx(0.5));
}

TEST_CASE("a power's slopes at 0 are finite where they exist, and 0 where the power is a number 0") {
  const auto by_number = [](double x, float y) { return slopes([&](Value a, Value) { return pow(a, y); }, x).x; };
  CHECK(by_number(0, 1) == 1);
  CHECK(by_number(0, 1.5) == 0);
  CHECK(by_number(0, 2) == 0);
  CHECK(by_number(0, 3) == 0);
  CHECK(by_number(0, 0) == 0);
  CHECK(by_number(0, 0.5) == inf);
  CHECK(by_number(-2, 3) == 12);
  const auto both = [](double x, double y) { return slopes([](Value a, Value b) { return pow(a, b); }, x, y); };
  CHECK(both(0, 2) == Slopes{0, 0});
  CHECK(both(0, 1) == Slopes{1, 0});
  CHECK(both(0, 0) == Slopes{0, 0});
  CHECK(both(3, 0).x == 0);
  CHECK(both(3, 0).y == Approx(std::log(3)));
  CHECK(both(-2, 2).x == -4);
  CHECK(std::isnan(both(-2, 2).y));
  CHECK(slopes([](Value, Value b) { return pow(2.f, b); }, 0, 3).y == Approx(8 * std::log(2)));
  CHECK(slopes([](Value, Value b) { return pow(0.f, b); }, 0, 3).y == 0);
}

TEST_CASE("the slope of sqrt at 0 is infinite, and finite with a small number added") {
  CHECK(slopes([](Value a, Value) { return sqrt(a); }, 0).x == inf);
  CHECK(slopes([](Value a, Value) { return sqrt(a * a + 1e-6f); }, 0).x == 0);
}

TEST_CASE("where hands the side it does not take a gradient of 0, which a step before may still turn into NaN") {
  for (double bad : {inf, -inf, static_cast<double>(NAN)}) {
    const auto chosen = slopes([](Value a, Value b) { return where(greater(a, 0.f), a * a, b * b); }, 3, bad);
    CHECK(chosen.x == 6);
    // b * b is handed a 0 and multiplies it by b: the choice belongs before what may be infinite.
    CHECK(std::isnan(chosen.y));
    CHECK(slopes([](Value a, Value b) { return where(greater(a, 0.f), a, b); }, 3, bad) == Slopes{1, 0});
  }
}

TEST_CASE("binary cross entropy's slope is p - t everywhere, at a logit of 0 and far from it too") {
  const auto loss = [](Value z, Value t) { return emit(BinaryCrossEntropy{}, {z, t}); };
  for (double t : {0., 0.3, 1.})
    for (double z : {-90., -20., -1., 0., 1., 20., 90.}) {
      CAPTURE(z, t);
      CHECK(slopes(loss, z, t).x == Approx(1 / (1 + std::exp(-z)) - t).margin(1e-12));
    }
  // A slope too small for 1 - p to hold: it is not rounded to 0.
  CHECK(slopes(loss, 20, 1).x == Approx(-1 / (1 + std::exp(20.))).epsilon(1e-6));
  CHECK(slopes([&](Value z, Value t) { return gradients(loss(z, t), std::array{z})[0]; }, 0, 1).x == Approx(0.25));
}

TEST_CASE("log_softmax of equal numbers shares the gradient out evenly") {
  Graph graph("equal");
  const Value x = graph.input("x", f32<4>), seed = graph.input("seed", f32<4>);
  const Value d = gradients(sum(log_softmax(x) * seed), std::array{x})[0];
  const auto values = evaluate<double>(graph, leaves<double>(graph, {{"x", {5, 5, 5, 5}}, {"seed", {1, 0, 0, 0}}}));
  CHECK(numbers<double>(values, d) == std::vector<double>{0.75, -0.25, -0.25, -0.25});
}

TEST_CASE("of equal numbers in a window of max_pool2d the first, row by row, gets the whole gradient") {
  // Windows of 2 x 2: all equal; the largest twice, at the top right and the bottom left; zeros of both signs; one NaN
  // behind another.
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Graph graph("windows");
  const Value x = graph.input("x", f32<1, 2, 8, 1>), seed = graph.input("seed", f32<1, 1, 4, 1>);
  graph.output("d", gradients(sum(max_pool2d<Extent{2, 2}>(x) * seed), std::array{x})[0]);
  const Named at{{"x", {5, 5, 1, 7, -0., 0, 3, nan, 5, 5, 7, 2, -1, 0, nan, 9}}, {"seed", {1, 2, 3, 4}}};
  const std::vector<double> wanted{1, 0, 0, 2, 3, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0};
  CHECK(numbers<double>(evaluate<double>(graph, leaves<double>(graph, at)), output_of(graph, "d")) == wanted);
  for (const Isa isa : all_isas()) {
    const auto got = compiled(graph, leaves<float>(graph, at), isa)["d"];
    CHECK(std::vector<double>(got.begin(), got.end()) == wanted);
  }
}
