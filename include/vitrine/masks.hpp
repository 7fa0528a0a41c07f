#pragma once
// What the ops that make masks share: comparisons of numbers, and logic on masks.
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// Two f32 or two i32 operands that broadcast -> a mask. Flat wherever it is not a jump, so it has no gradient.
template <class Self> struct Comparison : Elementwise<Self, 2> {
  static constexpr bool integers = true;
  bool operator==(const Comparison&) const = default;
  constexpr Inferred type(Type x, Type y) const {
    Inferred made = elementwise_type(Self::doc.name, integers, std::array{x, y});
    made.type.dtype = DType::boolean;
    return made;
  }
  Gradients vjp(auto in, auto, auto) const { return Gradients(in.size()); }
};

/// N masks that broadcast -> a mask.
template <class Self, std::size_t N> struct Logical : Elementwise<Self, N> {
  bool operator==(const Logical&) const = default;
  constexpr Inferred type(std::same_as<Type> auto... in) const {
    static_assert(sizeof...(in) == N);
    std::array<Type, N> as_numbers{in...};
    for (Type& t : as_numbers) {
      if (t.dtype != DType::boolean)
        return Sentence{} << Self::doc.name << ": wants masks, got " << t
                          << "; make a mask of it by a comparison, as in greater(x, 0)";
      t.dtype = DType::f32;
    }
    Inferred made = elementwise_type(Self::doc.name, false, as_numbers);
    made.type.dtype = DType::boolean;
    return made;
  }
  Gradients vjp(auto in, auto, auto) const { return Gradients(in.size()); }
};

}  // namespace vitrine
