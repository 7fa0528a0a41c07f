#pragma once
#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/inverse_size.hpp"
#include "vitrine/ops/mul.hpp"

namespace vitrine {

/// The mean of all elements: f32[]. Of no elements it is NaN.
struct Mean {
  static constexpr Doc doc{.name = "mean",
                           .kind = Kind::reduction,
                           .rule = "y = sum of x / number of elements of x",
                           .derivative = "dx = broadcast_to(dy * inverse_size(x))"};
  static constexpr auto example() { return Example{Mean{}, std::array{f32<2, 3>}}; }
  bool operator==(const Mean&) const = default;
  constexpr Inferred type(Type a) const {
    if (a.dtype != DType::f32)
      return Sentence{} << "mean: wants f32, got " << a << "; make numbers of it with cast<DType::f32>(x)";
    return Type{};
  }
  Gradients vjp(auto in, auto, auto g) const {
    const Shape& shape = in[0].type().shape;
    return {broadcast_to(g * emit(*g.graph, InverseSize{shape}), shape)};
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    Real sum = 0;
    for (std::size_t i = 0; i < in[0].size(); ++i) sum += in[0].reals()[i];
    out.reals()[0] = sum / static_cast<Real>(in[0].size());
  }
};

constexpr auto mean(Operand auto&& x) { return apply<Mean{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
