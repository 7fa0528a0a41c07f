#pragma once
// Which vector register holds what, and when: a code's instructions in their order, with loads and spills between them
// where its values do not fit.
#include <cstdint>
#include <vector>

#include "runtime/jit/vector_code.hpp"

namespace vitrine {

/// Where an instruction reads a value.
struct Source {
  enum class Kind : std::uint8_t {
    in_register,
    constant,  // of the pool behind the code, one for all lanes
    operand,   // the kernel's, in memory
    slot       // on the stack
  };
  Kind kind;
  std::uint16_t index;
  bool operator==(const Source&) const = default;
};

struct MachineStep {
  enum class Kind : std::uint8_t {
    load,     // from[0] into `to`
    spill,    // register from[0] into slot `to`
    compute,  // instruction `instruction` of `from` into register `to`
    store     // register from[0] into result `to`
  };
  Kind kind;
  std::uint16_t instruction = 0;
  std::uint16_t to = 0;
  std::array<Source, 4> from{};
};

struct RegisterPlan {
  std::vector<MachineStep> before;    // once: numbers of the code
  std::vector<MachineStep> each_row;  // operands that are one number for the row
  std::vector<MachineStep> each;      // for every vector
  std::size_t slots = 0;
};

/// Registers 0 to `working` - 1 (at least 6) hold values as they come and go, `kept` more behind them the most used
/// numbers for the whole loop. Bit i of `splat`: operand i is one number for all of a row. Every result is stored after
/// every operand was read for the last time, so a result may lie where an operand does. The value that is read again
/// last is the one that gives way (L. Belady, IBM Systems Journal 5, 1966).
RegisterPlan plan_registers(const VectorCode&, std::size_t working, std::size_t kept, std::uint64_t splat);

/// The most values alive at once, numbers that never change left out.
std::size_t most_alive(const VectorCode&, std::uint64_t splat);

}  // namespace vitrine
