// compiler/NUMERICS.md, sentence by sentence: each names its test here or beside.
#include <set>

#include "compiler/gradients.hpp"
#include "compiler/op_table.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
#include "runtime/gemm.hpp"
#include "tests/numbers_everywhere.hpp"
#include "tests/scratch.hpp"
#include "vitrine/error.hpp"
#include "vitrine/looks.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using namespace vitrine::every_way;
using Catch::Contains;

namespace {

#define CHECK_SAME(made, ...)          \
  do {                                 \
    const Numbers got_ = made;         \
    const Numbers wanted_ __VA_ARGS__; \
    CAPTURE(got_, wanted_);            \
    CHECK(same(got_, wanted_));        \
  } while (false)

std::vector<float> floats(std::span<const std::byte> bytes) {
  std::vector<float> made(bytes.size() / sizeof(float));
  std::memcpy(made.data(), bytes.data(), bytes.size());
  return made;
}
bool all_nan(const Numbers& x) {
  return std::ranges::all_of(x, [](double v) { return std::isnan(v); });
}

/// The gradient of the sum of what a function makes, for its first operand.
template <class F> auto slope(F function) {
  return [=](const auto&... in) {
    const std::vector<Value> all{in...};
    return gradients(sum(function(in...)), std::array{all[0]})[0];
  };
}

}  // namespace

// ---- NaN

TEST_CASE("numerics: every elementwise op hands a NaN on, but comparisons, where and pow") {
  const std::set<std::string_view> others{"greater", "greater_equal", "equal", "where", "pow", "when_training"};
  std::size_t seen = 0;
  for (const OpInfo* info : every_op()) {
    if (!info->elementwise() || others.contains(info->doc.name)) continue;
    const ErasedExample example = info->example();
    // (when_training is a choice between its operands, made by a pass.)
    const bool numbers_only = std::ranges::all_of(example.in, [](const Type& t) { return t.dtype == DType::f32; });
    if (!numbers_only) continue;
    for (std::size_t bad = 0; bad < example.in.size(); ++bad) {
      std::vector<Given> given;
      for (const Type& t : example.in) given.push_back({t, Numbers(t.shape.elements(), 0.5)});
      given[bad].elements[0] = not_a_number;
      const Numbers y = computed(given, [&](const std::vector<Value>& in) { return in[0].graph->add(example.op, in); });
      CAPTURE(info->doc.name, bad, y);
      CHECK(std::isnan(y.front()));
      CHECK((given[bad].elements.size() == 1 || !std::isnan(y.back())));
      ++seen;
    }
  }
  CHECK(seen >= 20);
}

TEST_CASE("numerics: maximum, minimum, relu and clamp of NaN are NaN") {
  CHECK_SAME(of({not_a_number, 1, not_a_number}, {1, not_a_number, not_a_number},
                [](Value a, Value b) { return maximum(a, b); }),
             {not_a_number, not_a_number, not_a_number});
  CHECK_SAME(of({not_a_number, 1, not_a_number}, {1, not_a_number, not_a_number},
                [](Value a, Value b) { return minimum(a, b); }),
             {not_a_number, not_a_number, not_a_number});
  CHECK_SAME(of({not_a_number, -1}, [](Value a) { return relu(a); }), {not_a_number, 0});
  CHECK_SAME(of({not_a_number, 3}, [](Value a) { return clamp(a, -1.f, 2.f); }), {not_a_number, 2});
}

TEST_CASE("numerics: a reduction of NaN and numbers is NaN, and the others are not") {
  for (const std::size_t columns : {2u, 5u, 70u}) {
    Numbers x(2 * columns, 1);
    x[columns - 1] = not_a_number;
    const auto rows = [&](auto function) {
      return computed({matrix_of(2, x)}, [&](const std::vector<Value>& in) { return function(in[0]); });
    };
    const auto count = static_cast<double>(columns);
    CHECK_SAME(rows([](Value v) { return sum<1>(v); }), {not_a_number, count});
    CHECK_SAME(rows([](Value v) { return mean<1>(v); }), {not_a_number, 1});
    CHECK_SAME(rows([](Value v) { return max<1>(v); }), {not_a_number, 1});
    CHECK_SAME(rows([](Value v) { return min<1>(v); }), {not_a_number, 1});
    CHECK_SAME(rows([](Value v) { return variance<1>(v); }), {not_a_number, 0});
    Numbers columns_wanted(columns, 1);
    columns_wanted.back() = not_a_number;
    const Numbers down = rows([](Value v) { return max<0>(v); });
    CHECK(same(down, columns_wanted));
  }
}

TEST_CASE("numerics: max_pool2d of a window with NaN is NaN") {
  const Given image{{DType::f32, shape_of<1, 2, 4, 1>}, {1, not_a_number, 3, 4, 5, 6, 7, 8}};
  CHECK_SAME(computed({image},
                      [](const std::vector<Value>& in) {
                        return max_pool2d<Extent{2, 2}>(in[0]);
                      }),
             {not_a_number, 8});
}

TEST_CASE("numerics: argmax takes the first NaN, and of equals the first") {
  const auto place = [](Numbers x) { return of(std::move(x), [](Value v) { return argmax(v); })[0]; };
  CHECK(place({1, 7, 7}) == 1);
  CHECK(place({-0., 0, -0.}) == 0);
  CHECK(place({9, not_a_number, inf, not_a_number}) == 1);
  CHECK(place({-inf, -inf}) == 0);
}

TEST_CASE("numerics: comparisons with NaN are false, and not_equal is true") {
  const Numbers x{not_a_number, 1, not_a_number}, y{1, not_a_number, not_a_number};
  CHECK_SAME(of(x, y, [](Value a, Value b) { return greater(a, b); }), {0, 0, 0});
  CHECK_SAME(of(x, y, [](Value a, Value b) { return greater_equal(a, b); }), {0, 0, 0});
  CHECK_SAME(of(x, y, [](Value a, Value b) { return less(a, b); }), {0, 0, 0});
  CHECK_SAME(of(x, y, [](Value a, Value b) { return less_equal(a, b); }), {0, 0, 0});
  CHECK_SAME(of(x, y, [](Value a, Value b) { return equal(a, b); }), {0, 0, 0});
  CHECK_SAME(of(x, y, [](Value a, Value b) { return not_equal(a, b); }), {1, 1, 1});
}

TEST_CASE("numerics: where takes the side it chooses and nothing of the other") {
  CHECK_SAME(of({1, -1, 0}, [](Value x) { return where(greater(x, 0.f), log(x), 0.f); }), {0, 0, 0});
  CHECK_SAME(of({1, -1}, {not_a_number, inf}, [](Value x, Value y) { return where(greater(x, 0.f), x, y); }), {1, inf});
  CHECK_SAME(of({1, -1}, {not_a_number, inf}, slope([](Value x, Value y) { return where(greater(x, 0.f), x, y); })),
             {1, 0});
}

TEST_CASE("numerics: x to the power of 0 and 1 to the power of y are 1, of NaN too") {
  CHECK_SAME(of({not_a_number, 1, not_a_number, 0, inf, -0.}, {0, not_a_number, 1, 0, 0, 0},
                [](Value x, Value y) { return pow(x, y); }),
             {1, 1, not_a_number, 1, 1, 1});
  CHECK_SAME(of({not_a_number, -3, 0}, [](Value x) { return pow(x, 0.f); }), {1, 1, 1});
}

TEST_CASE("numerics: a zero does not hide what it is multiplied with") {
  CHECK_SAME(of({inf, -inf, not_a_number}, [](Value x) { return x * 0.f; }),
             {not_a_number, not_a_number, not_a_number});
  const auto product = [](std::vector<Given> given) {
    return computed(given, [](const std::vector<Value>& in) { return matmul(in[0], in[1]); });
  };
  CHECK_SAME(product({matrix_of(2, {0, 1, 1, 1}), matrix_of(2, {not_a_number, 1, 2, 3})}),
             {not_a_number, 3, not_a_number, 4});
  CHECK_SAME(product({matrix_of(1, {0, 1}), matrix_of(2, {inf, 1, 2, 3})}), {not_a_number, 3});
}

TEST_CASE("numerics: a NaN in a row makes softmax, log_softmax, cross entropy and row_norm of that row NaN") {
  Numbers x(3 * 40, 0.5);
  x[40 + 17] = not_a_number;
  const auto rows_of = [&](auto function) {
    const Numbers y = computed(
        {matrix_of(3, x)}, [&](const std::vector<Value>& in) { return function(in[0]); }, Agree::everywhere);
    std::size_t right = 0;
    for (std::size_t i = 0; i < y.size(); ++i) right += std::isnan(y[i]) == (i * 3 / y.size() == 1);
    CHECK(right == y.size());
  };
  rows_of([](Value v) { return softmax(v); });
  rows_of([](Value v) { return log_softmax(v); });
  rows_of([](Value v) { return emit(RowNorm<true>{1e-5f}, {v}); });
  const Numbers loss = computed(
      {matrix_of(3, x), whole({0, 0, 39})},
      [](const std::vector<Value>& in) {
        return emit(CrossEntropy{}, {in[0], in[1]});
      },
      Agree::everywhere);
  CHECK_FALSE(std::isnan(loss[0]));
  CHECK(std::isnan(loss[1]));
  CHECK_FALSE(std::isnan(loss[2]));
}

TEST_CASE("numerics: softmax gives -infinity nothing, and a row of nothing else, or with infinity, is NaN") {
  const auto rows = [](Numbers x) {
    return computed({matrix_of(2, std::move(x))}, [](const std::vector<Value>& in) { return softmax(in[0]); });
  };
  CHECK_SAME(rows({-inf, 2, -inf, 2, 1, -inf, -inf, -inf}), {0, 0.5, 0, 0.5, 1, 0, 0, 0});
  CHECK(all_nan(rows({-inf, -inf, inf, 1})));
}

TEST_CASE("numerics: attention sees nothing of the keys and values that a query may not look at") {
  // Three queries, causal: what comes later holds NaN, infinity and numbers that overflow.
  constexpr std::size_t time = 70, width = 2;
  Numbers q(time * width, 0.25), k = q, v(time * width, 1);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<double>(i % 5);
  const auto outputs = [&] {
    const Type type{DType::f32, shape_of<1, 1, Axis(time), Axis(width)>};
    return computed(
        {{type, q}, {type, k}, {type, v}},
        [](const std::vector<Value>& in) { return attention<causal>(in[0], in[1], in[2]); }, Agree::on_each_isa);
  };
  const Numbers before = outputs();
  for (const std::size_t from : {1u, 2u, 40u, 65u}) {
    const Numbers clean_k = k, clean_v = v;
    for (std::size_t i = from * width; i < v.size(); ++i)
      k[i] = i % 2 ? not_a_number : inf, v[i] = i % 2 ? inf : not_a_number;
    const Numbers after = outputs();
    std::size_t equal = 0;
    for (std::size_t i = 0; i < from * width; ++i) equal += same(before[i], after[i]);
    CAPTURE(from);
    CHECK(equal == from * width);
    CHECK(std::isnan(after[from * width]));
    k = clean_k, v = clean_v;
  }
}

TEST_CASE("numerics: no pass takes a NaN or an infinity away") {
  const Numbers x{not_a_number, inf, -inf, 0, 2};
  CHECK_SAME(of(x, [](Value v) { return v - v; }), {not_a_number, not_a_number, not_a_number, 0, 0});
  CHECK_SAME(of(x, [](Value v) { return v / v; }), {not_a_number, not_a_number, not_a_number, not_a_number, 1});
  CHECK_SAME(of(x, [](Value v) { return v * 0.f; }), {not_a_number, not_a_number, not_a_number, 0, 0});
  CHECK_SAME(of(x, [](Value v) { return 0.f / v; }), {not_a_number, 0, -0., not_a_number, 0});
  CHECK_SAME(of(x, [](Value v) { return maximum(v, -HUGE_VALF); }), {not_a_number, inf, -inf, 0, 2});
  CHECK_SAME(of(x, [](Value v) { return minimum(v, HUGE_VALF); }), {not_a_number, inf, -inf, 0, 2});
  CHECK_SAME(of(x, [](Value v) { return equal(v, v); }), {0, 1, 1, 1, 1});
}

// ---- Infinity

TEST_CASE("numerics: overflow and division by zero are infinite, and what has no value is NaN") {
  CHECK_SAME(of({3e38, -3e38}, {10, 10}, [](Value x, Value y) { return x * y; }), {inf, -inf});
  CHECK_SAME(of({1, -1, 1, 0, 0, inf, inf}, {0, 0, -0., 0, -0., inf, 2}, [](Value x, Value y) { return x / y; }),
             {inf, -inf, -inf, not_a_number, not_a_number, not_a_number, inf});
  CHECK_SAME(of({inf, inf, 1}, {inf, -inf, inf}, [](Value x, Value y) { return x - y; }), {not_a_number, inf, -inf});
  CHECK_SAME(of({0, -0., -1, inf, -inf}, [](Value x) { return log(x); }),
             {-inf, -inf, not_a_number, inf, not_a_number});
  CHECK_SAME(of({0, -0., -1, inf, -inf}, [](Value x) { return sqrt(x); }), {0, -0., not_a_number, inf, not_a_number});
  CHECK_SAME(of({89, -200, inf, -inf}, [](Value x) { return exp(x); }), {inf, 0, inf, 0});
  CHECK_SAME(of({inf, -inf}, [](Value x) { return sin(x); }), {not_a_number, not_a_number});
  CHECK_SAME(of({inf, -inf}, [](Value x) { return tanh(x); }), {1, -1});
}

TEST_CASE("numerics: of no numbers the sum is 0, the product of matrices 0, the maximum -infinity, the mean NaN") {
  const auto nothing = [](auto function) {
    return computed({{{DType::f32, shape_of<2, 0>}, {}}},
                    [&](const std::vector<Value>& in) { return function(in[0]); });
  };
  CHECK_SAME(nothing([](Value x) { return sum<1>(x); }), {0, 0});
  CHECK_SAME(nothing([](Value x) { return max<1>(x); }), {-inf, -inf});
  CHECK_SAME(nothing([](Value x) { return mean<1>(x); }), {not_a_number, not_a_number});
  CHECK_SAME(nothing([](Value x) { return variance<1>(x); }), {not_a_number, not_a_number});
  CHECK_SAME(nothing([](Value x) { return matmul(x, transpose(x)); }), {0, 0, 0, 0});
  CHECK(nothing([](Value x) { return sum<0>(x); }).empty());
}

// ---- Signed zero

TEST_CASE("numerics: +0 is larger than -0, and relu, abs, max and sum of -0 are +0") {
  CHECK_SAME(of({0, -0., -0.}, {-0., 0, -0.}, [](Value x, Value y) { return maximum(x, y); }), {0, 0, -0.});
  CHECK_SAME(of({0, -0., 0}, {-0., 0, 0}, [](Value x, Value y) { return minimum(x, y); }), {-0., -0., 0});
  CHECK_SAME(of({-0., -2}, [](Value x) { return relu(x); }), {0, 0});
  CHECK_SAME(of({-0.}, [](Value x) { return abs(x); }), {0});
  for (const std::size_t count : {1u, 2u, 40u}) {
    Numbers zeros(count, -0.);
    CHECK_SAME(of(zeros, [](Value x) { return sum(x); }), {0});
    CHECK_SAME(of(zeros, [](Value x) { return mean(x); }), {0});
    CHECK_SAME(of(zeros, [](Value x) { return max(x); }), {-0.});
    zeros.back() = 0;
    CHECK_SAME(of(zeros, [](Value x) { return max(x); }), {0});
  }
}

TEST_CASE("numerics: max_pool2d keeps the sign of the first zero of its window") {
  const auto pooled = [](double a, double b) {
    return computed({{{DType::f32, shape_of<1, 1, 2, 1>}, {a, b}}}, [](const std::vector<Value>& in) {
      return max_pool2d<Extent{1, 2}>(in[0]);
    });
  };
  CHECK_SAME(pooled(-0., 0), {-0.});
  CHECK_SAME(pooled(0, -0.), {0});
}

TEST_CASE("numerics: the zeros compare as equal, and 1 over -0 is -infinity") {
  CHECK_SAME(of({0, -0.}, {-0., 0}, [](Value x, Value y) { return equal(x, y); }), {1, 1});
  CHECK_SAME(of({0, -0.}, {-0., 0}, [](Value x, Value y) { return greater(x, y); }), {0, 0});
  CHECK_SAME(of({-0.}, [](Value x) { return 1.f / x; }), {-inf});
  CHECK_SAME(of({-0., 0}, [](Value x) { return cast<DType::boolean>(x); }), {0, 0});
  CHECK_SAME(of({-0., 0}, [](Value x) { return tanh(x); }), {-0., 0});
  CHECK_SAME(of({-0., 0}, [](Value x) { return -x; }), {0, -0.});
}

TEST_CASE("numerics: passes keep the sign of zero: x + 0, 0 - x and sums of one number are what they say") {
  CHECK_SAME(of({-0., 0}, [](Value x) { return x + 0.f; }), {0, 0});
  CHECK_SAME(of({-0., 0}, [](Value x) { return x - 0.f; }), {-0., 0});
  CHECK_SAME(of({-0., 0}, [](Value x) { return 0.f - x; }), {0, 0});
  CHECK_SAME(of({-0., 0}, [](Value x) { return x * 1.f; }), {-0., 0});
  CHECK_SAME(of({-0., 0}, [](Value x) { return x * -1.f; }), {0, -0.});
  CHECK_SAME(of({-0., 0}, [](Value x) { return -(-x); }), {-0., 0});
  const Given column{{DType::f32, shape_of<2, 1>}, {-0., 0}};
  CHECK_SAME(computed({column}, [](const std::vector<Value>& in) { return sum<1>(in[0]); }), {0, 0});
  CHECK_SAME(of({-0.}, {-0.}, [](Value x, Value y) { return accumulate(std::array{x, y}); }), {-0.});
}

// ---- Subnormals

TEST_CASE("numerics: subnormal numbers are computed with, and none is taken for 0") {
  CHECK_SAME(of({0x1p-126, 3 * least, -least}, [](Value x) { return x * 0.5f; }), {0x1p-127, 2 * least, -0.});
  CHECK_SAME(of({0x1.8p-126}, {0x1p-126}, [](Value x, Value y) { return x - y; }), {0x1p-127});
  CHECK_SAME(of({least, 0}, [](Value x) { return greater(x, 0.f); }), {1, 0});
  CHECK_SAME(of({least, -least}, [](Value x) { return cast<DType::boolean>(x); }), {1, 1});
  CHECK_SAME(of({least, least, least}, [](Value x) { return sum(x); }), {3 * least});
  CHECK_SAME(of({least}, [](Value x) { return x * 1.f; }), {least});
  CHECK_SAME(of({0x1p-140}, [](Value x) { return sqrt(x); }), {0x1p-70});
  const auto product = computed({matrix_of(1, {0x1p-100, 0x1p-100}), matrix_of(2, {0x1p-40, 0x1p-45})},
                                [](const std::vector<Value>& in) { return matmul(in[0], in[1]); });
  CHECK_SAME(product, {0x1p-140 + 0x1p-145});
}

TEST_CASE("numerics: a moment that falls below the smallest normal number becomes 0, and a NaN in one stays") {
  for (const Optimizer& optimizer : {Optimizer(Adam{}), Optimizer(AdamW{}), Optimizer(Sgd{.momentum = 0.9f})}) {
    Graph forward("forward");
    const Value w = forward.state("w", f32<4>), x = forward.input("x", f32<4>);
    forward.output("loss", sum(w * x));
    const Graph step = training_step(forward, optimizer);
    for (const Isa isa : all_isas()) {
      Graph graph(step);
      optimize(graph);
      Pool pool(1);
      States states(1);
      Program program(compile(graph, CpuTarget(isa)), states, pool, isa);
      const std::vector<float> gradient(4, 0),
          begin{0x1p-125f, -0x1p-125f, -std::numeric_limits<float>::quiet_NaN(), 1};
      program.bind_input("x", gradient.data());
      for (const std::string& name : states.names())
        if (name.find(':') != name.npos) states.set(name, std::as_bytes(std::span(begin)));
      const auto moments = [&](const std::string& kind) { return floats(states.bytes(kind + ":w")); };
      const bool adam = states.contains("adam.m:w");
      const std::string first = adam ? "adam.m" : "momentum";
      program.run();
      CHECK(moments(first)[0] == 0.9f * 0x1p-125f);  // still normal
      for (int i = 0; i < 20; ++i) program.run();
      CHECK(moments(first)[0] == 0);
      CHECK(moments(first)[1] == 0);
      CHECK(std::isnan(moments(first)[2]));
      CHECK(moments(first)[3] > 0.05f);
      if (!adam) continue;
      CHECK(moments("adam.v")[0] > 0);
      for (int i = 0; i < 700; ++i) program.run();
      CHECK(moments("adam.v")[0] == 0);
      CHECK(std::isnan(moments("adam.v")[2]));
    }
  }
}

// ---- Ties

TEST_CASE("numerics: at a tie the gradient goes in equal shares to maximum and max, and to the first of max_pool2d") {
  CHECK_SAME(of({2, 1}, {2, 3}, slope([](Value x, Value y) { return maximum(x, y); })), {0.5, 0});
  CHECK_SAME(of({2, 1}, {2, 3}, slope([](Value x, Value y) { return minimum(x, y); })), {0.5, 1});
  CHECK_SAME(of({3, 3, 1, 3, 3}, slope([](Value x) { return max(x); })), {0.25, 0.25, 0, 0.25, 0.25});
  const Given image{{DType::f32, shape_of<1, 2, 2, 1>}, {1, 4, 4, 4}};
  CHECK_SAME(computed({image},
                      [](const std::vector<Value>& in) {
                        return gradients(sum(max_pool2d<Extent{2, 2}>(in[0])), std::array{in[0]})[0];
                      }),
             {0, 1, 0, 0});
}

TEST_CASE("numerics: relu, abs and clamp have the slope 0 at their corners") {
  CHECK_SAME(of({0, -0., 1}, slope([](Value x) { return relu(x); })), {0, 0, 1});
  CHECK_SAME(of({-1, 2, 0}, slope([](Value x) { return clamp(x, -1.f, 2.f); })), {0, 0, 1});
  const Numbers bend = of({0, 1, -1}, slope([](Value x) { return abs(x); }));
  CHECK(bend[0] == 0);
  CHECK(bend[1] == 1);
  CHECK(bend[2] == -1);
}

// ---- Rounding

TEST_CASE("numerics: elementwise work is rounded op by op, without fused multiply-adds") {
  // x * x is 1 + 2^-11 + 2^-24, of which f32 keeps 1 + 2^-11: a fused subtraction would leave 2^-24.
  CHECK_SAME(of({1 + 0x1p-12}, {1 + 0x1p-11}, [](Value x, Value y) { return x * x - y; }), {0});
  CHECK_SAME(of({1 + 0x1p-12}, {1}, [](Value x, Value y) { return relu(x * x + y) - 2.f; }), {0x1p-11});
}

TEST_CASE("numerics: products fuse their multiply-adds with AVX2 and AVX-512, and round twice without") {
  const Numbers row{1 + 0x1p-11, 1 + 0x1p-12}, column{-1, 1 + 0x1p-12};
  for (const Isa isa : all_isas()) {
    Graph graph("product");
    graph.output("y", matmul(graph.input("a", f32<1, 2>), graph.input("b", f32<2, 1>)));
    Pool pool(1);
    States states;
    Program program(compile(graph, CpuTarget(isa, Provider::own)), states, pool, isa);
    const std::vector<float> a(row.begin(), row.end()), b(column.begin(), column.end());
    program.bind_input("a", a.data());
    program.bind_input("b", b.data());
    program.run();
    float y = 1;
    std::memcpy(&y, program.output("y").data(), sizeof y);
    CAPTURE(name_of(isa));
    CHECK(y == (isa == Isa::portable ? 0.f : 0x1p-24f));
  }
}

TEST_CASE("numerics: a constant is f32 in every reading, in double too") {
  Graph graph("constant");
  const Value x = graph.input("x", Type{}), y = x * 0.1f;
  const auto values = evaluate<double>(graph, leaves<double>(graph, {{"x", {1}}}));
  CHECK(numbers<double>(values, y)[0] == static_cast<double>(0.1f));
}

TEST_CASE("numerics: accumulate, cumulative_sum and scatter_add add one after the other, in the order given") {
  const Numbers x{0x1p24, 1, 1, -0x1p24};  // 2^24 + 1 is 2^24: another order would make 2
  CHECK_SAME(of(x, [](Value v) { return cumulative_sum<0>(v); }), {0x1p24, 0x1p24, 0x1p24, 0});
  CHECK_SAME(computed({vector_of({0x1p24}), vector_of({1}), vector_of({1}), vector_of({-0x1p24})},
                      [](const std::vector<Value>& in) { return accumulate(in); }),
             {0});
  const auto scattered = [](Numbers numbers, Numbers index) {
    return computed({vector_of(std::move(numbers)), whole(std::move(index))}, [](const std::vector<Value>& in) {
      return emit(ScatterAdd{0, Axis(2)}, {in[0], in[1]});
    });
  };
  CHECK_SAME(scattered(x, {1, 1, 1, 1}), {0, 0});
  CHECK_SAME(scattered({1, 1, 0x1p24, -0x1p24}, {1, 1, 1, 1}), {0, 2});
  CHECK_SAME(scattered({1, 2, 4, 8}, {1, 0, 1, 0}), {10, 5});
}

TEST_CASE("numerics: a sum is added in 32 lanes of a row, so a long one keeps what one after the other would lose") {
  // 2^24 and then ones: one after the other none of them counts; in lanes only those that meet 2^24 are lost.
  Numbers x(32 * 64, 1);
  x[0] = 0x1p24;
  const double total = computed(
      {vector_of(x)}, [](const std::vector<Value>& in) { return sum(in[0]); }, Agree::everywhere)[0];
  CHECK(total == 0x1p24 + 31 * 64);
}

// ---- Casts and whole numbers

TEST_CASE("numerics: from f32 to i32 goes towards 0, to the nearest end beyond the range, and to 0 from NaN") {
  CHECK_SAME(of({2.9, -2.9, -0.5, 3e9, -3e9, inf, -inf, not_a_number, 2147483520, 0x1p31, -0x1p31},
                [](Value x) { return cast<DType::i32>(x); }),
             {2, -2, 0, 2147483647, -2147483648., 2147483647, -2147483648., 0, 2147483520, 2147483647, -2147483648.});
}

TEST_CASE("numerics: from i32 to f32 is the nearest, of two the even one") {
  CHECK_SAME(computed({whole({16777217, 16777219, -16777217, 2147483647})},
                      [](const std::vector<Value>& in) { return cast<DType::f32>(in[0]); }),
             {16777216, 16777220, -16777216, 2147483648});
}

TEST_CASE("numerics: as a mask all is true that is not 0, NaN and infinity too, and a mask is 0 and 1") {
  CHECK_SAME(of({0, -0., 0.25, -3, inf, not_a_number}, [](Value x) { return cast<DType::boolean>(x); }),
             {0, 0, 1, 1, 1, 1});
  CHECK_SAME(of({0, 5}, [](Value x) { return cast<DType::f32>(cast<DType::boolean>(x)); }), {0, 1});
  CHECK_SAME(computed({whole({0, -1, 256})}, [](const std::vector<Value>& in) { return cast<DType::boolean>(in[0]); }),
             {0, 1, 1});
}

TEST_CASE("numerics: whole numbers wrap around at 2^31") {
  const auto with = [](auto function) {
    return computed({whole({2147483647, -2147483648., 65536, 7}), whole({1, -1, 65536, -3})},
                    [&](const std::vector<Value>& in) { return function(in[0], in[1]); });
  };
  CHECK_SAME(with([](Value x, Value y) { return x + y; }), {-2147483648., 2147483647, 131072, 4});
  CHECK_SAME(with([](Value x, Value y) { return x - y; }), {2147483646, -2147483647, 0, 10});
  CHECK_SAME(with([](Value x, Value y) { return x * y; }), {2147483647, -2147483648., 0, -21});
}

TEST_CASE("numerics: an index or a label outside stops the run with an error that names it, and one_hot of it is 0") {
  const auto run = [](auto function) {
    return complaint<InputError>([&] {
      Graph graph("index");
      const Value x = graph.input("x", f32<2, 3>), i = graph.input("i", i32<2>);
      graph.output("y", function(x, i));
      Pool pool(1);
      States states;
      Program program(compile(graph, CpuTarget(best_isa())), states, pool, best_isa());
      const std::vector<float> numbers(6, 1);
      const std::vector<std::int32_t> index{0, 3};
      program.bind_input("x", numbers.data());
      program.bind_input("i", index.data());
      program.run();
    });
  };
  CHECK_THAT(run([](Value x, Value i) { return gather(x, i, 1); }), Contains("gather: index 3 at position 1"));
  CHECK_THAT(run([](Value x, Value i) {
               return emit(ScatterAdd{0, Axis(3)}, {x, i});
             }),
             Contains("scatter_add: index 3 at position 1"));
  CHECK_THAT(run([](Value x, Value i) { return cross_entropy(x, i); }), Contains("label 3 of row 1"));
  CHECK_SAME(computed({whole({1, 3, -1})}, [](const std::vector<Value>& in) { return emit(OneHot{Axis(2)}, {in[0]}); }),
             {0, 1, 0, 0, 0, 0});
}

TEST_CASE("numerics: no op computes with bf16, i8 or u8: they are moved, chosen by number and cast from u8") {
  std::size_t moved = 0;
  for (const DType small : {DType::bf16, DType::i8, DType::u8})
    for (const OpInfo* info : every_op()) {
      const ErasedExample example = info->example();
      for (std::size_t bad = 0; bad <= example.in.size(); ++bad) {  // one operand of them, or all
        std::vector<Type> in = example.in;
        for (std::size_t i = 0; i < in.size(); ++i)
          if (in[i].dtype == DType::f32 && (i == bad || bad == in.size())) in[i].dtype = small;
        if (in == example.in) continue;
        const Inferred made = example.op.type(in);
        if (!made.ok()) continue;
        CAPTURE(info->doc.name, name_of(small), bad);
        ++moved;
        const bool moves = made.type.dtype == small && info->doc.kind == Kind::layout;
        const bool casts = info->doc.name == "cast" && small == DType::u8;
        CHECK((moves || casts));
      }
    }
  CHECK(moved >= 9);
}

// ---- Passes

TEST_CASE("numerics: every pass of a training is exact: the bits are those from before, at every awkward number") {
  for (const Pass& pass : default_pipeline) CHECK(pass.contract == Contract::exact);
  Numbers awkward;
  for (const double x : {0., -0., 1., -1., 0.5, 3e38, 1e-38, least, -least, 88.8, -103.5, inf, -inf, not_a_number})
    awkward.push_back(x);
  const auto all = [&](auto function) { of(awkward, function); };  // checks itself
  all([](Value x) { return relu(-(-x)) * 1.f / 1.f - 0.f; });
  all([](Value x) { return (x * 2.f + x * 2.f) * exp(x - max(x)); });
  all([](Value x) { return log(softplus(x)) + tanh(x * number(*x.graph, 2)) * erf(x); });
  all([](Value x) { return where(greater(x, 1.f), x / (x - 1.f), sqrt(x)) - pow(x, 3.f); });
  all([](Value x) { return slope([](Value v) { return gelu(v) * sigmoid(v) + silu(v); })(x); });
}

// ---- The page

TEST_CASE("every sentence of NUMERICS.md names a test that there is, and every numerics test is named") {
  const std::filesystem::path source = VITRINE_SOURCE;
  std::string tests;
  for (const auto& file : std::filesystem::directory_iterator(source / "tests"))
    if (file.path().filename().string().ends_with("_test.cpp")) tests += content_of(file.path());
  // A long name stands on a line of its own behind the bracket.
  std::set<std::string> there;
  for (auto at = tests.find("\nTEST_CASE("); at != tests.npos; at = tests.find("\nTEST_CASE(", at + 1)) {
    const auto begin = tests.find('"', at) + 1;
    there.insert(tests.substr(begin, tests.find('"', begin) - begin));
  }
  const std::string page = content_of(source / "compiler/NUMERICS.md");
  std::set<std::string> named;
  std::size_t sentences = 0;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = std::min(page.find('\n', at), page.size());
    const std::string line = page.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("- ")) continue;
    ++sentences;
    CAPTURE(line);
    const auto test = line.rfind(" (test: ");
    REQUIRE(test != line.npos);
    REQUIRE(line.ends_with(")"));
    const std::string name = line.substr(test + 8, line.size() - test - 9);
    CHECK(there.contains(name));
    CHECK(line.substr(0, test - 1).find(". ") == line.npos);  // one sentence, one test
    named.insert(name);
  }
  CHECK(sentences >= 40);
  for (const std::string& test : there) {
    CAPTURE(test);
    if (test.starts_with("numerics: ")) CHECK(named.contains(test));
  }
}
