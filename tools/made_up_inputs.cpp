#include "tools/made_up_inputs.hpp"

#include <cstring>

#include "runtime/random.hpp"
#include "vitrine/bfloat16.hpp"

namespace vitrine {

std::vector<std::byte> made_up(const std::string& name, const Type& type, std::uint64_t seed, std::int32_t largest) {
  const RandomStream random(seed, stream_of(name));
  std::vector<std::byte> made(type.bytes());
  const std::size_t size = size_of(type.dtype);
  for (std::size_t i = 0; i < type.shape.elements(); ++i) {
    const auto whole = static_cast<std::int32_t>(random.uniform(i) * (static_cast<float>(largest) + 0.999f));
    const float x = random.normal(i);
    switch (type.dtype) {
      case DType::f32: std::memcpy(&made[i * size], &x, size); break;
      case DType::boolean: made[i] = static_cast<std::byte>(x > 0); break;
      case DType::bf16: {  // scales
        const std::uint16_t bits = to_bfloat16(0.01f * (1 + random.uniform(i)));
        std::memcpy(&made[i * size], &bits, size);
        break;
      }
      default: std::memcpy(&made[i * size], &whole, size);
    }
  }
  return made;
}

}  // namespace vitrine
