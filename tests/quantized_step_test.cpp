// Products by codes in a compiled program: packed once, packed at every run, with a kernel behind them.
#include <catch2/catch.hpp>
#include <cstring>

#include "compiler/compile.hpp"
#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "compiler/reference.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "tests/draw.hpp"
#include "vitrine/quantized.hpp"

using namespace vitrine;

namespace {

std::vector<std::byte> drawn(const Type& type, Draw& draw) {
  std::vector<std::byte> made(type.bytes());
  for (std::size_t i = 0; i < type.shape.elements(); ++i) {
    const auto x = static_cast<float>(draw.unit() * 2 - 1);
    const std::uint16_t half = to_bfloat16(x * 0.02f);
    if (type.dtype == DType::f32)
      std::memcpy(made.data() + 4 * i, &x, 4);
    else if (type.dtype == DType::bf16)
      std::memcpy(made.data() + 2 * i, &half, 2);
    else
      made[i] = static_cast<std::byte>(draw.below(256));
  }
  return made;
}

/// What the compiled program makes of output y on every instruction set and some numbers of threads is, bit by bit,
/// what the ops' own definitions make; returns the plan for the widest one.
Plan check(const std::string& text, bool grouped = true) {
  Graph graph = parse(text);
  Draw draw(7);
  Values<float> leaves;
  std::map<std::string, std::vector<std::byte>> by_name;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::input || v.node().leaf == Leaf::state)
      by_name[v.node().name] = leaves[v.id] = drawn(v.type(), draw);
  const Value y = graph.outputs().front().second;
  const std::vector<std::byte> want = evaluate<float>(graph, leaves).at(y.id);
  if (grouped) optimize(graph);
  Plan plan;
  for (const Isa isa : all_isas()) {
    plan = compile(graph, CpuTarget(isa));
    for (const int threads : {1, 2, 4}) {
      Pool pool(threads);
      States states;
      Program program(plan, states, pool, isa);
      for (const auto& [name, type] : plan.states) states.set(name, by_name.at(name));
      for (const auto& [name, type] : plan.inputs) program.bind_input(name, by_name.at(name).data());
      for (int run = 0; run < 2; ++run) {
        program.run();
        const auto got = program.output("y");
        REQUIRE(got.size() == want.size());
        CHECK(std::memcmp(got.data(), want.data(), want.size()) == 0);
      }
    }
  }
  return plan;
}

std::size_t count(const Plan& plan, std::string_view kernel) {
  return static_cast<std::size_t>(
      std::ranges::count(plan.steps, kernel, [](const Step& step) -> std::string_view { return step.choice.kernel; }));
}

const Step& product_of(const Plan& plan) {
  return *std::ranges::find(plan.steps, "quantized_product", [](const Step& step) { return step.choice.kernel; });
}

}  // namespace

TEST_CASE("a product by codes that last reads one copy of codes and scales, made once") {
  const Plan plan = check(R"(graph q {
  input %x : f32[2, 5, 70]
  state %codes : i8[70, 40] = 0
  state %scales : bf16[3, 40] = 0
  %3 = quantized_matmul(%x, %codes, %scales) {group = 32, bits = 8, zero = 0, row_bits = 16} : f32[2, 5, 40]
  output y = %3
})");
  CHECK(count(plan, "quantized_product") == 1);
  CHECK(count(plan, "pack_quantized") == 1);
  const Step& step = product_of(plan);
  REQUIRE(step.packed);
  CHECK(step.packed->type.bytes() == step.choice.packing.bytes);
}

TEST_CASE("products by the same codes share the copy") {
  const Plan plan = check(R"(graph q {
  input %x : f32[3, 40]
  state %codes : u8[40, 20] = 0
  state %scales : bf16[40, 2] = 0
  state %zeros : u8[40, 2] = 0
  %4 = quantized_matmul_asymmetric(%x, %codes, %scales, %zeros) {transpose_right = true, group = 32, bits = 4, row_bits = 8} : f32[3, 40]
  %5 = quantized_matmul_asymmetric(%4, %codes, %scales, %zeros) {transpose_right = true, group = 32, bits = 4, row_bits = 8} : f32[3, 40]
  output y = %5
})");
  CHECK(count(plan, "quantized_product") == 2);
  CHECK(count(plan, "pack_quantized") == 1);
}

TEST_CASE("a kernel behind a product by codes runs with it: bias, gelu and what is added to it") {
  const Plan plan = check(R"(graph q {
  input %x : f32[2, 50, 70]
  state %codes : u8[150, 35] = 0
  state %scales : bf16[150, 3] = 0
  state %zeros : u8[150, 3] = 0
  state %bias : f32[150] = 0
  input %rest : f32[2, 50, 150]
  %6 = quantized_matmul_asymmetric(%x, %codes, %scales, %zeros) {transpose_right = true, group = 30, bits = 4, row_bits = 16} : f32[2, 50, 150]
  %7 = add(%6, %bias) : f32[2, 50, 150]
  %8 = gelu_tanh(%7) : f32[2, 50, 150]
  %9 = add(%8, %rest) : f32[2, 50, 150]
  output y = %9
})");
  CHECK(plan.steps.size() == 2);
  CHECK(product_of(plan).kernel);
  CHECK(product_of(plan).packed);
}

TEST_CASE("a product by codes that is stored besides what a kernel makes of it") {
  const Plan plan = check(R"(graph q {
  input %x : f32[3, 33]
  state %codes : i8[33, 70] = 0
  state %scales : bf16[1, 70] = 0
  %3 = quantized_matmul(%x, %codes, %scales) {group = 33, bits = 8, zero = -3, row_bits = 8} : f32[3, 70]
  %4 = relu(%3) : f32[3, 70]
  %5 = mul(%4, %3) : f32[3, 70]
  output y = %5
  output z = %3
})");
  CHECK(count(plan, "quantized_product") == 1);
}

TEST_CASE("a kernel that repeats numbers along rows and between them runs behind a product by codes") {
  check(R"(graph q {
  input %x : f32[2, 3, 33]
  state %codes : i8[33, 70] = 0
  state %scales : bf16[2, 70] = 0
  input %each : f32[2, 1, 1]
  %4 = quantized_matmul(%x, %codes, %scales) {group = 32, bits = 8, zero = 0, row_bits = 8} : f32[2, 3, 70]
  %5 = mul(%4, %each) : f32[2, 3, 70]
  output y = %5
})");
}

TEST_CASE("codes that are inputs are packed at every run") {
  const Plan plan = check(R"(graph q {
  input %x : f32[3, 3]
  input %codes : i8[3, 4]
  input %scales : bf16[2, 4]
  %3 = quantized_matmul(%x, %codes, %scales) {group = 2, bits = 8, zero = 0, row_bits = 16} : f32[3, 4]
  output y = %3
})");
  CHECK(count(plan, "quantized_product") == 1);
  CHECK(count(plan, "pack_quantized") == 0);
}

TEST_CASE("codes that are constants are packed once") {
  const Plan plan = check(R"(graph q {
  input %x : f32[3, 3]
  constant %1 = [0, 1, 2, 3, 18, 9, 250, 255] : u8[4, 2]
  state %scales : bf16[4, 1] = 0
  constant %3 = [1, 2, 3, 255] : u8[4, 1]
  %4 = quantized_matmul_asymmetric(%x, %1, %scales, %3) {transpose_right = true, group = 3, bits = 4, row_bits = 16} : f32[3, 4]
  output y = %4
})");
  CHECK(count(plan, "quantized_product") == 1);
  CHECK(count(plan, "pack_quantized") == 1);
}

TEST_CASE("a product by codes takes rows that lie elsewhere than side by side") {
  const Plan plan = check(R"(graph q {
  input %x : f32[20, 2, 3]
  state %codes : i8[20, 17] = 0
  state %scales : bf16[5, 17] = 0
  %3 = permute(%x) {order = [1, 2, 0]} : f32[2, 3, 20]
  %4 = quantized_matmul(%3, %codes, %scales) {group = 4, bits = 8, zero = 0, row_bits = 16} : f32[2, 3, 17]
  output y = %4
})");
  CHECK(count(plan, "quantized_product") == 1);
}

TEST_CASE("a product by codes whose operands all last is made once") {
  const Plan plan = check(R"(graph q {
  state %x : f32[2, 20] = 0
  state %codes : i8[20, 17] = 0
  state %scales : bf16[5, 17] = 0
  input %more : f32[2, 17]
  %4 = quantized_matmul(%x, %codes, %scales) {group = 4, bits = 8, zero = 0, row_bits = 16} : f32[2, 17]
  %5 = add(%4, %more) : f32[2, 17]
  output y = %5
})",
                          false);
  CHECK(product_of(plan).once);
  CHECK(count(plan, "pack_quantized") == 0);
}
