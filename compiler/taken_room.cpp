#include "compiler/taken_room.hpp"

#include <algorithm>
#include <bit>

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
  if (!rooms.empty()) asked_.push_back({rooms.data(), rooms.data() + rooms.size()});
  if (whole) return;
  gather(first, last, at.lower());
  gather(first, last, at.upper());
}

void TakenRoom::take(Room room, std::size_t first, std::size_t last) { take(room, first, last, {1, 0, steps_ - 1}); }

/// Moves on to the next byte that nobody takes, and says where the room behind it begins.
std::size_t TakenRoom::next_gap(std::size_t& free_from) {
  for (bool moved = true; moved;) {
    moved = false;
    std::size_t taken_from = nowhere;
    for (std::size_t i = 0; i < asked_.size();) {
      auto& [room, end] = asked_[i];
      while (room != end && room->end <= free_from) ++room;
      if (room == end) {
        asked_[i] = asked_.back();
        asked_.pop_back();
        continue;
      }
      if (room->begin <= free_from)
        free_from = room->end, moved = true;
      else
        taken_from = std::min(taken_from, room->begin);
      ++i;
    }
    if (!moved) return taken_from;
  }
  return nowhere;
}

std::size_t TakenRoom::free_place(std::size_t bytes, std::size_t first, std::size_t last, Fit fit) {
  asked_.clear();
  gather(first, last, {1, 0, steps_ - 1});
  std::size_t free_from = 0, best = 0, smallest = nowhere;
  for (;;) {
    const std::size_t taken_from = next_gap(free_from), gap = taken_from - free_from;
    if (taken_from == nowhere) return smallest == nowhere ? free_from : best;
    if (gap >= bytes && fit == Fit::lowest) return free_from;
    if (gap >= bytes && gap < smallest) smallest = gap, best = free_from;
    free_from = taken_from;
  }
}

}  // namespace vitrine
