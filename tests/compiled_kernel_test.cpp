#include "runtime/jit/compiled_kernel.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "runtime/aligned_bytes.hpp"
#include "runtime/elementwise.hpp"
#include "runtime/jit/register_plan.hpp"
#include "tests/random_kernel.hpp"

using namespace vitrine;

namespace {

/// The instruction sets that machine code is made for, of those that this machine can run.
std::vector<Isa> assembled_isas() {
  std::vector<Isa> isas = all_isas();
  std::erase(isas, Isa::portable);
  return isas;
}

/// The kernel by the tile interpreter, for splat operands as the mask says.
std::vector<std::vector<float>> interpreted(const Kernel& kernel, Isa isa, const std::vector<std::vector<float>>& x,
                                            std::uint64_t splat, std::size_t n) {
  std::vector<TileOperand> operands;
  for (std::size_t i = 0; i < x.size(); ++i) operands.push_back({x[i].data(), (splat >> i & 1u) != 0 ? 0 : 1});
  std::vector<std::vector<float>> y(kernel.results.size(), std::vector<float>(n));
  std::vector<float*> results;
  for (auto& result : y) results.push_back(result.data());
  std::vector<float> scratch(tile_scratch(kernel));
  run_tile(isa, kernel, operands, results, n, scratch);
  return y;
}

/// One row of n numbers.
void run_row(KernelFunction function, std::vector<const float*> operands, std::vector<float*> results, std::size_t n) {
  const std::vector<std::ptrdiff_t> none(operands.size() + results.size());
  const KernelRows row{operands.data(), results.data(), none.data(), none.data(), n, 1};
  function(&row);
}

std::size_t differences(std::span<const float> a, std::span<const float> b) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < a.size(); ++i) found += !same(a[i], b[i]);
  return found;
}

}  // namespace

TEST_CASE("machine code has the tile interpreter's bits on random kernels, small ones and ones that spill") {
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    const auto count = static_cast<std::uint16_t>(random() % 20 + 1);
    const Kernel kernel = random_kernel(random, count, round % 4 == 0 ? 150 : 12, false);
    const std::size_t n = std::vector<std::size_t>{1, 2, 7, 8, 9, 16, 33, 100, 1023, 1024}[random() % 10];
    const std::uint64_t splat = random() % 2 ? random() : 0;
    std::vector<std::vector<float>> x;
    for (int i = 0; i < count; ++i) x.push_back(numbers(n, random));
    for (const Isa isa : assembled_isas()) {
      const auto compiled = CompiledKernel::make(kernel, isa);
      REQUIRE(compiled);
      const KernelFunction function = compiled->function({.splat = splat});
      REQUIRE(function);
      std::vector<const float*> operands;
      for (const auto& numbers : x) operands.push_back(numbers.data());
      std::vector<std::vector<float>> y(kernel.results.size(), std::vector<float>(n + 1, 77.0f));
      std::vector<float*> results;
      for (auto& result : y) results.push_back(result.data());
      run_row(function, operands, results, n);
      const auto expected = interpreted(kernel, isa, x, splat, n);
      std::size_t wrong = 0;
      for (std::size_t r = 0; r < y.size(); ++r)
        wrong += differences(expected[r], y[r]) + (y[r][n] != 77.0f);  // and nothing behind the end
      INFO("round " << round << ", " << name_of(isa) << ", " << n << " numbers");
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("machine code updates in place: results may be operands, in any order") {
  std::mt19937 random(8);
  for (int round = 0; round < 200; ++round) {
    Kernel kernel = random_kernel(random, 3, round % 2 ? 60 : 8, false);
    kernel.results.resize(3, static_cast<std::uint16_t>(random() % kernel.instructions.size()));
    const std::size_t n = random() % 100 + 1;
    std::vector<std::vector<float>> x;
    for (int i = 0; i < 3; ++i) x.push_back(numbers(n, random));
    for (const Isa isa : assembled_isas()) {
      const auto expected = interpreted(kernel, isa, x, 0, n);
      std::vector<std::vector<float>> here = x;
      const std::vector<const float*> operands{here[0].data(), here[1].data(), here[2].data()};
      const std::vector<float*> results{here[2].data(), here[0].data(), here[1].data()};
      run_row(CompiledKernel::make(kernel, isa)->function({}), operands, results, n);
      CHECK(differences(expected[0], here[2]) + differences(expected[1], here[0]) + differences(expected[2], here[1]) ==
            0);
    }
  }
}

TEST_CASE(
    "machine code walks rows: strides of its own for every operand and result, one number a row where it is splat") {
  std::mt19937 random(11);
  for (int round = 0; round < 100; ++round) {
    // More than there are registers for addresses, so that some are kept in memory.
    const auto count = static_cast<std::uint16_t>(random() % 12 + 1);
    const Kernel kernel = random_kernel(random, count, 30, false);
    const std::size_t n = random() % 40 + 1, rows = random() % 5 + 1;
    const std::uint64_t splat = random();
    for (const Isa isa : assembled_isas()) {
      std::vector<std::vector<float>> x, y(kernel.results.size(), std::vector<float>(rows * (n + 3)));
      std::vector<const float*> operands;
      std::vector<float*> results;
      std::vector<std::ptrdiff_t> from, to(kernel.results.size(), static_cast<std::ptrdiff_t>((n + 3) * sizeof(float)));
      for (int i = 0; i < count; ++i) {
        from.push_back(i % 3 == 0 ? 0 : static_cast<std::ptrdiff_t>((n + static_cast<std::size_t>(i)) * sizeof(float)));
        x.push_back(numbers(rows * (n + static_cast<std::size_t>(i)), random));
      }
      for (const auto& numbers : x) operands.push_back(numbers.data());
      for (auto& result : y) results.push_back(result.data());
      const KernelRows block{operands.data(), results.data(), from.data(), to.data(), n, rows};
      CompiledKernel::make(kernel, isa)->function({.splat = splat})(&block);
      std::size_t wrong = 0;
      for (std::size_t row = 0; row < rows; ++row) {
        std::vector<std::vector<float>> here;
        for (std::size_t i = 0; i < count; ++i) {
          const float* begin = x[i].data() + row * static_cast<std::size_t>(from[i]) / sizeof(float);
          here.emplace_back(begin, begin + n);
        }
        const auto expected = interpreted(kernel, isa, here, splat, n);
        for (std::size_t r = 0; r < y.size(); ++r) wrong += differences(expected[r], {y[r].data() + row * (n + 3), n});
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE(
    "blocks of matrices come out alike whether rows of full width are walked as one line, one by one or as tiles") {
  std::mt19937 random(12);
  Pool pool(1);
  for (int round = 0; round < 120; ++round) {
    const Kernel kernel = random_kernel(random, 3, 12, false);
    const std::size_t rows = random() % 9 + 2, columns = std::vector<std::size_t>{1, 2, 7, 8, 33}[random() % 5];
    const bool dense = random() % 2;  // else there is room between rows, and no two are one line
    const std::size_t apart = columns + (dense ? 0 : 2);
    std::vector<std::vector<float>> x;
    for (int i = 0; i < 3; ++i) x.push_back(numbers(rows * apart, random));
    const auto view = [&](float* data, std::size_t row_stride, std::size_t column_stride) {
      return FloatView{data,
                       2,
                       {rows, columns},
                       {static_cast<std::ptrdiff_t>(row_stride), static_cast<std::ptrdiff_t>(column_stride)}};
    };
    // A matrix, one number for all, and one for each row or column.
    const bool by_row = random() % 2;
    const std::vector<FloatView> operands{view(x[0].data(), apart, 1), view(x[1].data(), 0, 0),
                                          by_row ? view(x[2].data(), 1, 0) : view(x[2].data(), 0, 1)};
    for (const Isa isa : all_isas()) {
      const ScalarCode code(kernel, isa);
      const auto made = [&](bool whole, std::size_t width) {
        std::vector<std::vector<float>> y(kernel.results.size(), std::vector<float>(rows * apart, 77.0f));
        std::vector<FloatView> results;
        for (auto& result : y) results.push_back(view(result.data(), apart, 1));
        const BlockWork work(code, operands, results);
        for (std::size_t row = 0; row < rows; row += whole ? rows : 2)
          for (std::size_t column = 0; column < columns; column += width)
            work.run(row, std::min(rows - row, whole ? rows : 2), column, std::min(width, columns - column));
        return y;
      };
      std::vector<std::vector<float>> y(kernel.results.size(), std::vector<float>(rows * apart, 77.0f));
      std::vector<FloatView> results;
      for (auto& result : y) results.push_back(view(result.data(), apart, 1));
      run_elementwise(pool, code, operands, results);
      for (const auto& other : {made(true, columns), made(false, columns), made(false, 4)})
        for (std::size_t r = 0; r < y.size(); ++r) CHECK(differences(y[r], other[r]) == 0);
    }
  }
}

TEST_CASE("results that go around the caches are the same numbers") {
  std::mt19937 random(9);
  for (const Isa isa : assembled_isas()) {
    const Kernel kernel = random_kernel(random, 2, 20, false);
    for (const std::size_t n : {1u, 16u, 200u, 1001u}) {
      const std::vector<std::vector<float>> x{numbers(n, random), numbers(n, random)};
      const std::vector<const float*> operands{x[0].data(), x[1].data()};
      AlignedBytes memory(kernel.results.size() * 8192);
      std::vector<float*> results;
      for (std::size_t i = 0; i < kernel.results.size(); ++i)
        results.push_back(reinterpret_cast<float*>(memory.data() + i * 8192));
      run_row(CompiledKernel::make(kernel, isa)->function({.streaming = true}), operands, results, n);
      const auto expected = interpreted(kernel, isa, x, 0, n);
      for (std::size_t i = 0; i < results.size(); ++i) CHECK(differences(expected[i], {results[i], n}) == 0);
    }
  }
}

TEST_CASE("a multiply-add reads what others read afterwards, itself twice, and numbers of the code") {
  VectorCode code;
  const auto put = [&](const VectorInstruction& i) { code.instructions.push_back(i); };
  for (std::uint32_t i = 0; i < 3; ++i) put({.op = VectorOp::operand, .number = i});
  put({.op = VectorOp::constant, .number = 0x3f9d70a4});  // 1.23
  const auto fused = [&](std::uint16_t a, std::uint16_t b, std::uint16_t c) {
    put({.op = VectorOp::multiply_add, .from = {a, b, c}});
    code.results.push_back(static_cast<std::uint16_t>(code.instructions.size() - 1));
  };
  fused(0, 1, 2), fused(0, 0, 4), fused(5, 5, 5), fused(2, 6, 3), fused(3, 1, 7), fused(1, 2, 1), fused(2, 1, 2);
  std::mt19937 random(13);
  constexpr std::size_t n = 100;
  const std::vector<std::vector<float>> x{numbers(n, random), numbers(n, random), numbers(n, random)};
  std::vector<std::vector<float>> expected(code.instructions.size());
  for (std::size_t r = 0; r < expected.size(); ++r)
    for (std::size_t i = 0; i < n; ++i) {
      const auto& [a, b, c, none] = code.instructions[r].from;
      expected[r].push_back(r < 3    ? x[r][i]
                            : r == 3 ? std::bit_cast<float>(code.instructions[r].number)
                                     : std::fma(expected[a][i], expected[b][i], expected[c][i]));
    }
  for (const Isa isa : assembled_isas())
    // All results are kept until the end, or only the last one, so that every source may give way.
    for (const bool all : {true, false}) {
      VectorCode wanted = code;
      if (!all) wanted.results = {code.results[4]};
      std::vector<std::vector<float>> y(wanted.results.size(), std::vector<float>(n));
      std::vector<float*> results;
      for (auto& result : y) results.push_back(result.data());
      run_row(assemble(wanted, {}, isa)->function(), {x[0].data(), x[1].data(), x[2].data()}, results, n);
      for (std::size_t r = 0; r < y.size(); ++r) CHECK(differences(expected[wanted.results[r]], y[r]) == 0);
    }
}

TEST_CASE("equal kernels share their machine code, others have none where they cannot") {
  const Kernel twice{{input(0), call(Scalar::add, 0, 0)}, {1}};
  const Kernel power{{input(0), input(1), call(Scalar::power, 0, 1)}, {2}};
  CHECK(CompiledKernel::make(twice, Isa::portable) == nullptr);
  for (const Isa isa : assembled_isas()) {
    const auto one = CompiledKernel::make(twice, isa);
    CHECK(one == CompiledKernel::make(twice, isa));
    CHECK(one->function({}) != one->function({.splat = 1}));
    CHECK(CompiledKernel::make(power, isa) == nullptr);  // and so the tile interpreter runs it
    CHECK(ScalarCode(power, isa).compiled() == nullptr);
    CHECK(ScalarCode(twice, isa).compiled() != nullptr);
    CHECK(ScalarCode(twice, isa, ScalarCode::Way::interpreted).compiled() == nullptr);
  }
}

TEST_CASE("a register plan never asks for more registers than there are, and spills only when it must") {
  std::mt19937 random(10);
  bool spilled = false;
  for (int round = 0; round < 200; ++round) {
    const auto code = vector_code(random_kernel(random, 12, 200, false));
    REQUIRE(code);
    for (const auto& [working, kept] : {std::pair<std::size_t, std::size_t>{6, 0}, {6, 3}, {14, 0}, {20, 11}}) {
      const RegisterPlan plan = plan_registers(*code, working, kept, 0x5);
      const std::size_t registers = working + kept;
      std::size_t beyond = 0;
      for (const auto* steps : {&plan.before, &plan.each_row, &plan.each})
        for (const MachineStep& step : *steps) {
          const bool to_register = step.kind == MachineStep::Kind::load || step.kind == MachineStep::Kind::compute;
          beyond += to_register && step.to >= registers;
          for (const Source& from : step.from)
            beyond += from.kind == Source::Kind::in_register && from.index >= registers;
        }
      CHECK(beyond == 0);
      spilled = spilled || plan.slots > 0;
    }
  }
  CHECK(spilled);
  const auto small = vector_code({{input(0), input(1), call(Scalar::add, 0, 1)}, {2}});
  CHECK(plan_registers(*small, 6, 0, 0).slots == 0);
  CHECK(most_alive(*small, 0) == 3);  // a result beside its operands
}
