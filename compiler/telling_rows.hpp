#pragma once
// Rows on which functions are told apart.
#include <cstddef>
#include <vector>

namespace vitrine {

using Row = std::vector<double>;

/// Rows of N numbers: the first few ordinary, the others such on which careless forms of the functions differ.
struct TellingRows {
  static constexpr std::size_t ordinary = 3;
  std::vector<Row> rows{};
  explicit TellingRows(std::size_t N);
};

/// The same but for what rounding in double makes of it.
bool agree(const Row& a, const Row& b);

}  // namespace vitrine
