#pragma once
// A scalar kernel: what an elementwise group computes for one element, in SSA form. The compiler makes it from the
// formulas of the group's ops; the runtime runs it over tiles.
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace vitrine {

/// The scalar functions that formulas are made of. Comparisons answer 1 or 0; select(c, a, b) is a where c is not 0.
/// maximum and minimum propagate NaN, as IEEE 754-2019 section 9.6 (maximum, minimum) says.
enum class Scalar : std::uint8_t {
  constant,
  input,
  add,
  subtract,
  multiply,
  divide,
  power,
  negate,
  absolute,
  square_root,
  exponential,
  logarithm,
  softplus,
  tanh,
  erf,
  sine,
  cosine,
  maximum,
  minimum,
  greater,
  equal,
  select
};

/// How many operands a scalar function takes.
constexpr int arity(Scalar op) {
  if (op <= Scalar::input) return 0;
  if (op == Scalar::select) return 3;
  const bool unary = op >= Scalar::negate && op <= Scalar::cosine;
  return unary ? 1 : 2;
}

/// Register i of a kernel is the result of instruction i.
struct Instruction {
  Scalar op;
  float number = 0;                     // of a constant
  std::array<std::uint16_t, 3> from{};  // registers it reads; of an input, from[0] is the operand's index
  bool operator==(const Instruction&) const = default;
};

struct Kernel {
  std::vector<Instruction> instructions;
  std::vector<std::uint16_t> results;  // the registers that are stored, in the order of the step's results
  bool operator==(const Kernel&) const = default;
};

}  // namespace vitrine
