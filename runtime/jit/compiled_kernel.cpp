#include "runtime/jit/compiled_kernel.hpp"

#include <tuple>

namespace vitrine {

std::shared_ptr<const CompiledKernel> CompiledKernel::make(const Kernel& kernel, Isa isa) {
  if (isa == Isa::portable) return nullptr;
  auto code = vector_code(kernel);
  if (!code) return nullptr;
  using Key = std::tuple<std::vector<VectorInstruction>, std::vector<std::uint16_t>, Isa>;
  static std::mutex mutex;
  static std::map<Key, std::weak_ptr<const CompiledKernel>> known;
  const std::lock_guard lock(mutex);
  std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<const CompiledKernel>& here = known[Key{code->instructions, code->results, isa}];
  if (auto shared = here.lock()) return shared;
  std::shared_ptr<CompiledKernel> made(new CompiledKernel(std::move(*code), isa));
  // The form that most steps ask for; where the system refuses it, it refuses all.
  auto first = assemble(made->code_, {}, isa);
  if (!first) return nullptr;
  made->forms_[{}] = std::move(first);
  here = made;
  return made;
}

KernelFunction CompiledKernel::function(const KernelForm& form) const {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<MachineCode>& made = forms_[form];
  if (!made) made = assemble(code_, form, isa_);
  return made ? made->function() : nullptr;
}

}  // namespace vitrine
