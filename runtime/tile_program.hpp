#pragma once
// A scalar kernel made ready to run over tiles: which step reads what, and how few tile buffers suffice.
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vitrine/kernel.hpp"

namespace vitrine {

/// The most numbers a tile has: 4 KiB, so that the tiles of a kernel stay in the first-level cache.
inline constexpr std::size_t tile_size = 1024;

/// Built once from a Kernel, read by any number of threads. Throws InternalError if an instruction reads a register
/// that is not written before it.
class TileProgram {
 public:
  explicit TileProgram(const Kernel& kernel);

  /// Where a step reads a register.
  struct Source {
    enum class Kind : std::uint8_t { operand, constant, buffer, result };
    Kind kind;
    std::uint16_t index;
  };

  /// One pass over the tile. `input` copies an operand and `constant` fills with a number: they are steps only where
  /// a result asks for them.
  struct Step {
    Scalar op;
    std::array<Source, 3> from;
    Source to;  // a buffer or a result
  };

  /// A result of the kernel. Its home is its destination, unless that overlaps an operand that a step after the one
  /// that writes it still reads (an update in place): then it is its buffer, copied at the end.
  struct Result {
    std::size_t written_by;  // step; of a repeated result, the step of the first
    std::uint16_t same_as;   // the first result with this register; itself if there is none before it
    std::uint16_t buffer;
    std::vector<std::uint16_t> read_later;  // operands read by steps after written_by, in ascending order
  };

  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<Result>& results() const { return results_; }
  const std::vector<float>& constants() const { return constants_; }

  /// How many operands the kernel reads: one more than the highest index.
  std::size_t operands() const { return operands_; }

  /// Floats of scratch that running it takes.
  std::size_t scratch() const { return buffers_ * tile_size; }

 private:
  std::vector<Step> steps_;
  std::vector<Result> results_;
  std::vector<float> constants_;
  std::size_t operands_ = 0;
  std::size_t buffers_ = 0;
};

}  // namespace vitrine
