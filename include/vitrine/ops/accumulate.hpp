#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// The sum of two or more tensors of one type, added from the left. Where a value is used several times, its gradients
/// meet here: one n-ary node in a fixed order, so that a tied weight can be seen and the bits do not depend on luck.
struct Accumulate {
  static constexpr Doc doc{.name = "accumulate", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Accumulate{}, std::array{f32<2, 3>, f32<2, 3>, f32<2, 3>}}; }
  bool operator==(const Accumulate&) const = default;
  constexpr Inferred type(std::span<const Type> in) const {
    if (in.size() < 2) return Sentence{} << "accumulate: wants two operands or more, got " << in.size();
    for (const Type& t : in)
      if (t.dtype != DType::f32 || t != in[0])
        return Sentence{} << "accumulate: wants f32 tensors of one type, got " << in[0] << " and " << t;
    return in[0];
  }
  Symbol formula(std::size_t n) const {
    Symbol sum = variable(0);
    for (std::size_t i = 1; i < n; ++i) sum = sum + variable(i);
    return sum;
  }
  Gradients vjp(auto in, auto, auto g) const { return Gradients(in.size(), g); }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out.reals()[i] = in[0].reals()[i];
      for (std::size_t k = 1; k < in.size(); ++k) out.reals()[i] += in[k].reals()[i];
    }
  }
};

inline Value accumulate(std::span<const Value> parts) {
  return parts[0].graph->add(Accumulate{}, {parts.begin(), parts.end()});
}

}  // namespace vitrine
