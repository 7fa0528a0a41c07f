#pragma once
#include <vector>

#include "vitrine/plan.hpp"

namespace vitrine {

/// Where a program's memories begin.
struct Memory {
  std::byte* arena = nullptr;
  std::vector<const std::byte*> inputs{};  // null until bound
  std::vector<std::byte*> states{};
  std::vector<const std::byte*> constants{};

  /// The address of a slot's first element. Inputs and constants are only read: the checked plan never writes them.
  std::byte* at(const Slot& slot) const {
    switch (slot.space) {
      case Space::input: return inputs[slot.index] ? const_cast<std::byte*>(inputs[slot.index]) + slot.offset : nullptr;
      case Space::state: return states[slot.index] + slot.offset;
      case Space::constant: return const_cast<std::byte*>(constants[slot.index]) + slot.offset;
      default: return arena + slot.offset;
    }
  }
  float* floats(const Slot& slot) const { return reinterpret_cast<float*>(at(slot)); }
};

}  // namespace vitrine
