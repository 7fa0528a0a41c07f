#pragma once
// What to keep of the past: of the values of which all rows are wanted, and of what these are made of, those that cost
// least to keep, together with computing the rest anew. A minimum cut between what is given and what is wanted.
#include <set>

#include "compiler/row_demands.hpp"

namespace vitrine {

/// What one value costs a run that makes one row, in bytes that pass through memory, half of the rows being there
/// (an operation counts as `bytes_of_operation`).
struct KeepingCost {
  double keep = 0;     // its rows are read
  double compute = 0;  // or made again, for all rows
};
KeepingCost keeping_cost(const GoesOn&, Value);

/// The values to keep so that all rows of each of `wanted` are there. Of equal cuts the one nearest to what is wanted,
/// so that the least is done again. Throws UsageError where no cut is possible.
std::set<std::uint32_t> values_to_keep(const GoesOn&, const std::set<std::uint32_t>& wanted);

}  // namespace vitrine
