#pragma once
#include "vitrine/op.hpp"

namespace vitrine {

/// Equal for nodes with equal ops and equal operands: what the builder and merge_duplicates look twins up by.
inline std::size_t call_hash(const Op& op, std::span<const Value> operands) {
  std::size_t made = op.info->hash(op.attributes.get());
  for (Value v : operands) made = made * 1'000'003 + v.id;
  return made;
}

}  // namespace vitrine
