#pragma once
// Runs a scalar kernel over tiles, one pass over the tile for each instruction.
#include <span>

#include "runtime/isa.hpp"
#include "runtime/tile_program.hpp"
#include "runtime/tile_table.hpp"

namespace vitrine {

/// stride is 1, or 0 where one number stands for the whole tile.
struct TileOperand {
  const float* data;
  std::ptrdiff_t stride;
};

/// The loops for an instruction set; look it up once, outside the tiles.
const TileTable& tile_table(Isa isa);

/// One tile of n <= tile_size numbers; scratch is program.scratch() floats. A result may be an operand, element for
/// element (an update in place), but must not overlap an operand or result otherwise. The bits are the same on every
/// instruction set and however the numbers are cut into tiles.
void run_tile(const TileTable& table, const TileProgram& program, std::span<const TileOperand> operands,
              std::span<float* const> results, std::size_t n, std::span<float> scratch);

/// The same from a kernel, for callers that run it once.
void run_tile(Isa isa, const Kernel& kernel, std::span<const TileOperand> operands, std::span<float* const> results,
              std::size_t n, std::span<float> scratch);

/// Floats of scratch that run_tile needs for the kernel.
std::size_t tile_scratch(const Kernel& kernel);

}  // namespace vitrine
