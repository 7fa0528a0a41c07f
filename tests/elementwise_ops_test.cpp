// What single elementwise ops promise at the edges of their numbers.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "tests/compiled_values.hpp"
#include "tests/named_values.hpp"
#include "vitrine/op_table.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity(),
                not_a_number = std::numeric_limits<float>::quiet_NaN();

/// A user's op that reads two masks: x where both are set, else 0.
struct WhereBoth : Elementwise<WhereBoth, 3> {
  static constexpr Doc doc{.name = "where_both", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{WhereBoth{}, std::array{boolean<3>, boolean<3>, f32<3>}}; }
  bool operator==(const WhereBoth&) const = default;
  static auto of(auto m, auto n, auto x) { return select(m, select(n, x, 0.f), 0.f); }
  constexpr Inferred type(Type, Type, Type x) const { return x; }
};

double first(const Graph& graph, const Named& at) {
  return numbers<float>(evaluate<float>(graph, leaves<float>(graph, at)), output_of(graph, "y")).at(0);
}

/// An op's value at one point.
template <class F> double value(F f, double x, double y) {
  Graph graph("value");
  const Value a = graph.input("x", Type{}), b = graph.input("y", Type{});
  const Value made = f(a, b);
  graph.output("y", made.type().dtype == DType::f32 ? made : cast<DType::f32>(made));
  return first(graph, {{"x", {x}}, {"y", {y}}});
}

}  // namespace

TEST_CASE("comparisons with NaN are false, and only not_equal is true") {
  for (const auto& [x, y] : {std::pair{not_a_number, 1.f}, {1.f, not_a_number}, {not_a_number, not_a_number}}) {
    CAPTURE(x, y);
    CHECK(value([](Value a, Value b) { return greater(a, b); }, x, y) == 0);
    CHECK(value([](Value a, Value b) { return greater_equal(a, b); }, x, y) == 0);
    CHECK(value([](Value a, Value b) { return less(a, b); }, x, y) == 0);
    CHECK(value([](Value a, Value b) { return less_equal(a, b); }, x, y) == 0);
    CHECK(value([](Value a, Value b) { return equal(a, b); }, x, y) == 0);
    CHECK(value([](Value a, Value b) { return not_equal(a, b); }, x, y) == 1);
  }
}

TEST_CASE("comparisons order numbers, infinities and equal zeros") {
  for (const auto& [x, y] : {std::pair{1., 2.}, {2., 1.}, {2., 2.}, {0., -0.}, {-1., HUGE_VAL}, {HUGE_VAL, HUGE_VAL}}) {
    CAPTURE(x, y);
    CHECK(value([](Value a, Value b) { return greater(a, b); }, x, y) == (x > y));
    CHECK(value([](Value a, Value b) { return greater_equal(a, b); }, x, y) == (x >= y));
    CHECK(value([](Value a, Value b) { return less(a, b); }, x, y) == (x < y));
    CHECK(value([](Value a, Value b) { return less_equal(a, b); }, x, y) == (x <= y));
    CHECK(value([](Value a, Value b) { return equal(a, b); }, x, y) == (x == y));
    CHECK(value([](Value a, Value b) { return not_equal(a, b); }, x, y) == (x != y));
  }
}

TEST_CASE("whole numbers are compared and chosen as they are, beyond 2^24 too") {
  Graph graph("whole");
  const Value n = graph.input("n", i32<3>), m = graph.input("m", i32<3>);
  const Value most = where(greater(n, m), n, m), same = equal(n, m), least = where(less_equal(n, m), n, m);
  const auto values = evaluate<float>(graph, leaves<float>(graph, {{"n", {16777217, -5, 7}}, {"m", {16777216, 4, 7}}}));
  CHECK(numbers<float>(values, most) == std::vector<double>{16777217, 4, 7});
  CHECK(numbers<float>(values, same) == std::vector<double>{0, 0, 1});
  CHECK(numbers<float>(values, least) == std::vector<double>{16777216, -5, 7});
}

TEST_CASE("logic on masks is its truth table") {
  const auto table = [](auto f) {
    std::vector<double> made;
    for (double x : {0., 1.})
      for (double y : {0., 1.})
        made.push_back(value([&](Value a, Value b) { return f(greater(a, 0.f), greater(b, 0.f)); }, x, y));
    return made;
  };
  CHECK(table([](Value a, Value b) { return logical_and(a, b); }) == std::vector<double>{0, 0, 0, 1});
  CHECK(table([](Value a, Value b) { return logical_or(a, b); }) == std::vector<double>{0, 1, 1, 1});
  CHECK(table([](Value a, Value b) { return logical_xor(a, b); }) == std::vector<double>{0, 1, 1, 0});
  CHECK(table([](Value a, Value) { return logical_not(a); }) == std::vector<double>{1, 1, 0, 0});
}

TEST_CASE("pow is what IEEE 754 says at zeros, infinities, negative bases and NaN") {
  const auto power = [](double x, double y) { return value([](Value a, Value b) { return pow(a, b); }, x, y); };
  constexpr double inf = HUGE_VAL;
  CHECK(power(0, 0) == 1);
  CHECK(power(not_a_number, 0) == 1);
  CHECK(power(1, not_a_number) == 1);
  CHECK(power(0, 2.5) == 0);
  CHECK(power(0, -1) == inf);
  CHECK(power(-0., -1) == -inf);
  CHECK(power(-0., -2) == inf);
  CHECK(std::signbit(power(-0., 3)));
  CHECK(power(-2, 3) == -8);
  CHECK(power(-2, -2) == 0.25);
  CHECK(std::isnan(power(-2, 0.5)));
  CHECK(std::isnan(power(2, not_a_number)));
  CHECK(std::isnan(power(not_a_number, 2)));
  CHECK(power(-inf, 3) == -inf);
  CHECK(power(-inf, 0.5) == inf);
  CHECK(power(-1, inf) == 1);
  CHECK(power(0.5, inf) == 0);
  CHECK(power(0.5, -inf) == inf);
  CHECK(power(-3, 16777216) == inf);  // every float from there on is even
  CHECK(power(10, 38) == 1e38f);
  CHECK(power(10, 39) == inf);
  CHECK(power(2, -149) == std::numeric_limits<float>::denorm_min());
  CHECK(power(2, -151) == 0);
}

TEST_CASE("the powers 1, 2 and -1 are the bits of x, x times x and 1 / x") {
  for (float x : {0.1f, -3.7f, 1e-30f, 7e18f, infinity, -0.f, 1e-42f}) {
    CAPTURE(x);
    CHECK(Float(math::power(x, 1.f)) == Float(x));
    CHECK(Float(math::power(x, 2.f)) == Float(x * x));
    CHECK(Float(math::power(x, -1.f)) == Float(1 / x));
  }
}

TEST_CASE("clamp keeps NaN, holds both ends, and lets the upper one win where they cross") {
  const auto clamped = [](double x, float low, float high) {
    return value([&](Value a, Value) { return clamp(a, low, high); }, x, 0);
  };
  CHECK(clamped(-7, -1, 2) == -1);
  CHECK(clamped(0.5, -1, 2) == 0.5);
  CHECK(clamped(HUGE_VAL, -1, 2) == 2);
  CHECK(std::isnan(clamped(not_a_number, -1, 2)));
  CHECK(clamped(0, 3, 1) == 1);
}

TEST_CASE("gelu by tanh is at most 0.0005 from gelu by erf") {
  double most = 0;
  for (double x = -8; x <= 8; x += 0.01)
    most = std::max(most, std::abs(value([](Value a, Value) { return gelu_tanh(a) - gelu(a); }, x, 0)));
  CHECK(most <= 0.0005);
  CHECK(most > 0.0001);  // they are two functions
}

TEST_CASE("softplus and log_softmax stay numbers where their textbook forms overflow or round to 0") {
  CHECK(value([](Value a, Value) { return softplus(a); }, 200, 0) == 200);
  CHECK(value([](Value a, Value) { return softplus(a); }, -50, 0) == Approx(std::exp(-50.)).epsilon(1e-5));
  Graph graph("log_softmax");
  const Value x = graph.input("x", f32<3>), y = log_softmax(x);
  graph.output("y", y);
  for (const Isa isa : all_isas()) {
    const auto got = compiled(graph, leaves<float>(graph, {{"x", {0, 1000, -1000}}}), isa)["y"];
    CHECK(got == std::vector<float>{-1000, 0, -2000});
  }
}

TEST_CASE("log_softmax, compiled, is the definition's logarithm of softmax, rows of size 1 and none included") {
  for (const Shape& shape : {shape_of<4, 7>, shape_of<3, 1>, shape_of<0, 5>, shape_of<2, 0>, shape_of<2, 3, 40>}) {
    Graph graph("rows");
    const Value x = graph.input("x", {DType::f32, shape});
    graph.output("y", log_softmax(x));
    std::vector<double> at(shape.elements());
    for (std::size_t i = 0; i < at.size(); ++i) at[i] = 6 * std::sin(static_cast<double>(i));
    const auto given_leaves = leaves<float>(graph, {{"x", at}});
    const auto wanted = floats(evaluate<float>(graph, given_leaves).at(output_of(graph, "y").id));
    for (const Isa isa : all_isas()) {
      const auto got = compiled(graph, given_leaves, isa)["y"];
      REQUIRE(got.size() == wanted.size());
      for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(wanted[i]).epsilon(1e-6));
    }
  }
}

TEST_CASE("a mask that is read beside a mask from outside is stored, and the step of their reader is right") {
  Graph graph("masks");
  const Value x = graph.input("x", f32<3>), outside = graph.input("outside", boolean<3>);
  graph.output("y", emit(WhereBoth{}, {greater(x, 0.f), outside, x}));
  Values<float> at = leaves<float>(graph, {{"x", {1, -2, 3}}});
  at[outside.id] = {std::byte{1}, std::byte{1}, std::byte{0}};
  CHECK(compiled(graph, at, best_isa())["y"] == std::vector<float>{1, 0, 0});
}
