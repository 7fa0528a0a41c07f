#include "runtime/reduce_stages.hpp"

namespace vitrine {

std::vector<Run> runs_of(const Shape& x, const Shape& to) {
  std::vector<Run> made;
  for (int i = 0; i < x.rank(); ++i) {
    if (x[i].size == 1) continue;
    const int kept_at = i - (x.rank() - to.rank());
    const bool reduced = kept_at < 0 || to[kept_at].size != x[i].size;
    if (!made.empty() && made.back().reduced == reduced)
      made.back().size *= x[i].size;
    else
      made.push_back({reduced, x[i].size});
  }
  return made;
}

namespace {

/// How many numbers of a row are one piece, where all rows are reduced to one number; 0: rows count for nothing.
std::size_t piece_of_row(std::size_t row) {
  constexpr std::size_t longest = 256, shortest = 64;
  if (row < shortest) return 0;
  if (row <= longest) return row;
  for (std::size_t piece = longest; piece >= shortest; piece /= 2)
    if (row % piece == 0) return piece;
  return 0;
}

}  // namespace

std::vector<Stage> stages_of(const Shape& x, const Shape& to) {
  std::vector<Run> runs = runs_of(x, to);
  std::vector<Stage> made;
  const auto product = [](auto first, auto last) {
    std::size_t n = 1;
    for (; first != last; ++first) n *= first->size;
    return n;
  };
  if (runs.size() == 1 && runs[0].reduced) {
    std::size_t row = 1;
    for (int i = x.rank() - 1; i >= 0 && row == 1; --i) row = x[i].size;
    const std::size_t n = runs[0].size, piece = row < n ? piece_of_row(row) : 0;
    if (piece > 0) return {{n / piece, piece, 1}, {1, n / piece, 1}};
  }
  for (std::size_t i = runs.size(); i-- > 0;) {
    if (!runs[i].reduced) continue;
    const auto at = runs.begin() + static_cast<std::ptrdiff_t>(i);
    made.push_back({product(runs.begin(), at), at->size, product(at + 1, runs.end())});
    runs.erase(at);
  }
  if (made.empty()) made.push_back({1, 1, product(runs.begin(), runs.end())});
  return made;
}

std::vector<std::size_t> results_of(const std::vector<Run>& runs, const Stage& first) {
  std::vector<Run> before;
  for (std::size_t i = 0, size = 1; size < first.outer; size *= runs[i++].size) before.push_back(runs[i]);
  std::vector<std::size_t> made(first.outer);
  for (std::size_t o = 0; o < first.outer; ++o) {
    std::size_t rest = o, stride = first.columns;
    for (std::size_t i = before.size(); i-- > 0; rest /= before[i].size)
      if (!before[i].reduced) made[o] += rest % before[i].size * stride, stride *= before[i].size;
  }
  return made;
}

}  // namespace vitrine
