// Products by codes: kernels against the op's own definition, bit by bit, on every instruction set.
#include "runtime/quantized_product.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "tests/draw.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/quantized_matmul.hpp"

using namespace vitrine;

namespace {

struct Case {
  std::size_t M, K, N, group;
  std::int64_t bits, row_bits;
  bool zeros, is_signed, turned;

  QuantizedSize size() const { return {K, N, group, bits == 4, row_bits == 16, zeros}; }
  QuantizedProduct product() const { return {turned, static_cast<std::int64_t>(group), bits, row_bits}; }
  std::size_t groups() const { return groups_of(K, group); }
  std::size_t bytes() const { return bits == 4 ? int4_bytes(K, group) : K; }
  std::string str() const {
    return std::to_string(M) + "x" + std::to_string(K) + "x" + std::to_string(N) + " groups of " +
           std::to_string(group) + ", " + std::to_string(bits) + " by " + std::to_string(row_bits) + " bits" +
           (zeros ? ", zeros" : "") + (is_signed ? ", signed" : "") + (turned ? ", turned" : "");
  }
};

struct Drawn {
  std::vector<float> x;
  std::vector<std::uint8_t> codes, zeros;
  std::vector<std::uint16_t> scales;
  std::int32_t zero;
};

Drawn drawn(const Case& c, std::uint64_t seed) {
  Draw draw(seed);
  Drawn made{std::vector<float>(c.M * c.K), std::vector<std::uint8_t>(c.bytes() * c.N),
             std::vector<std::uint8_t>(c.zeros ? c.groups() * c.N : 0), std::vector<std::uint16_t>(c.groups() * c.N),
             0};
  for (float& x : made.x) x = static_cast<float>(draw.unit() * 4 - 2);
  for (std::uint8_t& code : made.codes) code = static_cast<std::uint8_t>(draw.below(256));
  for (std::uint8_t& zero : made.zeros) zero = static_cast<std::uint8_t>(draw.below(256));
  for (std::uint16_t& scale : made.scales) scale = to_bfloat16(static_cast<float>(draw.unit() - 0.3));
  made.zero = static_cast<std::int32_t>(draw.below(c.bits == 4 ? 16 : 256)) - (c.is_signed ? 128 : 0);
  return made;
}

std::vector<float> defined(const Case& c, const Drawn& in) {
  const auto type = [&](DType dtype, std::size_t inner, std::size_t outer) {
    return Type{dtype, c.turned ? Shape{} << outer << inner : Shape{} << inner << outer};
  };
  const auto at = [](const auto& numbers) { return const_cast<void*>(static_cast<const void*>(numbers.data())); };
  std::vector<float> made(c.M * c.N);
  const Buffer<float> x{{DType::f32, Shape{} << c.M << c.K}, at(in.x)},
      codes{type(c.is_signed ? DType::i8 : DType::u8, c.bytes(), c.N), at(in.codes)},
      scales{type(DType::bf16, c.groups(), c.N), at(in.scales)}, out{{DType::f32, Shape{} << c.M << c.N}, made.data()};
  c.product().run(
      x, codes, scales, out, [&](std::size_t i) { return c.zeros ? std::int32_t{in.zeros[i]} : in.zero; },
      c.zeros ? zero_steps : 1);
  return made;
}

std::vector<std::uint8_t> packed(Pool& pool, const Case& c, const Drawn& in) {
  std::vector<std::uint8_t> made(quantized_packed_bytes(c.size()), 77);
  quantized_pack(pool, c.size(),
                 {in.codes.data(), c.is_signed, c.turned, in.scales.data(), c.zeros ? in.zeros.data() : nullptr},
                 made.data());
  return made;
}

constexpr float untouched = 12345.f;

/// c with rows three numbers longer than N, which nobody writes.
std::vector<float> product(Pool& pool, Isa isa, const Case& c, const Drawn& in, const std::vector<std::uint8_t>& matrix,
                           GemmEpilogue epilogue = {}, std::vector<float>* into = nullptr) {
  std::vector<float> own;
  std::vector<float>& made = into ? *into : own;
  made.assign(c.M * (c.N + 3) + 1, untouched);
  std::vector<std::byte> workspace(quantized_workspace(isa, c.size(), c.M), std::byte{99});
  const auto row = static_cast<std::ptrdiff_t>(c.N + 3);
  quantized_product(pool, isa, c.size(), {c.M, in.x.data(), static_cast<std::ptrdiff_t>(c.K), made.data(), row},
                    matrix.data(), in.zero + (c.is_signed ? 128 : 0), workspace, epilogue);
  return made;
}

/// "" or the first element that is not what it should be; every NaN is one.
std::string mistake(const Case& c, const std::vector<float>& want, const std::vector<float>& got) {
  for (std::size_t m = 0; m < c.M; ++m)
    for (std::size_t n = 0; n < c.N + 3; ++n) {
      const float is = got[m * (c.N + 3) + n], should = n < c.N ? want[m * c.N + n] : untouched;
      if (std::isnan(is) && std::isnan(should)) continue;
      if (std::memcmp(&is, &should, sizeof is) != 0)
        return c.str() + ": [" + std::to_string(m) + ", " + std::to_string(n) + "] is " + std::to_string(is) +
               " and not " + std::to_string(should);
    }
  return got.back() == untouched ? "" : c.str() + ": a number after the last was written";
}

void check(const Case& c, const Drawn& in) {
  const std::vector<float> want = defined(c, in);
  for (const int threads : {1, 2, 4}) {
    Pool pool(threads);
    const std::vector<std::uint8_t> matrix = packed(pool, c, in);
    for (const Isa isa : all_isas()) CHECK(mistake(c, want, product(pool, isa, c, in, matrix)) == "");
  }
}

/// Every sort of codes: 4 bits, with zeros or one for all, or 8, with a sign or without.
std::vector<Case> sorts(Case c) {
  std::vector<Case> made;
  for (const std::int64_t row_bits : {8, 16})
    for (const bool turned : {false, true}) {
      c.row_bits = row_bits, c.turned = turned;
      for (const bool zeros : {false, true}) {
        c.zeros = zeros, c.is_signed = false, c.bits = 8;
        if (!zeros) made.push_back(c);
        c.bits = 4;
        if (c.group > 1) made.push_back(c);
      }
      c.zeros = false, c.is_signed = true, c.bits = 8;
      made.push_back(c);
    }
  return made;
}

}  // namespace

TEST_CASE("products by codes have the definition's bits for every group, sort of codes and instruction set") {
  std::uint64_t seed = 1;
  for (const std::size_t group : {1u, 2u, 4u, 5u, 32u, 64u, 128u, 201u})
    for (const Case& c : sorts({7, 201, 83, group, 8, 8, false, false, false})) check(c, drawn(c, ++seed));
}

TEST_CASE("products by codes have the definition's bits for every number of rows and columns") {
  std::uint64_t seed = 100;
  for (const std::size_t M : {1u, 2u, 3u, 7u, 16u, 65u})
    for (const std::size_t N : {1u, 16u, 33u, 64u, 130u})
      for (const Case& c : sorts({M, 45, N, 32, 8, 8, false, false, false})) check(c, drawn(c, ++seed));
}

TEST_CASE("products by codes are right for many chunks of rows and of columns") {
  std::uint64_t seed = 200;
  for (const Case& c : sorts({130, 96, 700, 32, 8, 8, false, false, false})) check(c, drawn(c, ++seed));
}

TEST_CASE("products by codes are right for a row alone by a matrix that no core's own caches hold") {
  std::uint64_t seed = 300;
  for (const Case& c : sorts({1, 1000, 1100, 32, 8, 8, false, false, false})) {
    if (c.bits == 8) REQUIRE(quantized_packed_bytes(c.size()) > 1 << 20);
    check(c, drawn(c, ++seed));
  }
}

TEST_CASE("products by codes are zero where nothing is added up, and nothing where nothing is wanted") {
  for (const auto [M, K, N] : {std::array<std::size_t, 3>{2, 0, 5}, {0, 8, 5}, {2, 8, 0}})
    for (const Case& c : sorts({M, K, N, 4, 8, 8, false, false, false})) check(c, drawn(c, 1));
}

TEST_CASE("products by codes are exact where sums reach the bound of 32 bits") {
  for (const std::int64_t row_bits : {8, 16})
    for (const bool is_signed : {false, true})
      for (const bool zeros : {false, true}) {
        if (zeros && is_signed) continue;
        const std::size_t K = row_bits == 16 ? 257 : 66310;  // as many as the op allows in one group
        const Case c{3, K, 17, K, zeros ? 4 : 8, row_bits, zeros, is_signed, false};
        Drawn in = drawn(c, 5);
        for (std::size_t k = 0; k < K; ++k) {
          in.x[k] = 2.f, in.x[K + k] = -2.f, in.x[2 * K + k] = k % 2 ? 2.f : -2.f;
        }
        for (std::size_t i = 0; i < in.codes.size(); ++i)
          in.codes[i] = static_cast<std::uint8_t>((i % c.N % 2 ? 255 : 0) ^ (is_signed ? 128 : 0));
        for (std::size_t n = 0; n < in.zeros.size(); ++n) in.zeros[n] = n % 3 ? 255 : 0;
        for (const std::int32_t zero : {0, 255}) {
          in.zero = zero - (is_signed ? 128 : 0);
          check(c, in);
        }
      }
}

TEST_CASE("products by codes: rows of zeros, of NaN and infinity, and of numbers too small and very large") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (Case c : sorts({9, 70, 40, 32, 8, 8, false, false, false})) {
    Drawn in = drawn(c, 9);
    const auto row = [&](std::size_t m) { return in.x.begin() + static_cast<std::ptrdiff_t>(m * c.K); };
    std::fill_n(row(0), c.K, 0.f);
    std::fill_n(row(1), c.K, -0.f);
    *(row(2) + 69) = std::numeric_limits<float>::quiet_NaN();
    *(row(3) + 3) = -infinity;
    for (std::size_t k = 0; k < c.K; ++k) {
      *(row(4) + k) *= 1e-35f;
      *(row(5) + k) *= 1e-33f;
      *(row(6) + k) *= 1e38f;
      *(row(7) + k) = std::numeric_limits<float>::denorm_min() * static_cast<float>(k);
    }
    in.scales[3] = to_bfloat16(infinity), in.scales[5] = to_bfloat16(-0.f);
    check(c, in);
  }
}

TEST_CASE("products by codes: halves are rounded to even, and the largest codes are reached") {
  for (Case c : sorts({4, 64, 16, 32, 8, 8, false, false, false})) {
    Drawn in = drawn(c, 11);
    const float most = most_code(c.row_bits);
    for (std::size_t m = 0; m < c.M; ++m)
      for (std::size_t k = 0; k < c.K; ++k)
        in.x[m * c.K + k] = k == 0 ? (m % 2 ? most : -most) : static_cast<float>(k) - 32.5f + (m < 2 ? 0.f : 200.f);
    check(c, in);
  }
}

TEST_CASE("products by codes call their epilogue once for every element, when it is complete") {
  Pool pool(4);
  for (const Isa isa : all_isas())
    for (const Case& c : {Case{1, 64, 400, 32, 8, 16, false, true, false},
                          {210, 64, 333, 32, 4, 16, true, false, true},
                          {3, 0, 5, 4, 8, 8, false, true, false}}) {
      const Drawn in = drawn(c, 3);
      const std::vector<float> want = defined(c, in);
      std::vector<float> made, seen(c.M * (c.N + 3) + 1, untouched);
      std::vector<int> calls(c.M * c.N);
      const auto epilogue = [&](std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) {
        for (std::size_t i = row; i < row + rows; ++i)
          for (std::size_t j = column; j < column + columns; ++j) {
            ++calls.at(i * c.N + j);
            seen.at(i * (c.N + 3) + j) = made[i * (c.N + 3) + j];
          }
      };
      product(pool, isa, c, in, packed(pool, c, in), epilogue, &made);
      CHECK(calls == std::vector<int>(c.M * c.N, 1));
      CHECK(mistake(c, want, seen) == "");
    }
}

TEST_CASE("products by codes refuse a workspace that is too small") {
  Pool pool(1);
  const Case c{2, 8, 5, 4, 8, 8, false, true, false};
  const Drawn in = drawn(c, 1);
  std::vector<float> out(10);
  std::vector<std::byte> workspace(8);
  CHECK_THROWS_AS(quantized_product(pool, Isa::portable, c.size(), {2, in.x.data(), 8, out.data(), 5},
                                    packed(pool, c, in).data(), 0, workspace),
                  InternalError);
}
