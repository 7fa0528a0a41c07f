#pragma once
#include <cstddef>
#include <limits>
#include <vector>

namespace vitrine {

/// Bytes of an arena, from `begin` to before `end`.
struct Room {
  std::size_t begin = 0, end = 0;
};

/// Which bytes of an arena are taken at which steps: a tree over the steps, where each knot keeps what is taken
/// throughout its steps and what is taken at any of them. Neighbouring rooms are one, and an arena that is well filled
/// has few gaps: taking room and asking for it look at a few rooms in each of log(steps) knots, and not at every tensor
/// that lives at the time.
class TakenRoom {
 public:
  explicit TakenRoom(std::size_t steps);

  enum class Fit : bool { lowest, tightest };
  /// Where bytes are free from step `first` to step `last`: the lowest place, or the smallest gap that is large enough
  /// (the lowest of several); behind all that is taken if there is none.
  std::size_t free_place(std::size_t bytes, std::size_t first, std::size_t last, Fit);
  void take(Room, std::size_t first, std::size_t last);

 private:
  using Rooms = std::vector<Room>;  // in order, with gaps between them
  struct Knot {
    Rooms throughout{}, somewhere{};
  };
  struct Steps {
    std::size_t knot, first, last;
    Steps lower() const { return {2 * knot, first, first + (last - first) / 2}; }
    Steps upper() const { return {2 * knot + 1, first + (last - first) / 2 + 1, last}; }
  };
  static void add(Rooms&, Room);
  void take(Room, std::size_t first, std::size_t last, const Steps&);
  void gather(std::size_t first, std::size_t last, const Steps&);

  std::size_t next_gap(std::size_t& free_from);

  /// What is left to look at of a knot's rooms.
  struct Rest {
    const Room *next, *end;
  };
  static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();
  std::size_t steps_;
  std::vector<Knot> knots_;
  std::vector<Rest> asked_{};  // the knots that the last question is about
};

}  // namespace vitrine
