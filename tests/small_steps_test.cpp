// A training step of some microseconds: what a run costs beside its numbers.
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "compiler/parse.hpp"
#include "runtime/gemm.hpp"
#include "runtime/gemm_grid.hpp"
#include "tools/compiled.hpp"

namespace {
thread_local std::size_t allocations = 0;  // of this thread, in all of the test program
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* const made = std::malloc(size == 0 ? 1 : size)) return made;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

using namespace vitrine;

namespace {

/// The step of a perceptron over `row` examples at once: products of one row, one column and depth 1, sums of one
/// number.
Graph perceptron_of(int rows) {
  const std::string row = "row " + std::to_string(rows), f32 = " : f32[";
  std::string text = "graph \"perceptron\" {\n  input %x" + f32 + row + ", pixel 70]\n  input %target" + f32 + row +
                     ", answer 1]\n" +
                     R"(  state %weight : f32[pixel 70, answer 1] = 0.0
  state %bias : f32[answer 1] = 0.0
  %4 = matmul(%x, %weight) : f32[ROW, answer 1]
  %5 = add(%4, %bias) : f32[ROW, answer 1]
  %6 = sigmoid(%5) : f32[ROW, answer 1]
  %10 = sub(%target, %6) : f32[ROW, answer 1]
  %11 = abs(%10) : f32[ROW, answer 1]
  %12 = mean(%11) : f32[]
  %14 = matmul(%x, %10) {transpose_left = true} : f32[pixel 70, answer 1]
  %15 = add(%weight, %14) : f32[pixel 70, answer 1]
  %16 = sum_to(%10) {to = [answer 1]} : f32[answer 1]
  %17 = add(%bias, %16) : f32[answer 1]
  output error = %10
  output loss = %12
  update %weight = %15
  update %bias = %17
}
)";
  for (auto at = text.find("ROW"); at != std::string::npos; at = text.find("ROW")) text.replace(at, 3, row);
  return parse(text);
}

/// Floats that end where a page ends of which nothing can be read.
class AtTheEdge {
 public:
  explicit AtTheEdge(std::size_t floats) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    bytes_ = (floats * sizeof(float) + page - 1) / page * page + page;
    memory_ = static_cast<char*>(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(memory_ != MAP_FAILED);
    REQUIRE(mprotect(memory_ + bytes_ - page, page, PROT_NONE) == 0);
    data = reinterpret_cast<float*>(memory_ + bytes_ - page) - floats;
    for (std::size_t i = 0; i < floats; ++i) data[i] = static_cast<float>(i % 7) - 2.5f;
  }
  ~AtTheEdge() { munmap(memory_, bytes_); }
  AtTheEdge(const AtTheEdge&) = delete;
  AtTheEdge& operator=(const AtTheEdge&) = delete;

  float* data;

 private:
  char* memory_;
  std::size_t bytes_;
};

}  // namespace

TEST_CASE("a run of small steps allocates nothing, grouped or not") {
  for (const int rows : {1, 3, 4})
    for (const bool grouped : {true, false}) {
      std::vector<Pass> passes(std::begin(default_pipeline), std::end(default_pipeline));
      if (!grouped) std::erase_if(passes, [](const Pass& pass) { return pass.when == When::at_the_end; });
      Pool pool(1);
      States states(1);
      Program program = compiled(perceptron_of(rows), states, pool, passes);
      const std::vector<float> x(static_cast<std::size_t>(rows) * 70, 0.5f), target(static_cast<std::size_t>(rows), 1);
      program.bind_input("x", x.data());
      program.bind_input("target", target.data());
      program.run();
      const std::size_t before = allocations;
      program.run();
      CHECK(allocations == before);
    }
}

TEST_CASE("a product of less than 10 us is one chunk, and a larger one several") {
  for (const GemmSize size :
       {GemmSize{784, 1, 1}, GemmSize{1, 784, 1}, GemmSize{200, 300, 16}, GemmSize{97, 10, 128}}) {
    CHECK(grid_of(size, 12, 32, false).chunks() == 1);
    CHECK(grid_of(size, 6, 16, false).chunks() == 1);
  }
  CHECK(grid_of({784, 784, 1}, 12, 32, false).chunks() > 1);  // writes 2 MiB
  CHECK(grid_of({256, 128, 128}, 12, 32, false).chunks() > 1);
}

TEST_CASE("a product of few rows reads nothing behind its right operand, whose last columns fill no vector") {
  Pool pool(1);
  for (const Isa isa : all_isas())
    for (const std::size_t M : {1u, 3u, 12u, 13u})
      for (const std::size_t N : {1u, 3u, 4u, 5u, 8u, 15u, 17u, 31u, 33u, 40u})
        for (const std::size_t K : {1u, 2u, 70u, 600u}) {
          const AtTheEdge a(M * K), b(K * N);
          const Matrix left{a.data, static_cast<std::ptrdiff_t>(K), 1},
              right{b.data, static_cast<std::ptrdiff_t>(N), 1};
          std::vector<float> c(M * N), packed(gemm_packed_floats(isa, K, N)), again(M * N);
          std::vector<std::byte> workspace(gemm_workspace(isa, {M, N, K}));
          gemm(pool, isa, {M, N, K}, left, right, c.data(), static_cast<std::ptrdiff_t>(N), workspace);
          gemm_pack(pool, isa, K, N, right, packed.data());
          gemm(pool, isa, {M, N, K}, left, right, again.data(), static_cast<std::ptrdiff_t>(N), workspace, {},
               packed.data());
          CHECK(std::memcmp(c.data(), again.data(), c.size() * sizeof(float)) == 0);
        }
}

TEST_CASE("one column of a product has the bits it has among others") {
  // A left operand whose rows lie side by side: alone, its column is computed as a row.
  Pool pool(1);
  const auto product = [&](std::size_t columns) {
    const std::string n = std::to_string(columns);
    States states(1);
    Program program =
        compiled(parse("graph \"g\" {\n  input %a : f32[40, 77]\n  input %b : f32[40, " + n +
                       "]\n  input %c : f32[77, " + n + "]\n  %4 = matmul(%a, %b) {transpose_left = true} : f32[77, " +
                       n + "]\n  %5 = add(%4, %c) : f32[77, " + n + "]\n  output y = %5\n}\n"),
                 states, pool);
    std::vector<float> a(40 * 77), b(40 * columns), c(77 * columns);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = std::sin(static_cast<float>(i));
    for (std::size_t k = 0; k < 40; ++k)
      for (std::size_t j = 0; j < columns; ++j) b[k * columns + j] = std::cos(static_cast<float>(k + 3 * j));
    for (std::size_t i = 0; i < 77; ++i)
      for (std::size_t j = 0; j < columns; ++j) c[i * columns + j] = std::sin(static_cast<float>(i + j));
    program.bind_input("a", a.data()), program.bind_input("b", b.data()), program.bind_input("c", c.data());
    program.run();
    std::vector<float> y(77 * columns);
    std::memcpy(y.data(), program.output("y").data(), y.size() * sizeof(float));
    return y;
  };
  const std::vector<float> one = product(1), five = product(5);
  for (std::size_t i = 0; i < 77; ++i) CHECK(std::memcmp(&one[i], &five[i * 5], sizeof(float)) == 0);
}
