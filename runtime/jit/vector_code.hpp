#pragma once
// A scalar kernel spelled out in what a vector unit can do: the functions of math.hpp down to single additions, every
// lane the same. Straight-line code in SSA form; what a register holds is 32 bits, a float or an integer.
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "vitrine/kernel.hpp"

namespace vitrine {

enum class VectorOp : std::uint8_t {
  constant,  // number: its bits
  operand,   // number: which
  add,
  subtract,
  multiply,
  divide,
  square_root,
  multiply_add,  // from[0] * from[1] + from[2], rounded once
  select,        // from[2] where compare holds of from[0] and from[1], else from[3]
  integer_add,
  integer_subtract,
  bit_and,
  bit_or,
  bit_xor,
  shift_left,  // by number
  shift_right_signed,
  to_float  // of a signed integer
};

/// Of floats, false where one is NaN (but `different`, which is true); not_zero looks at from[0] alone, an integer.
enum class Compare : std::uint8_t { less, greater, equal, different, not_zero };

/// How many registers an instruction reads.
constexpr int reads(VectorOp op) {
  if (op <= VectorOp::operand) return 0;
  if (op == VectorOp::select) return 4;
  if (op == VectorOp::multiply_add) return 3;
  const bool one = op == VectorOp::square_root || op >= VectorOp::shift_left;
  return one ? 1 : 2;
}

/// Whether its two operands may change places. (Of two NaN the first one's payload survives; payloads mean nothing.)
constexpr bool commutes(VectorOp op) {
  return op == VectorOp::add || op == VectorOp::multiply || op == VectorOp::integer_add ||
         (op >= VectorOp::bit_and && op <= VectorOp::bit_xor);
}

/// Register i of a code is the result of instruction i.
struct VectorInstruction {
  VectorOp op;
  Compare compare = Compare::less;
  std::uint32_t number = 0;
  std::array<std::uint16_t, 4> from{};
  auto operator<=>(const VectorInstruction&) const = default;
};

struct VectorCode {
  std::vector<VectorInstruction> instructions;
  std::vector<std::uint16_t> results;  // registers, in the order of the kernel's results
};

/// Equal instructions are written once and unused ones left out. Nothing where the kernel needs more than 32 bits a
/// lane (`power`) or more registers than there are names for.
std::optional<VectorCode> vector_code(const Kernel&);

}  // namespace vitrine
