#pragma once
#include <optional>
#include <span>

namespace vitrine {

/// Spearman's rank correlation of pairs: 1 if both rise together, -1 if one falls as the other rises. Equal numbers
/// share the mean of their ranks. Nothing where one of the two does not vary, or there are fewer than two pairs.
std::optional<double> rank_correlation(std::span<const double> x, std::span<const double> y);

}  // namespace vitrine
