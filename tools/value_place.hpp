#pragma once
// What a plan makes of a value: the steps that compute and read it, and where it lies meanwhile.
#include "tools/step_facts.hpp"

namespace vitrine {

struct ValuePlace {
  struct InStep {
    std::size_t number = 0;
    std::string what{}, kernel{}, reason{};
    double nanoseconds = 0;  // predicted
    bool once = false, stores = false;
  };
  std::vector<InStep> computed_in{};
  std::vector<std::size_t> read_in{};  // steps that read it, or a view of it
  std::optional<Slot> slot{};          // where it is stored, if it is
  std::optional<Lifetime> lifetime{};  // of its place in the arena
  struct Neighbour {
    std::uint32_t node = 0;
    bool workspace = false;
    std::size_t offset = 0, bytes = 0, first = 0, last = 0;
  };
  std::vector<Neighbour> shares_with{};  // that lie where it lies at other times, the nearest in time first
  std::uint32_t looks_at = 0;            // of a view: the node whose bytes it shows
  bool is_view = false;
  std::size_t steps = 0, arena_bytes = 0;
};

/// Of an alive node of the graph that the plan was made of.
ValuePlace place_of(const Graph&, const Plan&, Value);

}  // namespace vitrine
