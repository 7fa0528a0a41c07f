#pragma once
// A code as machine code of this process. The only file that knows the assembler.
#include <memory>

#include "runtime/isa.hpp"
#include "runtime/jit/vector_code.hpp"

namespace vitrine {

/// results[i][k] = kernel(operands[0][k], ...) for k < n; of a splat operand only [0] is read. A result may be an
/// operand, element for element, but must not overlap one otherwise.
using KernelFunction = void (*)(const float* const* operands, float* const* results, std::size_t n);

/// What a function is made for.
struct KernelForm {
  std::uint64_t splat = 0;  // bit i: operand i is one number for all
  bool streaming = false;   // results go around the caches; each must begin at a multiple of 64 bytes
  auto operator<=>(const KernelForm&) const = default;
};

/// Memory that can be executed and no longer written.
class MachineCode {
 public:
  virtual ~MachineCode() = default;
  virtual KernelFunction function() const = 0;
  virtual std::size_t bytes() const = 0;
};

/// Null where the system hands out no memory that can be executed, or for Isa::portable.
std::unique_ptr<MachineCode> assemble(const VectorCode&, const KernelForm&, Isa);

}  // namespace vitrine
