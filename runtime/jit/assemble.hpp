#pragma once
// A code as machine code of this process. Only assemble.cpp and emitter.* know the assembler.
#include <memory>

#include "runtime/isa.hpp"
#include "runtime/jit/vector_code.hpp"

namespace vitrine {

/// Where a kernel's operands and results lie: `rows` rows of n floats, each so many bytes behind the one before. The
/// addresses are used up.
struct KernelRows {
  const float** operands;
  float** results;
  const std::ptrdiff_t* operand_strides;
  const std::ptrdiff_t* result_strides;
  std::size_t n, rows;
};

/// results[i][k] = kernel(operands[0][k], ...) for k < n, in every row; of a splat operand only [0] is read, which
/// stands for the row. A result may be an operand, element for element, but must not overlap one otherwise.
using KernelFunction = void (*)(const KernelRows*);

/// What a function is made for.
struct KernelForm {
  std::uint64_t splat = 0;  // bit i: operand i is one number for all of a row
  // Bit i: operand i, or result i, is 32 lanes in which a row is added up: what element k reads is what element k - 32
  // has written. The operands and results that are so belong together in their order. The row begins with the operand's
  // 32 numbers, and what comes out lies in the result's, which may be the same ones.
  std::uint64_t lane_operands = 0, lane_results = 0;
  bool streaming = false;  // results go around the caches; each row must begin at a multiple of 64 bytes
  auto operator<=>(const KernelForm&) const = default;
};

/// Memory that can be executed and no longer written.
class MachineCode {
 public:
  virtual ~MachineCode() = default;
  virtual KernelFunction function() const = 0;
};

/// Null where the system hands out no memory that can be executed, or for Isa::portable.
std::unique_ptr<MachineCode> assemble(const VectorCode&, const KernelForm&, Isa);

}  // namespace vitrine
