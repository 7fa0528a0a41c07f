#pragma once
// One loop for every scalar function, to be compiled once for each instruction set. The bits are the same on all of
// them. Included by the tile_kernels_<isa>.cpp files only; all has internal linkage, because of
// a shared function the linker would keep one copy, perhaps the one that needs AVX-512.
#include "runtime/tile_table.hpp"
#include "vitrine/math.hpp"

// A result may be an operand, element for element, so the loops carry no dependence: without this the compiler adds a
// check for overlap that sends updates in place to the slow loop.
#ifdef __clang__
#define VITRINE_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define VITRINE_INDEPENDENT _Pragma("GCC ivdep")
#endif

namespace vitrine {
namespace {

template <Scalar op> [[gnu::always_inline]] inline float apply(float a, float b, float c) {
  if constexpr (op == Scalar::add) return a + b;
  if constexpr (op == Scalar::subtract) return a - b;
  if constexpr (op == Scalar::multiply) return a * b;
  if constexpr (op == Scalar::divide) return a / b;
  if constexpr (op == Scalar::power) return math::power(a, b);
  if constexpr (op == Scalar::negate) return -a;
  if constexpr (op == Scalar::absolute) return math::abs(a);
  if constexpr (op == Scalar::square_root) return math::sqrt(a);
  if constexpr (op == Scalar::exponential) return math::exp(a);
  if constexpr (op == Scalar::logarithm) return math::log(a);
  if constexpr (op == Scalar::softplus) return math::softplus(a);
  if constexpr (op == Scalar::tanh) return math::tanh(a);
  if constexpr (op == Scalar::erf) return math::erf(a);
  if constexpr (op == Scalar::sine) return math::sin(a);
  if constexpr (op == Scalar::cosine) return math::cos(a);
  if constexpr (op == Scalar::maximum) return math::maximum(a, b);
  if constexpr (op == Scalar::minimum) return math::minimum(a, b);
  if constexpr (op == Scalar::greater) return a > b ? 1.0f : 0.0f;
  if constexpr (op == Scalar::equal) return a == b ? 1.0f : 0.0f;
  if constexpr (op == Scalar::select) return a != 0.0f ? b : c;
  return a;  // constant and input: a copy
}

/// Bit i of Splat: operand i is one number for the whole tile.
template <Scalar op, unsigned Splat>
void run_tile_step(const float* a, const float* b, const float* c, float* out, std::size_t n) {
  constexpr int operands = arity(op) == 0 ? 1 : arity(op);
  const float a0 = *a;
  const float b0 = operands > 1 ? *b : 0.0f;
  const float c0 = operands > 2 ? *c : 0.0f;
  VITRINE_INDEPENDENT
  for (std::size_t i = 0; i < n; ++i) {
    const float x = (Splat & 1u) != 0 ? a0 : a[i];
    const float y = operands < 2 || (Splat & 2u) != 0 ? b0 : b[i];
    const float z = operands < 3 || (Splat & 4u) != 0 ? c0 : c[i];
    out[i] = apply<op>(x, y, z);
  }
}

template <Scalar op> constexpr void fill_table(TileTable& table) {
  constexpr int operands = arity(op) == 0 ? 1 : arity(op);
  TileStep* const row = table.steps[static_cast<int>(op)];
  row[0] = &run_tile_step<op, 0>;
  row[1] = &run_tile_step<op, 1>;
  if constexpr (operands > 1) {
    row[2] = &run_tile_step<op, 2>;
    row[3] = &run_tile_step<op, 3>;
  }
  if constexpr (operands > 2) {
    row[4] = &run_tile_step<op, 4>;
    row[5] = &run_tile_step<op, 5>;
    row[6] = &run_tile_step<op, 6>;
    row[7] = &run_tile_step<op, 7>;
  }
}

template <int op = 0> constexpr void fill_all(TileTable& table) {
  fill_table<static_cast<Scalar>(op)>(table);
  if constexpr (op < static_cast<int>(Scalar::select)) fill_all<op + 1>(table);
}

constexpr TileTable make_tile_table() {
  TileTable table{};
  fill_all(table);
  return table;
}

}  // namespace
}  // namespace vitrine
