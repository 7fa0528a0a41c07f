#pragma once
#include <cstring>

#include "vitrine/expr.hpp"

namespace vitrine {

/// [..., M, N] -> [..., N, M]
struct Transpose {
  static constexpr Doc doc{.name = "transpose",
                           .kind = Kind::layout,
                           .rule = "y[..., n, m] = x[..., m, n]",
                           .derivative = "dx = transpose(dy)"};
  static constexpr auto example() { return Example{Transpose{}, std::array{f32<2, 3, 4>}}; }
  bool operator==(const Transpose&) const = default;

  constexpr Inferred type(Type a) const {
    const Shape& x = a.shape;
    if (x.rank() < 2) return Sentence{} << "transpose: wants two axes or more, got " << x;
    return Type{a.dtype, x.with(-1, x[-2]).with(-2, x[-1])};
  }
  Gradients vjp(auto, auto, auto g) const { return {transpose(g)}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const std::size_t M = out.shape()[-2].size, N = out.shape()[-1].size, bytes = stored_size<Real>(out.type.dtype);
    const auto* from = static_cast<const std::byte*>(in[0].data);
    auto* to = static_cast<std::byte*>(out.data);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::size_t b = i / (M * N), m = i / N % M, n = i % N;
      std::memcpy(to + i * bytes, from + ((b * N + n) * M + m) * bytes, bytes);
    }
  }
};

constexpr auto transpose(Operand auto&& x) { return apply<Transpose{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
