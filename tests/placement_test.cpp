// Places in the arena: what every planner must keep to, and which of them wins.
#include "compiler/placement.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <limits>
#include <random>

#include "compiler/taken_room.hpp"

using namespace vitrine;

namespace {

constexpr std::size_t any_size = std::numeric_limits<std::size_t>::max();

/// As in a training: most die soon, some live until the way back has come to them.
std::vector<Block> some_blocks(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Block> made;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t soon = i + random() % 8, mirrored = std::max(i, 2 * count - i - random() % 4);
    const std::size_t bytes = arena_alignment * (1 + (random() % 4 ? random() % 8 : random() % 400));
    made.push_back({bytes, i, random() % 3 ? soon : mirrored});
  }
  return made;
}

std::size_t bound(const std::vector<Block>& blocks) { return Lifetimes{.blocks = blocks}.most_alive(); }

bool overlap(const std::vector<Block>& blocks, const Placement& placed) {
  for (std::size_t a = 0; a < blocks.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      if (blocks[a].first <= blocks[b].last && blocks[b].first <= blocks[a].last &&
          placed.offsets[a] < placed.offsets[b] + blocks[b].bytes &&
          placed.offsets[b] < placed.offsets[a] + blocks[a].bytes)
        return true;
  return false;
}

/// The least of several times that all planners take, in CPU seconds.
double time_of(const std::vector<Block>& blocks) {
  double least = std::numeric_limits<double>::max();
  for (int i = 0; i < 4; ++i) {
    const std::clock_t begin = std::clock();
    for (const Planner& planner : planners()) planner.place(blocks, any_size);
    least = std::min(least, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return least;
}

}  // namespace

TEST_CASE("no planner lets two tensors that live at once overlap, or needs less than the lower bound") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::vector<Block> blocks = some_blocks(20 + 10 * seed, seed);
    for (const Planner& planner : planners()) {
      INFO(planner.name << ", seed " << seed);
      const Placement placed = planner.place(blocks, any_size);
      REQUIRE(placed.offsets.size() == blocks.size());
      CHECK_FALSE(overlap(blocks, placed));
      CHECK(placed.bytes >= bound(blocks));
      std::size_t end = 0;
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        CHECK(placed.offsets[i] % arena_alignment == 0);
        end = std::max(end, placed.offsets[i] + blocks[i].bytes);
      }
      CHECK(placed.bytes == end);
    }
  }
}

TEST_CASE("the placement that is kept is the planners' smallest, and the same each time") {
  std::vector<std::string_view> winners;
  for (unsigned seed = 0; seed < 40; ++seed) {
    const std::vector<Block> blocks = some_blocks(60, seed);
    const Placement best = best_placement(blocks, 0);
    CHECK(best.offsets == best_placement(blocks, 0).offsets);
    std::size_t least = any_size;
    for (const Planner& planner : planners()) least = std::min(least, planner.place(blocks, any_size).bytes);
    CHECK(best.bytes == least);
    winners.push_back(best.planner);
  }
  std::ranges::sort(winners);
  const auto twice = std::ranges::unique(winners);
  winners.erase(twice.begin(), twice.end());
  CHECK(winners.size() >= 3);  // one planner alone would not do
}

TEST_CASE("a planner gives up as soon as it needs more than another did") {
  const std::vector<Block> blocks = some_blocks(100, 1);
  for (const Planner& planner : planners()) {
    const std::size_t bytes = planner.place(blocks, any_size).bytes;
    CHECK(planner.place(blocks, bytes).offsets.size() == blocks.size());
    const Placement none = planner.place(blocks, bytes - 1);
    CHECK(none.offsets.empty());
    CHECK(none.bytes >= bytes);
  }
}

TEST_CASE("tensors that live within each other, as forward and backward leave them, lie without a gap") {
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < 50; ++i) blocks.push_back({arena_alignment * (1 + i * 7 % 13), i, 100 - i});
  CHECK(best_placement(blocks, bound(blocks)).bytes == bound(blocks));
}

TEST_CASE("nothing to place needs no arena") {
  CHECK(best_placement({}, 0).bytes == 0);
  CHECK(Lifetimes{}.most_alive() == 0);
}

TEST_CASE("free room is found where looking at every tensor finds it") {
  struct Taken {
    Room room;
    std::size_t first, last;
  };
  std::mt19937 random(3);
  for (const std::size_t steps : {1u, 2u, 7u, 64u, 100u}) {
    TakenRoom rooms(steps);
    std::vector<Taken> all;
    for (int i = 0; i < 150; ++i) {
      std::size_t first = random() % steps, last = random() % steps;
      if (last < first) std::swap(first, last);
      const std::size_t bytes = 1 + random() % 20;
      std::vector<Room> alive;
      for (const Taken& t : all)
        if (t.first <= last && first <= t.last) alive.push_back(t.room);
      std::ranges::sort(alive, {}, &Room::begin);
      std::size_t free_from = 0, smallest = any_size, tightest = 0, lowest = any_size;
      for (const Room& room : alive) {
        if (room.begin > free_from && room.begin - free_from >= bytes) {
          lowest = std::min(lowest, free_from);
          if (room.begin - free_from < smallest) smallest = room.begin - free_from, tightest = free_from;
        }
        free_from = std::max(free_from, room.end);
      }
      if (smallest == any_size) lowest = tightest = free_from;
      CHECK(rooms.free_place(bytes, first, last, TakenRoom::Fit::lowest) == lowest);
      CHECK(rooms.free_place(bytes, first, last, TakenRoom::Fit::tightest) == tightest);
      const std::size_t begin = random() % 4 ? lowest : free_from + random() % 30;  // with gaps
      rooms.take({begin, begin + bytes}, first, last);
      all.push_back({{begin, begin + bytes}, first, last});
    }
  }
}

TEST_CASE("four times the tensors take the planners four times as long, and not sixteen") {
  const double few = time_of(some_blocks(1000, 1)), many = time_of(some_blocks(4000, 1));
  CAPTURE(few, many);
  CHECK(many < 10 * std::max(few, 1e-3));
}
