#pragma once
// A scalar kernel as machine code, for as long as a program needs it.
#include <map>
#include <memory>
#include <mutex>

#include "runtime/jit/assemble.hpp"

namespace vitrine {

/// Read by any number of threads. Equal kernels of a process share one.
class CompiledKernel {
 public:
  /// Null where there is none: on Isa::portable, of a kernel that raises to a power (that takes 64 bits a lane), and
  /// where the system hands out no memory that can be executed. The tile interpreter computes the same bits.
  static std::shared_ptr<const CompiledKernel> make(const Kernel&, Isa);

  /// For operands that are numbers where `form` says so. Assembled at the first call for a form, in some 20 us. Null if
  /// the system has no more memory to execute.
  KernelFunction function(const KernelForm&) const;

 private:
  CompiledKernel(VectorCode code, Isa isa) : code_(std::move(code)), isa_(isa) {}

  VectorCode code_;
  Isa isa_;
  mutable std::mutex mutex_{};
  mutable std::map<KernelForm, std::unique_ptr<MachineCode>> forms_{};
};

}  // namespace vitrine
