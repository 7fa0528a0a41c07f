// compiler/NUMERICS.md, "Few bits": codes, bf16, rows of whole numbers.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "compiler/passes.hpp"
#include "compiler/weight_codes.hpp"
#include "tests/named_values.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using Catch::Matchers::Contains;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity(), not_a_number = std::numeric_limits<float>::quiet_NaN();

/// A row of these numbers, rounded.
std::vector<float> rounded(std::vector<float> rows, std::size_t count, std::int64_t bits) {
  const Type type{DType::f32, Shape{} << count << rows.size() / count};
  std::vector<float> made(rows.size());
  const std::array in{Buffer<float>{type, rows.data()}};
  FakeQuantize{bits}.run(Buffers<float>(in), Buffer<float>{type, made.data()});
  return made;
}

/// A weight of one column as codes and scales.
WeightCodes coded(const std::vector<float>& column, const WeightFormat& format) {
  return quantize_weight({"w", {DType::f32, Shape{} << column.size() << 1}, 0}, format, column);
}
int code(const WeightCodes& made, std::size_t i) { return static_cast<std::int8_t>(made.codes[i]); }
float scale(const WeightCodes& made, std::size_t group) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, made.scales.data() + group * sizeof bits, sizeof bits);
  return from_bfloat16(bits);
}

}  // namespace

TEST_CASE("numerics: a number becomes the nearest code, of two the even one, and beyond the ends the last") {
  // The largest is 127, so the scale is 1.
  const WeightCodes made = coded({127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 3.4f, -126.6f}, {});
  CHECK(scale(made, 0) == 1);
  const std::array wanted{127, 0, 2, 2, 0, -2, 3, -127};
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(code(made, i) == wanted[i]);
  // bf16 rounds this scale down, and the ends would have codes beyond 127.
  const WeightCodes clipped = coded({127.2f, -127.2f}, {});
  CHECK(scale(clipped, 0) == 1);
  CHECK(code(clipped, 0) == 127);
  CHECK(code(clipped, 1) == -127);
  // Four bits: -8 to 7 as 0 to 15, two to a byte, halves of the group apart.
  WeightFormat four{.precision = Precision::int4, .group = 4};
  const WeightCodes packed = coded({7, -7, 0.5f, 1.5f}, four);
  CHECK(static_cast<int>(packed.codes[0]) == (8 + 7) + 16 * (8 + 0));
  CHECK(static_cast<int>(packed.codes[1]) == (8 - 7) + 16 * (8 + 2));
  four.symmetric = false;
  const WeightCodes asymmetric = coded({0, 15, 3, 4}, four);
  CHECK(static_cast<int>(asymmetric.codes[0]) == 0 + 16 * 3);
  CHECK(static_cast<int>(asymmetric.codes[1]) == 15 + 16 * 4);
  CHECK(static_cast<int>(asymmetric.zeros[0]) == 0);
}

TEST_CASE("numerics: a float becomes the nearest bf16, of two the even one, and NaN stays NaN") {
  const auto there = [](float x) { return from_bfloat16(to_bfloat16(x)); };
  CHECK(there(1) == 1);
  CHECK(there(1 + 0x1p-8f) == 1);  // the even one of two
  CHECK(there(1 + 3 * 0x1p-8f) == 1 + 0x1p-6f);
  CHECK(there(1 + 0x1p-8f + 0x1p-20f) == 1 + 0x1p-7f);
  CHECK(there(-infinity) == -infinity);
  CHECK(there(std::numeric_limits<float>::max()) == infinity);
  CHECK(std::isnan(there(not_a_number)));
  CHECK(std::isnan(there(-std::numeric_limits<float>::signaling_NaN())));
  CHECK(std::signbit(there(-0.f)));
  CHECK(there(0x1p-133f) == 0x1p-133f);
}

TEST_CASE("numerics: a row is rounded to multiples of its largest magnitude, and one below 1e-34 to 0") {
  const std::vector<float> made = rounded({127, 0.5f, -1.5f, 2.4f, 1e-35f, -1e-36f, 0, 0}, 2, 8);
  CHECK(made == std::vector<float>{127, 0, -2, 2, 0, -0.f, 0, 0});
  const std::vector<float> fine = rounded({32767, 0.5f, -1.5f, 2.4f}, 1, 16);
  CHECK(fine == std::vector<float>{32767, 0, -2, 2});
}

TEST_CASE("numerics: a row with NaN or infinity is NaN in few bits, and no other row is") {
  for (const float bad : {not_a_number, infinity, -infinity}) {
    const std::vector<float> made = rounded({1, 2, bad, 0, 1, 2}, 2, 16);
    for (std::size_t i = 0; i < 3; ++i) CHECK(std::isnan(made[i]));
    for (std::size_t i = 3; i < 6; ++i) CHECK(std::isfinite(made[i]));
    const QuantizedMatmul<false> op{false, 2, 8, 0, 16};
    std::vector<float> rows{1, bad, 0, 1, 2, 3}, y(4);
    std::array<std::int8_t, 6> codes{0, 1, 2, 0, 0, 5};  // a code of 0 hides nothing
    std::array<std::uint16_t, 4> scales{};
    scales.fill(to_bfloat16(1));
    const std::array in{Buffer<float>{f32<2, 3>, rows.data()}, Buffer<float>{{DType::i8, shape_of<3, 2>}, codes.data()},
                        Buffer<float>{{DType::bf16, shape_of<2, 2>}, scales.data()}};
    op.run(Buffers<float>(in), Buffer<float>{f32<2, 2>, y.data()});
    CHECK((std::isnan(y[0]) && std::isnan(y[1])));
    CHECK((std::isfinite(y[2]) && std::isfinite(y[3])));
  }
}

TEST_CASE("numerics: products of codes are whole numbers, and sums that may not fit into 32 bits stay in floats") {
  // 257 products of 32767 and 255 are 2,147,385,345, the last that fits.
  const std::size_t K = 257;
  std::vector<float> rows(K, 32767), y(1);
  std::vector<std::int8_t> codes(K, 127);
  std::uint16_t one = to_bfloat16(1);
  const auto product = [](std::size_t group, std::int64_t zero) {
    return QuantizedMatmul<false>{false, static_cast<std::int64_t>(group), 8, zero, 16};
  };
  const Type x{DType::f32, Shape{} << 1 << K}, w{DType::i8, Shape{} << K << 1}, s{DType::bf16, Shape{} << 1 << 1};
  const std::array in{Buffer<float>{x, rows.data()}, Buffer<float>{w, codes.data()}, Buffer<float>{s, &one}};
  product(K, -128).run(Buffers<float>(in), Buffer<float>{f32<1, 1>, y.data()});
  CHECK(y[0] == 2147385345.f);
  const auto longer = [&](std::size_t n) {
    return product(n, 0).type({DType::f32, Shape{} << 1 << n}, {DType::i8, Shape{} << n << 1}, s);
  };
  CHECK(longer(257).ok());
  CHECK_THAT(longer(258).why.str(), Contains("sums of 258 products may not fit into 32 bits"));

  Graph graph("long_sums");
  const Value codes_of = graph.state("codes", {DType::i8, shape_of<258, 2>}),
              scales_of = graph.state("scales", {DType::bf16, shape_of<1, 2>});
  const Value few = emit(FakeQuantize{16}, {graph.input("x", f32<1, 258>)});
  graph.output("y", matmul(few, emit(Dequantize<false>{0, 258, 0}, {codes_of, scales_of})));
  const Record record = optimize(graph, inference_pipeline);
  REQUIRE(record.refusals.size() >= 1);
  CHECK(as<Matmul>(output_of(graph, "y")));
}

TEST_CASE("numerics: a weight with NaN or infinity is not quantized, and the error names it and the element") {
  for (const Precision p : {Precision::bf16, Precision::int8, Precision::int4})
    for (const float bad : {not_a_number, infinity}) {
      const WeightFormat format{.precision = p, .group = 4};
      CHECK_THAT(complaint<InputError>([&] { coded({1, 2, bad, 3}, format); }), Contains("element 2 of 'w' is "));
    }
}

TEST_CASE("numerics: a group of zeros or of equal numbers keeps them but for the rounding of the scale") {
  for (const Precision p : {Precision::int8, Precision::int4})
    for (const bool symmetric : {true, false})
      for (const ScaleBy by : {ScaleBy::maximum, ScaleBy::squared_error})
        for (const float x : {0.f, 0.3f, -0.3f, 1e30f, -1e-30f, 1e-42f}) {
          CAPTURE(name_of(p), symmetric, x);
          const WeightCodes made = coded(std::vector<float>(5, x), {p, 4, symmetric || p == Precision::int8, by});
          // Scales have 8 bits, and below bf16's normal numbers fewer.
          const double each = std::max(std::abs(x) * 0x1p-8, std::abs(x) < 1e-37f ? std::abs(x) * 1.01 : 0.);
          CHECK(std::sqrt(made.squared_error / 5) <= each);
        }
}
