// compiler/NUMERICS.md on infinity, signed zeros and subnormal numbers, sentence by sentence.
#include "compiler/optimizers.hpp"
#include "runtime/gemm.hpp"
#include "tests/numbers_everywhere.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using namespace vitrine::every_way;

namespace {

std::vector<float> floats(std::span<const std::byte> bytes) {
  std::vector<float> made(bytes.size() / sizeof(float));
  std::memcpy(made.data(), bytes.data(), bytes.size());
  return made;
}

}  // namespace

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
