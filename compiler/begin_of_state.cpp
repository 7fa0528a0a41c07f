#include "compiler/begin_of_state.hpp"

#include "vitrine/error.hpp"

namespace vitrine {

void demand_can_begin(const std::string& name, const Type& type, const Init& init) {
  const DType dtype = type.dtype;
  if (init.rule == Init::Rule::seed) {
    if (type.dtype == DType::i32 && type.shape.rank() == 1 && type.shape[0].size == 2) return;
    throw UsageError(
        (Sentence{} << "state '" << name << "' is " << type << " and cannot begin as the seed, which is i32[2]").str());
  }
  struct Range {
    float least, most;
  };
  // By DType; bf16 only begins at 0, which has the same bits in every type. i32: the largest float it holds.
  constexpr std::array<Range, 6> ranges{{{0, 0}, {0, 0}, {-2147483648.f, 2147483520.f}, {-128, 127}, {0, 255}, {0, 1}}};
  if (dtype == DType::f32) return;
  const Range range = ranges[static_cast<std::size_t>(dtype)];
  const float x = init.scale;
  const bool fits = x >= range.least && x <= range.most;
  if (init.rule != Init::Rule::constant || !fits || x != static_cast<float>(static_cast<std::int64_t>(x)))
    throw UsageError("state '" + name + "' of type " + std::string(name_of(dtype)) +
                     " cannot begin like this; give it a whole number that the type holds");
}

}  // namespace vitrine
