#include "compiler/placement.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <random>
#include <tuple>

#include "compiler/taken_room.hpp"

namespace vitrine {

namespace {

using Fit = TakenRoom::Fit;
/// Within this part of the lower bound no other planner is asked: long graphs, which take longest, come nearest.
constexpr std::size_t good_enough = 256;

/// Larger ones are placed earlier; blocks that are as important as each other, in the order of their first steps.
using Importance = std::pair<std::size_t, std::size_t>;
using BlockNumbers = std::vector<std::size_t>;
constexpr std::size_t any_size = std::numeric_limits<std::size_t>::max();

std::size_t length(const Block& block) { return block.last - block.first + 1; }

/// For each block, the most bytes alive at one of its steps: maxima over stretches of 1, 2, 4, ... steps tell.
std::vector<std::size_t> breadths(const std::vector<Block>& blocks) {
  std::vector<std::vector<std::size_t>> most{bytes_alive(blocks)};
  for (std::size_t stretch = 1; 2 * stretch <= most[0].size(); stretch *= 2) {
    const std::vector<std::size_t>& half = most.back();
    std::vector<std::size_t> next(half.size() - stretch);
    for (std::size_t i = 0; i < next.size(); ++i) next[i] = std::max(half[i], half[i + stretch]);
    most.push_back(std::move(next));
  }
  std::vector<std::size_t> made;
  for (const Block& block : blocks) {
    std::size_t level = 0;
    while (std::size_t{2} << level <= length(block)) ++level;
    made.push_back(std::max(most[level][block.first], most[level][block.last + 1 - (std::size_t{1} << level)]));
  }
  return made;
}

/// One after the other, until the arena would have more bytes than `most`.
Placement placed_in(const BlockNumbers& order, const std::vector<Block>& blocks, Fit fit, std::size_t most) {
  std::size_t steps = 0;
  for (const Block& block : blocks) steps = std::max(steps, block.last + 1);
  TakenRoom room(steps);
  Placement made{.offsets = std::vector<std::size_t>(blocks.size())};
  for (const std::size_t i : order) {
    const Block& block = blocks[i];
    const std::size_t begin = room.free_place(block.bytes, block.first, block.last, fit), end = begin + block.bytes;
    if (end > most) return {.bytes = end};
    room.take({begin, end}, block.first, block.last);
    made.offsets[i] = begin;
    made.bytes = std::max(made.bytes, end);
  }
  return made;
}

template <class ImportanceOf> BlockNumbers ordered(const std::vector<Block>& blocks, ImportanceOf importance_of) {
  std::vector<Importance> importance;
  for (std::size_t i = 0; i < blocks.size(); ++i) importance.push_back(importance_of(i));
  BlockNumbers order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return std::tuple(importance[b], blocks[a].first, a) < std::tuple(importance[a], blocks[b].first, b);
  });
  return order;
}

template <class ImportanceOf>
Placement placed(const std::vector<Block>& blocks, Fit fit, std::size_t most, ImportanceOf importance_of) {
  return placed_in(ordered(blocks, importance_of), blocks, fit, most);
}

Importance by_bytes(const Block& block) { return {block.bytes, 0}; }

Placement by_size(const std::vector<Block>& blocks, std::size_t most) {
  return placed(blocks, Fit::lowest, most, [&](std::size_t i) { return by_bytes(blocks[i]); });
}

Placement by_size_tightly(const std::vector<Block>& blocks, std::size_t most) {
  return placed(blocks, Fit::tightest, most, [&](std::size_t i) { return by_bytes(blocks[i]); });
}

/// By size, where chance makes some smaller than they are: often for few blocks, for more than `placed_at_most` never.
Placement by_chance(const std::vector<Block>& blocks, std::size_t most) {
  constexpr std::size_t placed_at_most = 8192;
  std::mt19937 random;  // the same numbers each time
  Placement best{.bytes = any_size};
  for (std::size_t left = placed_at_most; left >= blocks.size() && !blocks.empty(); left -= blocks.size()) {
    Placement made = placed(blocks, Fit::lowest, std::min(most, best.bytes - 1),
                            [&](std::size_t i) { return Importance(blocks[i].bytes >> (random() % 5), 0); });
    if (made.bytes < best.bytes) best = std::move(made);
  }
  return best;
}

Placement by_breadth(const std::vector<Block>& blocks, std::size_t most) {
  const std::vector<std::size_t> breadth = breadths(blocks);
  return placed(blocks, Fit::lowest, most, [&](std::size_t i) { return Importance(breadth[i], blocks[i].bytes); });
}

Placement by_lifetime(const std::vector<Block>& blocks, std::size_t most) {
  return placed(blocks, Fit::lowest, most,
                [&](std::size_t i) { return Importance(length(blocks[i]), blocks[i].bytes); });
}

Placement by_area(const std::vector<Block>& blocks, std::size_t most) {
  return placed(blocks, Fit::lowest, most,
                [&](std::size_t i) { return Importance(blocks[i].bytes / arena_alignment * length(blocks[i]), 0); });
}

Placement by_step(const std::vector<Block>& blocks, std::size_t most) {
  return placed(blocks, Fit::lowest, most,
                [&](std::size_t i) { return Importance(~blocks[i].first, blocks[i].bytes); });
}

}  // namespace

std::span<const Planner> planners() {
  static constexpr std::array all{
      Planner{"by size", "the largest first, each as low as it fits", by_size},
      Planner{"by size, tightly", "the largest first, each in the smallest gap that is large enough", by_size_tightly},
      Planner{"by breadth", "what lives at the fullest step first, each as low as it fits", by_breadth},
      Planner{"by area", "bytes times steps, the most first, each as low as it fits", by_area},
      Planner{"by lifetime", "what lives longest first, each as low as it fits", by_lifetime},
      Planner{"by step", "in the order in which they are made, each as low as it fits", by_step},
      Planner{"by chance", "by size, where chance makes some smaller than they are; the best of many tries",
              by_chance}};
  return all;
}

Placement best_placement(const std::vector<Block>& blocks, std::size_t lower_bound) {
  Placement best{.bytes = any_size};
  for (const Planner& planner : planners()) {
    Placement made = planner.place(blocks, best.bytes - 1);
    if (made.bytes >= best.bytes) continue;
    best = std::move(made);
    best.planner = planner.name;
    if (best.bytes <= lower_bound + lower_bound / good_enough) break;
  }
  return best;
}

}  // namespace vitrine
