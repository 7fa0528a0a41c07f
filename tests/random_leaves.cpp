#include "tests/random_leaves.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include "tests/random_graph.hpp"
#include "vitrine/quantized.hpp"

namespace vitrine {

namespace {

void put(std::vector<std::byte>& bytes, auto element) {
  const auto* from = reinterpret_cast<const std::byte*>(&element);
  bytes.insert(bytes.end(), from, from + sizeof element);
}

}  // namespace

std::vector<std::byte> random_elements(const Type& type, Draw& draw) {
  const bool whole = draw.chance(20), wide = draw.chance(15);
  const std::size_t negative = draw.chance(60) ? 50 : draw.chance(50) ? 0 : 100;  // percent
  constexpr std::array<std::int32_t, 7> integers{-2147483647 - 1, 2147483647, -1, 7, 100, 16777217, -3};
  std::vector<std::byte> made;
  for (std::size_t i = 0; i < type.shape.elements(); ++i) {
    const float magnitude = whole ? static_cast<float>(draw.below(3)) : 0.2f + static_cast<float>(draw.unit()) * 1.8f;
    switch (type.dtype) {
      case DType::f32: put(made, draw.chance(negative) ? -magnitude : magnitude); break;
      case DType::i32: put(made, wide ? draw.pick(integers) : static_cast<std::int32_t>(draw.below(3))); break;
      case DType::bf16: put(made, to_bfloat16(draw.chance(negative) ? -magnitude : magnitude)); break;
      case DType::boolean: put(made, static_cast<std::uint8_t>(draw.below(2))); break;
      case DType::i8:
      case DType::u8: put(made, static_cast<std::uint8_t>(draw.bits())); break;
    }
  }
  return made;
}

bool is_tame(const Type& type, const std::vector<std::byte>& bytes) {
  for (std::size_t i = 0; type.dtype == DType::f32 && i < type.shape.elements(); ++i) {
    float x = 0;
    std::memcpy(&x, &bytes[i * sizeof x], sizeof x);
    if (!(std::abs(x) < 1e4f)) return false;
  }
  return true;
}

Leaves hard_leaves(const Graph& graph, Leaves leaves, std::uint64_t seed) {
  using Limits = std::numeric_limits<float>;
  constexpr std::array<float, 14> hard{0.f,
                                       -0.f,
                                       -0.f,
                                       -0.f,
                                       Limits::infinity(),
                                       -Limits::infinity(),
                                       Limits::quiet_NaN(),
                                       1.f,
                                       Limits::denorm_min(),
                                       -1e-40f,
                                       Limits::max(),
                                       -1.f,
                                       Limits::min(),
                                       -3e38f};
  Draw draw(seed);
  for (auto& [name, bytes] : leaves) {
    const Value leaf = graph.find(name);
    if (!leaf) continue;
    const Type& type = leaf.type();
    for (std::size_t i = 0; type.dtype == DType::f32 && i < type.shape.elements(); ++i) {
      const float x = draw.pick(hard);
      if (draw.chance(60)) std::memcpy(&bytes[i * sizeof x], &x, sizeof x);
    }
  }
  return leaves;
}

}  // namespace vitrine
