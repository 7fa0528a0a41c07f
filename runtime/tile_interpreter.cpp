#include "runtime/tile_interpreter.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include "vitrine/error.hpp"

namespace vitrine {
namespace {

bool overlap(const float* a, std::size_t a_count, const float* b, std::size_t b_count) {
  const std::less<const float*> before;  // a total order, also of pointers into different arrays
  return before(a, b + b_count) && before(b, a + a_count);
}

/// Whether the result may be written before the steps after it have read their operands.
bool free_to_write(const TileProgram::Result& result, const float* destination, std::span<const TileOperand> operands,
                   std::size_t n) {
  return std::none_of(result.read_later.begin(), result.read_later.end(), [&](std::uint16_t index) {
    const TileOperand& operand = operands[index];
    return overlap(destination, n, operand.data, operand.stride == 0 ? 1 : n);
  });
}

}  // namespace

const TileTable& tile_table(Isa isa) {
  switch (isa) {
    case Isa::portable: return tile_table_portable();
    case Isa::avx2: return tile_table_avx2();
    case Isa::avx512: return tile_table_avx512();
  }
  throw InternalError("the tile interpreter was asked for an instruction set that does not exist");
}

void run_tile(const TileTable& table, const TileProgram& program, std::span<const TileOperand> operands,
              std::span<float* const> results, std::size_t n, std::span<float> scratch) {
  using Source = TileProgram::Source;
  constexpr std::size_t most_results = 64;
  if (n == 0) return;
  if (n > tile_size || operands.size() < program.operands() || results.size() != program.results().size() ||
      scratch.size() < program.scratch() || results.size() > most_results) {
    throw InternalError("a tile of " + std::to_string(n) + " numbers with " + std::to_string(operands.size()) +
                        " operands, " + std::to_string(results.size()) + " results and " +
                        std::to_string(scratch.size()) + " floats of scratch does not fit its kernel");
  }
  float* homes[most_results];
  for (std::size_t i = 0; i < results.size(); ++i) {
    const TileProgram::Result& result = program.results()[i];
    homes[i] = free_to_write(result, results[i], operands, n) ? results[i] : scratch.data() + result.buffer * tile_size;
  }
  for (const TileProgram::Step& step : program.steps()) {
    const float* from[3] = {nullptr, nullptr, nullptr};
    unsigned splat = 0;
    const int count = std::max(arity(step.op), 1);
    for (int slot = 0; slot < count; ++slot) {
      const Source source = step.from[static_cast<std::size_t>(slot)];
      switch (source.kind) {
        case Source::Kind::operand:
          from[slot] = operands[source.index].data;
          if (operands[source.index].stride == 0) splat |= 1u << slot;
          break;
        case Source::Kind::constant:
          from[slot] = &program.constants()[source.index];
          splat |= 1u << slot;
          break;
        case Source::Kind::buffer: from[slot] = scratch.data() + source.index * tile_size; break;
        case Source::Kind::result: from[slot] = homes[source.index]; break;
      }
    }
    float* const to =
        step.to.kind == Source::Kind::result ? homes[step.to.index] : scratch.data() + step.to.index * tile_size;
    table.steps[static_cast<int>(step.op)][splat](from[0], from[1], from[2], to, n);
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    const float* const home = homes[program.results()[i].same_as];
    if (home != results[i]) std::copy_n(home, n, results[i]);
  }
}

void run_tile(Isa isa, const Kernel& kernel, std::span<const TileOperand> operands, std::span<float* const> results,
              std::size_t n, std::span<float> scratch) {
  run_tile(tile_table(isa), TileProgram(kernel), operands, results, n, scratch);
}

std::size_t tile_scratch(const Kernel& kernel) { return TileProgram(kernel).scratch(); }

}  // namespace vitrine
