#pragma once
// The numbers that each value of a graph may be, whatever its inputs and states hold: by intervals, from each op's own
// formula or rule. NaN is left out: what is said holds of every element that is a number.
#include <unordered_map>

#include "vitrine/graph.hpp"

namespace vitrine {

/// A formula's numbers, from those of its operands. `twin[i]` is the first operand that is the same value as operand i:
/// x * x is not negative.
NumberRange range_of(const Symbol& formula, NumberRanges of, std::span<const std::size_t> twin);
/// What an op makes of operands that are such numbers.
NumberRange range_of(Value made, NumberRanges operands);

class ValueRanges {
 public:
  explicit ValueRanges(const Graph&);
  /// Whole numbers that may wrap around are not known; nor are inputs and states, but for masks and bytes.
  NumberRange of(Value) const;

 private:
  std::unordered_map<std::uint32_t, NumberRange> known_;
};

}  // namespace vitrine
