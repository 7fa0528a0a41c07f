#pragma once
// Where along an axis each sequence of a batch stands: numbers that a run is given, and so checks.
#include <cstdint>
#include <string>

#include "vitrine/error.hpp"
#include "vitrine/op.hpp"

namespace vitrine {

/// The rule for operands that say a number for each sequence of `x`: i32[batch], where batch is its first axis. Empty
/// if they do.
constexpr Sentence for_each_sequence(std::string_view op, std::string_view what, const Type& x, const Type& numbers) {
  if (numbers.dtype != DType::i32 || numbers.shape.rank() != 1)
    return Sentence{} << op << ": wants a " << what << " i32[batch], one for each sequence of " << x << ", got "
                      << numbers;
  if (!agree(x.shape[0], numbers.shape[0]))
    return Sentence{} << op << ": the sequences of " << x << " and the " << what << " " << numbers
                      << " differ: " << x.shape[0] << " != " << numbers.shape[0];
  return {};
}

/// The rule for an axis that rows are counted along: one of `x` behind the first, which counts sequences.
constexpr Sentence counts_rows(std::string_view op, std::int64_t axis, const Type& x) {
  if (axis >= 1 && axis < x.shape.rank()) return {};
  return Sentence{} << op << ": wants an axis of " << x << " behind the first, which counts sequences, got " << axis;
}

/// The position of a sequence. Throws InputError for one below 0: data decide it, not the program.
inline std::size_t position_of(std::string_view op, const std::int32_t* positions, std::size_t sequence) {
  const std::int32_t at = positions[sequence];
  if (at >= 0) return static_cast<std::size_t>(at);
  throw InputError(std::string(op) + ": sequence " + std::to_string(sequence) + " stands at position " +
                   std::to_string(at) + ", which is before the first; count positions from 0");
}

}  // namespace vitrine
