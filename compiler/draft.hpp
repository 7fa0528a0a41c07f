#pragma once
// A plan while it is made: steps are known, places are not.
#include <map>

#include "vitrine/plan.hpp"

namespace vitrine {

/// A tensor that will lie in the arena.
struct ArenaTensor {
  std::uint32_t node;  // that it is the value of; for a workspace the step's last
  std::size_t bytes;
  bool workspace = false;
};

/// In a draft, the index of a slot in the arena is the number of its tensor, and its offset counts from there.
struct Draft {
  /// A state's value after the step.
  struct Update {
    std::uint32_t state;  // index among the plan's states
    Slot next;
  };

  Plan plan{};
  std::vector<ArenaTensor> tensors{};
  std::vector<Update> updates{};
  std::vector<std::vector<std::size_t>> later{};  // for each step, those that must wait for it
  std::map<std::size_t, std::uint32_t> ages{};    // of steps that are younger than their oldest node; see age_of
  std::uint32_t next_value = 0;                   // for copies: above all ids

  /// Of steps that are ready the oldest runs first: by its oldest node, or for a repeated one by its first reader's.
  std::uint32_t age_of(std::size_t step) const;
  /// A new tensor as the dense result of a step.
  Slot add_tensor(std::uint32_t node, const Type&, std::uint32_t value);
  /// Adds a step that copies `from` into a tensor of its own, dense; or to `to`, which is dense.
  Slot copy(const Slot& from, std::uint32_t node);
  void copy(const Slot& from, Slot to, std::uint32_t node);
};

/// The numbers of a draft's steps, in an order.
using StepNumbers = std::vector<std::size_t>;

}  // namespace vitrine
