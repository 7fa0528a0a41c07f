#include "tools/made_up_run.hpp"

#include "tools/made_up_inputs.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

bool is_whole(const Type& type) {
  return type.dtype != DType::f32 && type.dtype != DType::bf16 && type.dtype != DType::boolean;
}

/// The states' elements, put back at the end of the block.
class Kept {
 public:
  explicit Kept(States& states) : states_(states) {
    for (const std::string& name : states.names()) {
      const auto bytes = states.bytes(name);
      elements_[name] = {bytes.begin(), bytes.end()};
    }
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  ~Kept() {
    for (const auto& [name, bytes] : elements_) std::ranges::copy(bytes, states_.bytes(name).begin());
  }

 private:
  States& states_;
  std::map<std::string, std::vector<std::byte>> elements_{};
};

}  // namespace

MadeUpRun::MadeUpRun(Program& program, States& states, std::uint64_t seed) : program_(program), seed_(seed) {
  const auto& inputs = program.plan().inputs;
  for (const auto& [name, type] : inputs) {
    elements_.emplace(name, type.bytes());
    draw(name, type, 0);
  }
  const Kept kept(states);
  for (const auto& [name, type] : inputs) {
    if (!is_whole(type)) continue;
    // Sizes that tables of tokens and classes have; one more than the largest is the size.
    for (const std::int32_t size :
         {65536, 50257, 32768, 16384, 8192, 4096, 2048, 1024, 512, 256, 128, 96, 64, 32, 16, 10, 8, 4, 2, 1}) {
      if (size > 128 && size_of(type.dtype) == 1) continue;
      draw(name, type, size - 1);
      try {
        program.run();
        break;
      } catch (const InputError&) {
        if (size == 1) throw;
      }
    }
  }
}

void MadeUpRun::draw(const std::string& name, const Type& type, std::int32_t largest) {
  largest_[name] = largest;
  std::ranges::copy(made_up(name, type, seed_, largest), elements_.at(name).data());
  program_.bind_input(name, elements_.at(name).data());
}

}  // namespace vitrine
