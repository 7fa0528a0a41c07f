#include "runtime/tile_interpreter.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "runtime/elementwise.hpp"
#include "tests/random_kernel.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;

TEST_CASE("tile interpreter computes what each element's instructions say, on every instruction set") {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const Kernel kernel = random_kernel(random, 3, 14);
    const std::size_t n = std::vector<std::size_t>{1, 2, 7, 16, 33, 1023, 1024}[random() % 7];
    std::vector<std::vector<float>> x;
    std::vector<TileOperand> operands;
    for (int i = 0; i < 3; ++i) x.push_back(numbers(n, random));
    for (int i = 0; i < 3; ++i) operands.push_back({x[static_cast<std::size_t>(i)].data(), random() % 4 ? 1 : 0});
    for (const Isa isa : all_isas()) {
      std::vector<std::vector<float>> y(kernel.results.size(), std::vector<float>(n + 1, 77.0f));
      std::vector<float*> results;
      for (auto& result : y) results.push_back(result.data());
      std::vector<float> scratch(tile_scratch(kernel));
      run_tile(isa, kernel, operands, results, n, scratch);
      bool right = true;
      for (std::size_t i = 0; i < n; ++i) {
        const auto at = [&](std::size_t k) { return x[k][operands[k].stride == 0 ? 0 : i]; };
        const std::vector<float> expected = meaning(kernel, {at(0), at(1), at(2)});
        for (std::size_t r = 0; r < y.size(); ++r) right = right && same(y[r][i], expected[r]);
      }
      for (const auto& result : y) right = right && result[n] == 77.0f;
      CHECK(right);
    }
  }
}

TEST_CASE("tile interpreter updates in place: results may be operands, in any order") {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    Kernel kernel = random_kernel(random, 3, 14);
    kernel.results.resize(3, static_cast<std::uint16_t>(random() % kernel.instructions.size()));
    const std::size_t n = random() % 2 ? 1 : 100;
    std::vector<std::vector<float>> x;
    for (int i = 0; i < 3; ++i) x.push_back(numbers(n, random));
    const std::vector<std::vector<float>> before = x;
    const std::vector<TileOperand> operands{{x[0].data(), 1}, {x[1].data(), 1}, {x[2].data(), n == 1 ? 0 : 1}};
    const std::vector<float*> results{x[2].data(), x[0].data(), x[1].data()};
    std::vector<float> scratch(tile_scratch(kernel));
    run_tile(best_isa(), kernel, operands, results, n, scratch);
    bool right = true;
    for (std::size_t i = 0; i < n; ++i) {
      const std::vector<float> expected = meaning(kernel, {before[0][i], before[1][i], before[2][i]});
      right = right && same(x[2][i], expected[0]) && same(x[0][i], expected[1]) && same(x[1][i], expected[2]);
    }
    CHECK(right);
  }
}

TEST_CASE("tile program reuses buffers: a long chain needs no more than its result's") {
  Kernel chain{{input(0)}, {40}};
  for (int i = 0; i < 40; ++i) chain.instructions.push_back(call(Scalar::negate, i));
  CHECK(tile_scratch(chain) <= 2 * tile_size);
}

TEST_CASE("tile program refuses a kernel that reads what is not written") {
  CHECK_THROWS_AS(TileProgram({{input(0), call(Scalar::add, 0, 1)}, {1}}), InternalError);
  CHECK_THROWS_AS(TileProgram({{input(0)}, {3}}), InternalError);
}

namespace {

FloatView view(std::vector<float>& data, std::initializer_list<std::size_t> sizes,
               std::initializer_list<std::ptrdiff_t> strides) {
  FloatView v{data.data(), static_cast<int>(sizes.size()), {}, {}};
  std::copy(sizes.begin(), sizes.end(), v.sizes.begin());
  std::copy(strides.begin(), strides.end(), v.strides.begin());
  return v;
}

/// (a + b) * c, whose bits are easy to say.
const Kernel add_multiply{{input(0), input(1), input(2), call(Scalar::add, 0, 1), call(Scalar::multiply, 3, 2)}, {4}};

float at(const FloatView& v, std::size_t i, std::size_t j, std::size_t k) {
  return v.data[static_cast<std::ptrdiff_t>(i) * v.strides[0] + static_cast<std::ptrdiff_t>(j) * v.strides[1] +
                static_cast<std::ptrdiff_t>(k) * v.strides[2]];
}

}  // namespace

TEST_CASE("elementwise is right for broadcast, transposed and strided views, for 1, 2 and 4 threads") {
  std::mt19937 random(3);
  const ScalarCode code(add_multiply, best_isa());
  using Sizes = std::array<std::size_t, 3>;
  for (const auto& [A, B, C] : {Sizes{1, 1, 1}, Sizes{2, 3, 10}, Sizes{1, 2500, 10}, Sizes{3, 70, 300},
                                Sizes{1, 1, 70000}, Sizes{4, 5, 2000}, Sizes{0, 3, 4}, Sizes{7, 900, 1}}) {
    const auto a = static_cast<std::ptrdiff_t>(A);
    const auto b = static_cast<std::ptrdiff_t>(B);
    const auto c = static_cast<std::ptrdiff_t>(C);
    std::vector<std::vector<float>> x(3);
    for (auto& data : x) {
      for (std::size_t i = 0; i < 2 * A * B * C + 1; ++i) data.push_back(static_cast<float>(random() % 1000) / 100.0f);
    }
    for (int form = 0; form < 7; ++form) {
      const std::vector<FloatView> forms{view(x[1], {A, B, C}, {b * c, c, 1}),
                                         view(x[1], {A, B, C}, {0, 0, 0}),
                                         view(x[1], {A, B, C}, {0, 0, 1}),
                                         view(x[1], {A, B, C}, {b, 1, 0}),
                                         view(x[1], {A, B, C}, {1, a, a * b}),
                                         view(x[1], {A, B, C}, {0, c, 1}),
                                         view(x[1], {A, B, C}, {2 * b * c, 2 * c, 2})};
      const std::vector<FloatView> operands{view(x[0], {A, B, C}, {b * c, c, 1}), forms[static_cast<std::size_t>(form)],
                                            view(x[2], {A, B, C}, {0, 0, 1})};
      for (const int threads : {1, 2, 4}) {
        Pool pool(threads);
        for (const bool spread : {false, true}) {
          std::vector<float> y(2 * A * B * C + 1, -1.0f);
          const std::ptrdiff_t s = spread ? 2 : 1;
          const std::vector<FloatView> results{view(y, {A, B, C}, {s * b * c, s * c, s})};
          run_elementwise(pool, code, operands, results);
          std::size_t wrong = 0;
          for (std::size_t i = 0; i < A; ++i) {
            for (std::size_t j = 0; j < B; ++j) {
              for (std::size_t k = 0; k < C; ++k) {
                const float expected = (at(operands[0], i, j, k) + at(operands[1], i, j, k)) * at(operands[2], i, j, k);
                wrong += at(results[0], i, j, k) != expected;
              }
            }
          }
          const std::size_t written = y.size() - static_cast<std::size_t>(std::count(y.begin(), y.end(), -1.0f));
          CHECK(wrong == 0);
          CHECK(written == A * B * C);
        }
      }
    }
  }
}

TEST_CASE("elementwise on the blocks of a matrix gives the bits of the whole") {
  std::mt19937 random(4);
  std::vector<float> x = numbers(70 * 90, random);
  std::vector<float> bias = numbers(90, random);
  std::vector<float> whole(70 * 90);
  std::vector<float> blocks(70 * 90, 77.0f);
  const Kernel gelu_of_sum{{input(0), input(1), call(Scalar::add, 0, 1), constant(0.70710678f),
                            call(Scalar::multiply, 2, 3), call(Scalar::erf, 4), constant(1), call(Scalar::add, 5, 6),
                            call(Scalar::multiply, 2, 7), constant(0.5f), call(Scalar::multiply, 8, 9)},
                           {10}};
  const ScalarCode code(gelu_of_sum, best_isa());
  const std::vector<FloatView> operands{view(x, {70, 90}, {90, 1}), view(bias, {70, 90}, {0, 1})};
  Pool pool(2);
  run_elementwise(pool, code, operands, std::vector{view(whole, {70, 90}, {90, 1})});
  const std::vector<FloatView> results{view(blocks, {70, 90}, {90, 1})};
  for (std::size_t row = 0; row < 70; row += 24) {
    for (std::size_t column = 0; column < 90; column += 32) {
      run_elementwise_block(code, operands, results, row, std::min<std::size_t>(24, 70 - row), column,
                            std::min<std::size_t>(32, 90 - column));
    }
  }
  std::size_t differ = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) differ += !same(whole[i], blocks[i]);
  CHECK(differ == 0);
  CHECK_THROWS_AS(run_elementwise_block(code, operands, results, 60, 11, 0, 1), InternalError);
}
