#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/expr.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/sum_to.hpp"
#include "vitrine/ops/transpose.hpp"

namespace vitrine {

/// [..., M, K] x [..., K, N] -> [..., M, N], or x [K, N] for every batch. A flag says that an operand comes with its
/// last two axes swapped; a pass sets it where it finds a transpose.
struct Matmul {
  VITRINE_ATTRIBUTES(Matmul, (bool, transpose_left), (bool, transpose_right));
  static constexpr Doc doc{.name = "matmul",
                           .kind = Kind::contraction,
                           .rule = "y[m, n] = sum over k of a[m, k] b[k, n]",
                           .derivative = "da = dy bT, db = aT dy"};
  static constexpr bool leads = true;
  static constexpr auto example() { return Example{Matmul{false, false}, std::array{f32<2, 3>, f32<3, 4>}}; }
  bool operator==(const Matmul&) const = default;

  constexpr Inferred type(Type a, Type b) const {
    if (a.shape.rank() < 2 || (b.shape.rank() != 2 && b.shape.rank() != a.shape.rank()))
      return Sentence{} << "matmul: wants [..., M, K] x [..., K, N] or x [K, N], got " << a.shape << " x " << b.shape;
    if (a.dtype != DType::f32 || b.dtype != DType::f32)
      return Sentence{} << "matmul: wants f32, got " << a << " x " << b;
    const Shape x = transpose_left ? swapped(a.shape) : a.shape, y = transpose_right ? swapped(b.shape) : b.shape;
    if (x[-1].size != y[-2].size)
      return Sentence{} << "matmul: inner dimensions differ in " << x << " x " << y << ": " << x[-1].size
                        << " != " << y[-2].size;
    if (!agree(x[-1], y[-2]))
      return Sentence{} << "matmul: inner axes differ in " << x << " x " << y << ": " << x[-1] << " != " << y[-2];
    for (int i = 0; y.rank() > 2 && i < x.rank() - 2; ++i)
      if (!agree(x[i], y[i]))
        return Sentence{} << "matmul: batch axes differ in " << x << " x " << y << ": " << x[i] << " != " << y[i];
    return Type{a.dtype, x.with(-1, y[-1])};
  }

  // C = A B with A, B as the flags make them: dA = dC BT and dB = AT dC, turned back if the operand was turned.
  Gradients vjp(auto in, auto, auto g) const {
    Value a = transpose_left ? transpose(in[0]) : in[0], b = transpose_right ? transpose(in[1]) : in[1];
    // Where one K has a name and the other has none, the name could meet itself in [M, K] or [K, N].
    if (a.type().shape[-1] != b.type().shape[-2]) {
      const std::size_t K = a.type().shape[-1].size;
      a = renamed(a, a.type().shape.with(-1, K));
      b = renamed(b, b.type().shape.with(-2, K));
    }
    const Value da = matmul(g, transpose(b));
    Value db;
    if (in[1].type().shape.rank() > 2 || g.type().shape.rank() == 2) {
      db = matmul(transpose(a), g);
    } else if (transpose_left) {
      db = sum_to(matmul(transpose(a), g), b.type().shape);
    } else {  // all batches' rows are one product's inner dimension: no product of each batch is stored
      db = matmul(transpose(as_rows(a)), as_rows(g));
    }
    return {transpose_left ? transpose(da) : da, transpose_right ? transpose(db) : db};
  }

  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type& out) const {
    return out.shape.elements() * in[0].shape[transpose_left ? -2 : -1].size;
  }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type& out) const {
    const int rank = in[operand].shape.rank(), from_end = axis - rank;
    if (from_end < -2) return keeps(axis);
    if (operand == 0) return (from_end == -2) != transpose_left ? keeps(out.shape.rank() - 2) : reaches_anything;
    return (from_end == -1) != transpose_right ? keeps(out.shape.rank() - 1) : reaches_anything;
  }
  /// Assumed is that what a 0 meets is finite: 0 times infinity is NaN. What a cache was not given yet is 0.
  constexpr Ignored ignores(std::size_t operand, int, std::span<const Type> in, const Type&) const {
    const int other = operand == 0 ? 1 : 0;
    const bool in_last = other == 0 ? !transpose_left : transpose_right;
    return {.number = 0, .meets = other, .at = in[static_cast<std::size_t>(other)].shape.rank() - (in_last ? 1 : 2)};
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Shape &x = in[0].shape(), &y = in[1].shape();
    const std::size_t M = out.shape()[-2].size, N = out.shape()[-1].size, K = x[transpose_left ? -2 : -1].size;
    const std::size_t a_row = transpose_left ? 1 : K, a_column = transpose_left ? M : 1;
    const std::size_t b_row = transpose_right ? 1 : N, b_column = transpose_right ? K : 1;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::size_t batch = i / (M * N), m = i / N % M, n = i % N;
      const Real* a = in[0].reals() + batch * M * K + m * a_row;
      const Real* b = in[1].reals() + (y.rank() > 2 ? batch * K * N : 0) + n * b_column;
      Real sum = 0;
      for (std::size_t k = 0; k < K; ++k) sum += a[k * a_column] * b[k * b_row];
      out.reals()[i] = sum;
    }
  }

 private:
  /// [..., M, K] -> [all rows, K]
  static Value as_rows(Value x) {
    const Shape& shape = x.type().shape;
    const std::size_t K = shape[-1].size;
    return emit(Reshape{Shape{} << (K == 0 ? shape.with(-1, 1).elements() : shape.elements() / K) << shape[-1]}, {x});
  }
  static constexpr Shape swapped(const Shape& s) { return s.with(-1, s[-2]).with(-2, s[-1]); }
};

constexpr auto matmul(Operand auto&& a, Operand auto&& b) {
  return apply<Matmul{false, false}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}

}  // namespace vitrine
