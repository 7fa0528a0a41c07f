#pragma once
// What stands for a float, and for its bits, when a formula is read to be written down: every operator adds an
// instruction to a code. The functions of math.hpp take a Lane as they take a float.
#include <bit>
#include <map>

#include "runtime/jit/vector_code.hpp"

namespace vitrine {

/// Adds instructions to a code; of equal ones there is only the first.
class VectorCodeWriter {
 public:
  std::uint16_t put(const VectorInstruction&);
  VectorCode& code() { return code_; }
  /// Whether there were more instructions than registers have names; the code is of no use then.
  bool too_long() const { return too_long_; }

 private:
  VectorCode code_{};
  std::map<VectorInstruction, std::uint16_t> known_{};
  bool too_long_ = false;
};

/// A register of a code, or a number that is not in the code yet (its writer is null). `Meaning` tells floats from
/// integers, which have other operators.
template <class Meaning> struct VectorValue {
  VectorValue() = default;
  VectorValue(VectorCodeWriter* to, std::uint16_t at) : writer(to), index(at) {}
  VectorValue(Meaning number) : bits_of_number(std::bit_cast<std::uint32_t>(number)) {}

  /// Its register in `to`, which a number gets here.
  std::uint16_t in(VectorCodeWriter& to) const {
    return writer ? index : to.put({.op = VectorOp::constant, .number = bits_of_number});
  }

  VectorCodeWriter* writer = nullptr;
  std::uint16_t index = 0;
  std::uint32_t bits_of_number = 0;
};
using Lane = VectorValue<float>;
using LaneBits = VectorValue<std::uint32_t>;

/// What a comparison of lanes is until select reads it: the unit has no register for it that kernels could keep.
struct LaneComparison {
  Compare compare;
  VectorCodeWriter* writer;
  std::uint16_t a, b;
};

namespace detail {
// One of the operands is in a code already: of two numbers no operator is ever asked for.
template <class To, class A, class B> To binary(VectorOp op, const A& a, const B& b) {
  VectorCodeWriter& to = *(a.writer ? a.writer : b.writer);
  return {&to, to.put({.op = op, .from = {a.in(to), b.in(to)}})};
}
template <class To, class A> To unary(VectorOp op, const A& a, std::uint32_t number = 0) {
  return {a.writer, a.writer->put({.op = op, .number = number, .from = {a.index}})};
}
inline LaneComparison compared(Compare compare, const Lane& a, const Lane& b) {
  VectorCodeWriter& to = *(a.writer ? a.writer : b.writer);
  return {compare, &to, a.in(to), b.in(to)};
}
}  // namespace detail

inline Lane operator+(Lane a, Lane b) { return detail::binary<Lane>(VectorOp::add, a, b); }
inline Lane operator-(Lane a, Lane b) { return detail::binary<Lane>(VectorOp::subtract, a, b); }
inline Lane operator*(Lane a, Lane b) { return detail::binary<Lane>(VectorOp::multiply, a, b); }
inline Lane operator/(Lane a, Lane b) { return detail::binary<Lane>(VectorOp::divide, a, b); }
inline Lane multiply_add(Lane a, Lane b, Lane c) {
  VectorCodeWriter& to = *(a.writer ? a.writer : b.writer ? b.writer : c.writer);
  return {&to, to.put({.op = VectorOp::multiply_add, .from = {a.in(to), b.in(to), c.in(to)}})};
}
inline LaneComparison operator<(Lane a, Lane b) { return detail::compared(Compare::less, a, b); }
inline LaneComparison operator>(Lane a, Lane b) { return detail::compared(Compare::greater, a, b); }
inline LaneComparison operator==(Lane a, Lane b) { return detail::compared(Compare::equal, a, b); }
inline LaneComparison operator!=(Lane a, Lane b) { return detail::compared(Compare::different, a, b); }

inline LaneBits operator+(LaneBits a, LaneBits b) { return detail::binary<LaneBits>(VectorOp::integer_add, a, b); }
inline LaneBits operator-(LaneBits a, LaneBits b) { return detail::binary<LaneBits>(VectorOp::integer_subtract, a, b); }
inline LaneBits operator&(LaneBits a, LaneBits b) { return detail::binary<LaneBits>(VectorOp::bit_and, a, b); }
inline LaneBits operator|(LaneBits a, LaneBits b) { return detail::binary<LaneBits>(VectorOp::bit_or, a, b); }
inline LaneBits operator^(LaneBits a, LaneBits b) { return detail::binary<LaneBits>(VectorOp::bit_xor, a, b); }
inline LaneBits operator<<(LaneBits a, std::uint32_t count) {
  return detail::unary<LaneBits>(VectorOp::shift_left, a, count);
}
/// Only to ask whether bits are 0.
inline LaneComparison operator!=(LaneBits a, std::uint32_t) { return {Compare::not_zero, a.writer, a.index, a.index}; }
inline LaneBits shift_right_signed(LaneBits a, std::uint32_t count) {
  return detail::unary<LaneBits>(VectorOp::shift_right_signed, a, count);
}
inline Lane signed_to_float(LaneBits a) { return detail::unary<Lane>(VectorOp::to_float, a); }

inline LaneBits bits(Lane a) { return {a.writer, a.index}; }
inline Lane from_bits(LaneBits a) { return {a.writer, a.index}; }
inline Lane select(const LaneComparison& c, Lane a, Lane b) {
  return {c.writer,
          c.writer->put(
              {.op = VectorOp::select, .compare = c.compare, .from = {c.a, c.b, a.in(*c.writer), b.in(*c.writer)}})};
}
inline Lane abs(Lane a) { return from_bits(bits(a) & 0x7fffffffu); }
inline Lane operator-(Lane a) { return from_bits(bits(a) ^ 0x80000000u); }
inline Lane sqrt(Lane a) { return detail::unary<Lane>(VectorOp::square_root, a); }

}  // namespace vitrine
