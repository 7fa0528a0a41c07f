#pragma once
// "Did you mean …?": the known word that is nearest to what was typed.
#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace vitrine {

/// How many letters must be added, removed, replaced, or swapped with their neighbour to turn one word into the other,
/// upper and lower case being equal. (Optimal string alignment: Damerau, "A technique for computer detection and
/// correction of spelling errors", CACM 7(3), 1964; by dynamic programming over prefixes.)
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(x) == lower(y);
  };
  // Row i holds the distance of a's first i letters to each prefix of b; only the last three rows are needed.
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t replaced = last[k - 1] + (same(a[i - 1], b[k - 1]) ? 0 : 1);
      row[k] = std::min({last[k] + 1, row[k - 1] + 1, replaced});
      const bool swapped = i > 1 && k > 1 && same(a[i - 1], b[k - 2]) && same(a[i - 2], b[k - 1]);
      if (swapped) row[k] = std::min(row[k], before[k - 2] + 1);
    }
  }
  return row[b.size()];
}

/// The candidate with the smallest distance, the first of several; empty when none is within a third of the word's
/// letters (one letter in a word of two): a far-fetched suggestion helps less than none.
inline std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::size_t allowed = word.size() == 2 ? 1 : word.size() / 3;
  std::string_view best;
  bool found = false;
  for (const std::string_view candidate : candidates) {
    // The lengths alone tell most words apart, and a very long word costs nothing.
    const std::size_t at_least = std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size());
    if (at_least > allowed) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance > allowed || (found && distance == allowed)) continue;
    best = candidate;
    allowed = distance;
    found = true;
  }
  return best;
}

}  // namespace vitrine
