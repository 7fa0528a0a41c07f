#include "compiler/taken_room.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace vitrine {

TakenRoom::TakenRoom(std::size_t steps) : steps_(std::max<std::size_t>(1, steps)), knots_(2 * std::bit_ceil(steps_)) {}

/// Joined with what it touches.
void TakenRoom::add(Rooms& rooms, Room room) {
  const auto from = std::ranges::lower_bound(rooms, room.begin, {}, &Room::end);
  auto to = from;
  for (; to != rooms.end() && to->begin <= room.end; ++to)
    room = {std::min(room.begin, to->begin), std::max(room.end, to->end)};
  if (from == to) {
    rooms.insert(from, room);
  } else {
    *from = room;
    rooms.erase(from + 1, to);
  }
}

void TakenRoom::take(Room room, std::size_t first, std::size_t last, const Steps& at) {
  if (last < at.first || at.last < first) return;
  add(knots_[at.knot].somewhere, room);
  if (first <= at.first && at.last <= last) return add(knots_[at.knot].throughout, room);
  take(room, first, last, at.lower());
  take(room, first, last, at.upper());
}

void TakenRoom::gather(std::size_t first, std::size_t last, const Steps& at) {
  if (last < at.first || at.last < first) return;
  const bool whole = first <= at.first && at.last <= last;
  const Rooms& rooms = whole ? knots_[at.knot].somewhere : knots_[at.knot].throughout;
  gathered_.insert(gathered_.end(), rooms.begin(), rooms.end());
  if (whole) return;
  gather(first, last, at.lower());
  gather(first, last, at.upper());
}

void TakenRoom::take(Room room, std::size_t first, std::size_t last) { take(room, first, last, {1, 0, steps_ - 1}); }

std::size_t TakenRoom::free_place(std::size_t bytes, std::size_t first, std::size_t last, Fit fit) {
  gathered_.clear();
  gather(first, last, {1, 0, steps_ - 1});
  std::ranges::sort(gathered_, {}, &Room::begin);
  std::size_t free_from = 0, best = 0, smallest = std::numeric_limits<std::size_t>::max();
  for (const Room& room : gathered_) {
    if (room.begin > free_from) {
      const std::size_t gap = room.begin - free_from;
      if (gap >= bytes && fit == Fit::lowest) return free_from;
      if (gap >= bytes && gap < smallest) smallest = gap, best = free_from;
    }
    free_from = std::max(free_from, room.end);
  }
  return smallest == std::numeric_limits<std::size_t>::max() ? free_from : best;
}

}  // namespace vitrine
