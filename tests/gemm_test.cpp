#include "runtime/gemm.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "runtime/gemm_grid.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;

namespace {

std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> numbers(count);
  for (float& x : numbers) x = static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 1000.0f;
  return numbers;
}

/// An M x N matrix within its own memory, laid out as asked.
struct Stored {
  std::vector<float> numbers;
  Matrix matrix;
};

enum class Layout { rows, columns, spread, repeated_row, repeated_column };

Stored stored(std::size_t M, std::size_t N, Layout layout, unsigned seed) {
  const auto rows = static_cast<std::ptrdiff_t>(M);
  const auto columns = static_cast<std::ptrdiff_t>(N);
  std::ptrdiff_t row_stride = columns;
  std::ptrdiff_t column_stride = 1;
  if (layout == Layout::columns) row_stride = 1, column_stride = rows;
  if (layout == Layout::spread) row_stride = 3 * columns + 1, column_stride = 3;
  if (layout == Layout::repeated_row) row_stride = 0;
  if (layout == Layout::repeated_column) row_stride = 1, column_stride = 0;
  Stored s{noise((M + 1) * (3 * N + 2), seed), {}};
  s.matrix = {s.numbers.data(), row_stride, column_stride};
  return s;
}

double at(const Matrix& m, std::size_t i, std::size_t j) {
  return m.data[static_cast<std::ptrdiff_t>(i) * m.row_stride + static_cast<std::ptrdiff_t>(j) * m.column_stride];
}

constexpr float untouched = 12345.0f;

/// C with rows three floats longer than N, to see that nothing is written between them.
std::vector<float> product(Pool& pool, Isa isa, GemmSize size, const Matrix& a, const Matrix& b,
                           GemmEpilogue epilogue = {}) {
  std::vector<float> c(size.M * (size.N + 3) + 1, untouched);
  std::vector<std::byte> workspace(gemm_workspace(isa, size, a, b));
  gemm(pool, isa, size, a, b, c.data(), static_cast<std::ptrdiff_t>(size.N + 3), workspace, epilogue);
  return c;
}

/// The first element that is further from the product in double than rounding explains, or an empty string.
std::string mistake(GemmSize size, const Matrix& a, const Matrix& b, const std::vector<float>& c) {
  // Roundings of K different terms grow as sqrt(K); of K equal terms they all go one way, as K.
  const bool equal_terms = a.column_stride == 0 && b.row_stride == 0;
  const double roundings = equal_terms ? static_cast<double>(size.K) : 2 * std::sqrt(static_cast<double>(size.K));
  for (std::size_t i = 0; i < size.M; ++i) {
    for (std::size_t j = 0; j < size.N + 3; ++j) {
      const double got = c[i * (size.N + 3) + j];
      double sum = 0;
      double magnitude = 0;
      if (j >= size.N) sum = untouched;
      for (std::size_t k = 0; k < size.K && j < size.N; ++k) {
        sum += at(a, i, k) * at(b, k, j);
        magnitude += std::abs(at(a, i, k) * at(b, k, j));
      }
      const double bound = roundings * 0x1p-24 * magnitude;
      if (!(std::abs(got - sum) <= bound)) {
        return "C[" + std::to_string(i) + ", " + std::to_string(j) + "] of " + std::to_string(size.M) + "x" +
               std::to_string(size.N) + "x" + std::to_string(size.K) + " is " + std::to_string(got) + ", not " +
               std::to_string(sum);
      }
    }
  }
  return c.back() == untouched ? "" : "a float after C was written";
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("gemm is right for sizes 0, 1, 2 and around the edges of its blocks") {
  Pool pool(2);
  for (const Isa isa : all_isas()) {
    for (const std::size_t M : {0u, 1u, 2u, 5u, 6u, 7u, 13u}) {
      for (const std::size_t N : {0u, 1u, 2u, 7u, 8u, 9u, 15u, 16u, 17u, 31u, 32u, 33u, 50u}) {
        for (const std::size_t K : {0u, 1u, 2u, 3u, 8u, 319u, 320u, 321u}) {
          const Stored a = stored(M, K, Layout::rows, 1);
          const Stored b = stored(K, N, Layout::rows, 2);
          CHECK(mistake({M, N, K}, a.matrix, b.matrix, product(pool, isa, {M, N, K}, a.matrix, b.matrix)) == "");
        }
      }
    }
  }
}

TEST_CASE("gemm is right for every pair of layouts, transposed, spread and repeated") {
  Pool pool(2);
  const auto layouts = {Layout::rows, Layout::columns, Layout::spread, Layout::repeated_row, Layout::repeated_column};
  for (const Isa isa : all_isas()) {
    for (const GemmSize size : {GemmSize{64, 10, 128}, GemmSize{31, 70, 45}, GemmSize{101, 67, 133}}) {
      for (const Layout left : layouts) {
        for (const Layout right : layouts) {
          const Stored a = stored(size.M, size.K, left, 3);
          const Stored b = stored(size.K, size.N, right, 4);
          CHECK(mistake(size, a.matrix, b.matrix, product(pool, isa, size, a.matrix, b.matrix)) == "");
        }
      }
    }
  }
}

TEST_CASE("gemm gives the same bits for 1, 2 and 4 threads") {
  const GemmSize size{200, 300, 700};
  const Stored a = stored(size.M, size.K, Layout::rows, 5);
  const Stored b = stored(size.K, size.N, Layout::columns, 6);
  for (const Isa isa : all_isas()) {
    REQUIRE(grid_of(size, 6, 16, false).chunks() > 4);
    Pool one(1);
    const std::vector<float> alone = product(one, isa, size, a.matrix, b.matrix);
    CHECK(mistake(size, a.matrix, b.matrix, alone) == "");
    for (const int threads : {2, 4}) {
      Pool pool(threads);
      for (int repeat = 0; repeat < 5; ++repeat) {
        CHECK(same_bits(alone, product(pool, isa, size, a.matrix, b.matrix)));
      }
    }
  }
}

TEST_CASE("gemm gives a row the same bits alone as among many, whatever the layout") {
  Pool pool(2);
  const GemmSize size{110, 75, 650};
  for (const Isa isa : all_isas()) {
    for (const Layout left : {Layout::rows, Layout::columns}) {
      for (const Layout right : {Layout::rows, Layout::columns}) {
        const Stored a = stored(size.M, size.K, left, 7);
        const Stored b = stored(size.K, size.N, right, 8);
        const std::vector<float> all = product(pool, isa, size, a.matrix, b.matrix);
        for (const std::size_t row : {0u, 5u, 6u, 95u, 96u, 109u}) {
          const Matrix alone{a.matrix.data + static_cast<std::ptrdiff_t>(row) * a.matrix.row_stride,
                             a.matrix.row_stride, a.matrix.column_stride};
          const std::vector<float> c = product(pool, isa, {1, size.N, size.K}, alone, b.matrix);
          CHECK(std::memcmp(c.data(), all.data() + row * (size.N + 3), size.N * sizeof(float)) == 0);
        }
      }
    }
  }
}

TEST_CASE("gemm calls its epilogue once for every element of C, when the element is complete") {
  Pool pool(4);
  for (const Isa isa : all_isas()) {
    for (const GemmSize size : {GemmSize{1, 1, 1}, GemmSize{3, 5, 0}, GemmSize{210, 330, 400}}) {
      const Stored a = stored(size.M, size.K, Layout::rows, 9);
      const Stored b = stored(size.K, size.N, Layout::rows, 10);
      std::vector<float> c(size.M * size.N, untouched);
      std::vector<float> seen(size.M * size.N, untouched);
      std::vector<int> calls(size.M * size.N);
      std::vector<std::byte> workspace(gemm_workspace(isa, size));
      gemm(pool, isa, size, a.matrix, b.matrix, c.data(), static_cast<std::ptrdiff_t>(size.N), workspace,
           [&](std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) {
             for (std::size_t i = row; i < row + rows; ++i) {
               for (std::size_t j = column; j < column + columns; ++j) {
                 ++calls.at(i * size.N + j);
                 seen.at(i * size.N + j) = c[i * size.N + j];
               }
             }
           });
      CHECK(calls == std::vector<int>(size.M * size.N, 1));
      CHECK(same_bits(seen, c));
    }
  }
}

TEST_CASE("gemm lets NaN and infinity through, and a zero in A does not hide them") {
  Pool pool(1);
  for (const Isa isa : all_isas()) {
    Stored a = stored(7, 20, Layout::rows, 11);
    Stored b = stored(20, 18, Layout::rows, 12);
    a.numbers[3 * 20 + 4] = 0.0f;
    b.numbers[4 * 18 + 17] = std::numeric_limits<float>::infinity();  // 0 * infinity is NaN
    const std::vector<float> c = product(pool, isa, {7, 18, 20}, a.matrix, b.matrix);
    CHECK(std::isnan(c[3 * 21 + 17]));
    CHECK(std::isinf(c[2 * 21 + 17]));
    CHECK(std::isfinite(c[3 * 21 + 16]));
  }
}

TEST_CASE("gemm refuses a workspace that is too small") {
  Pool pool(1);
  const std::vector<float> numbers(4, 1.0f);
  std::vector<float> c(4);
  std::vector<std::byte> workspace(8);
  const Matrix m{numbers.data(), 2, 1};
  CHECK_THROWS_AS(gemm(pool, Isa::portable, {2, 2, 2}, m, m, c.data(), 2, workspace), InternalError);
}

TEST_CASE("gemm's workspace for any strides is enough for each") {
  const std::vector<float> numbers(1);
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    for (const GemmSize size : {GemmSize{1, 1, 1}, GemmSize{64, 10, 128}, GemmSize{300, 70, 200}}) {
      for (const std::ptrdiff_t a_column : {1, 400}) {
        for (const std::ptrdiff_t b_column : {1, 400}) {
          const Matrix a{numbers.data(), 400 / a_column, a_column};
          const Matrix b{numbers.data(), 400 / b_column, b_column};
          CHECK(gemm_workspace(isa, size, a, b) <= gemm_workspace(isa, size));
        }
      }
    }
  }
}
