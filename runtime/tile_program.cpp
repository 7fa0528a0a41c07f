#include "runtime/tile_program.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "vitrine/error.hpp"

namespace vitrine {
namespace {

using Source = TileProgram::Source;

constexpr std::size_t never = static_cast<std::size_t>(-1);

/// The last instruction that reads each register; `never` where none does.
std::vector<std::size_t> last_reads(const Kernel& kernel) {
  std::vector<std::size_t> last(kernel.instructions.size(), never);
  for (std::size_t i = 0; i < kernel.instructions.size(); ++i) {
    const Instruction& instruction = kernel.instructions[i];
    for (std::size_t slot = 0; slot < static_cast<std::size_t>(arity(instruction.op)); ++slot) {
      if (instruction.from[slot] >= i) {
        throw InternalError("instruction " + std::to_string(i) + " of a kernel reads register " +
                            std::to_string(instruction.from[slot]) + ", which is not written before it");
      }
      last[instruction.from[slot]] = i;
    }
  }
  return last;
}

/// Instructions that reach a result; the others are not run.
std::vector<bool> needed(const Kernel& kernel) {
  std::vector<bool> needed(kernel.instructions.size());
  for (const std::uint16_t result : kernel.results) {
    if (result >= needed.size()) {
      throw InternalError("a kernel stores register " + std::to_string(result) + ", which it does not write");
    }
    needed[result] = true;
  }
  for (std::size_t i = kernel.instructions.size(); i-- > 0;) {
    if (!needed[i]) continue;
    const Instruction& instruction = kernel.instructions[i];
    for (std::size_t slot = 0; slot < static_cast<std::size_t>(arity(instruction.op)); ++slot) {
      needed[instruction.from[slot]] = true;
    }
  }
  return needed;
}

/// Hands out the lowest buffer that is free.
class TileBuffers {
 public:
  std::uint16_t take() {
    const auto free = std::find(taken_.begin(), taken_.end(), false);
    const auto index = static_cast<std::uint16_t>(free - taken_.begin());
    if (free == taken_.end())
      taken_.push_back(true);
    else
      *free = true;
    return index;
  }
  void give_back(std::uint16_t index) { taken_[index] = false; }
  std::size_t count() const { return taken_.size(); }

 private:
  std::vector<bool> taken_;
};

}  // namespace

TileProgram::TileProgram(const Kernel& kernel) {
  const std::vector<std::size_t> last = last_reads(kernel);
  const std::vector<bool> runs = needed(kernel);
  std::vector<Source> home(kernel.instructions.size());
  TileBuffers buffers;

  for (std::size_t i = 0; i < kernel.results.size(); ++i) {
    const auto first = std::find(kernel.results.begin(), kernel.results.end(), kernel.results[i]);
    results_.push_back({never, static_cast<std::uint16_t>(first - kernel.results.begin()), 0, {}});
  }

  for (std::size_t i = 0; i < kernel.instructions.size(); ++i) {
    const Instruction& instruction = kernel.instructions[i];
    if (instruction.op == Scalar::input) operands_ = std::max<std::size_t>(operands_, instruction.from[0] + 1u);
    if (!runs[i]) continue;
    const auto stored = std::find(kernel.results.begin(), kernel.results.end(), i);
    const bool is_result = stored != kernel.results.end();
    Step step{instruction.op, {}, {}};
    if (instruction.op == Scalar::input) {
      home[i] = step.from[0] = {Source::Kind::operand, instruction.from[0]};
    } else if (instruction.op == Scalar::constant) {
      home[i] = step.from[0] = {Source::Kind::constant, static_cast<std::uint16_t>(constants_.size())};
      constants_.push_back(instruction.number);
    }
    const bool is_leaf = arity(instruction.op) == 0;
    if (is_leaf && !is_result) continue;

    const auto count = static_cast<std::size_t>(arity(instruction.op));
    for (std::size_t slot = 0; slot < count; ++slot) step.from[slot] = home[instruction.from[slot]];
    // A buffer that is read for the last time here may be written here: steps go element by element.
    for (std::size_t slot = 0; slot < count; ++slot) {
      const std::uint16_t read = instruction.from[slot];
      const bool repeated =
          std::find(instruction.from.begin(), instruction.from.begin() + slot, read) != instruction.from.begin() + slot;
      if (last[read] == i && home[read].kind == Source::Kind::buffer && !repeated) buffers.give_back(home[read].index);
    }
    if (is_result) {
      Result& result = results_[static_cast<std::size_t>(stored - kernel.results.begin())];
      result.written_by = steps_.size();
      result.buffer = buffers.take();  // never given back: the destination may turn out to be in use
      step.to = {Source::Kind::result, static_cast<std::uint16_t>(stored - kernel.results.begin())};
    } else {
      step.to = {Source::Kind::buffer, buffers.take()};
    }
    if (!is_leaf) home[i] = step.to;
    steps_.push_back(step);
  }
  buffers_ = buffers.count();

  for (Result& result : results_) {
    result.written_by = results_[result.same_as].written_by;
    for (std::size_t i = result.written_by + 1; i < steps_.size(); ++i) {
      for (std::size_t slot = 0; slot < 3; ++slot) {
        const bool reads = slot < static_cast<std::size_t>(std::max(arity(steps_[i].op), 1));
        const Source from = steps_[i].from[slot];
        if (reads && from.kind == Source::Kind::operand) result.read_later.push_back(from.index);
      }
    }
    std::sort(result.read_later.begin(), result.read_later.end());
    result.read_later.erase(std::unique(result.read_later.begin(), result.read_later.end()), result.read_later.end());
  }
}

}  // namespace vitrine
