#pragma once
#include <optional>

#include "compiler/draft.hpp"

namespace vitrine {

/// Every tensor and workspace starts at a multiple of this many bytes: a cache line, and the widest vector.
inline constexpr std::size_t arena_alignment = 64;

/// Tensors that share one place, one after the other: from the first step that touches it to the last.
struct Block {
  std::size_t bytes = 0;  // a multiple of arena_alignment
  std::size_t first = 0, last = 0;
};

/// How long the tensors of a draft live if its steps run in some order, and which of them share a place.
struct Lifetimes {
  struct Life {
    std::size_t first = 0, last = 0;
    bool used = false;
    bool output = false;                 // outlives the last step
    std::optional<std::size_t> block{};  // none for a tensor without bytes
  };
  std::vector<Life> tensors{};
  std::vector<Block> blocks{};

  /// The most bytes of blocks alive at one step: no arena can be smaller.
  std::size_t most_alive() const;
};

/// Bytes of blocks alive at each step.
std::vector<std::size_t> bytes_alive(const std::vector<Block>&);

/// `order` has every step of the draft once. A result takes the place of an operand that dies where it is made, if that
/// is as large, dense, and read at the element that is written:
///  - by a kernel, unless a head has put its own result there before the kernel reads;
///  - by a head whose target says so (Choice::overwrites).
Lifetimes lifetimes_of(const Draft&, const StepNumbers& order);

}  // namespace vitrine
