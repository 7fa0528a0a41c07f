#pragma once
#include <vector>

#include "vitrine/attributes.hpp"
#include "vitrine/expr.hpp"

namespace vitrine {

/// By how much one pair of a row is turned: cosine and sine of position * rate, which is base^(-2 pair / each). The
/// angle is a double, so it is exact to 1e-12 even at position 4096, and each of the two is rounded to a float once:
/// reference and kernel have the same bits.
struct Turn {
  double cosine, sine;
};
inline double rotary_rate(std::size_t pair, std::size_t each, float base) {
  return math::power(static_cast<double>(base), -2 * static_cast<double>(pair) / static_cast<double>(each));
}
inline Turn rotary_turn(std::int32_t position, double rate) {
  const double angle = static_cast<double>(position) * rate;
  return {math::cos(angle), math::sin(angle)};
}

/// Rotary positions (Su et al., RoFormer, arXiv 2104.09864, equation 34): each pair of numbers of a row is turned by an
/// angle that grows with the row's position, so that the product of two rows depends on the distance between them.
/// Pair i is (2i, 2i + 1), as in the paper and Llama 2; or, with `halves`, (i, i + each / 2), as in GPT-NeoX.
/// Positions are those of all sequences, i32[time], or each sequence (the first axis) has its own, i32[batch, time].
/// Backwards it turns back, which is its own derivative.
struct Rotary {
  VITRINE_ATTRIBUTES(Rotary, (Float, base), (bool, halves), (bool, backwards));
  static constexpr Doc doc{
      .name = "rotary",
      .kind = Kind::arithmetic,
      .rule =
          "(r[a], r[b]) = (x[a] cos(t) - x[b] sin(t), x[a] sin(t) + x[b] cos(t)), t = y * base^(-2 i / each), where "
          "pair i of a row is a = 2 i, b = 2 i + 1, or with halves a = i, b = i + each / 2; backwards t is negative",
      .derivative = "dx = rotary(dr, y), turned the other way"};
  static constexpr auto example() { return Example{Rotary{100.f, false, false}, std::array{f32<2, 3, 4>, i32<3>}}; }
  bool operator==(const Rotary&) const = default;

  constexpr Inferred type(Type x, Type position) const {
    const bool by_sequence = position.shape.rank() == 2 && x.shape.rank() > 2;
    if (x.dtype != DType::f32 || x.shape.rank() < 2 || position.dtype != DType::i32 ||
        !(position.shape.rank() == 1 || by_sequence))
      return Sentence{} << "rotary: wants f32[..., time, each] and a position i32[time] for each row, or i32[batch, "
                        << "time] for the rows of each sequence, got " << x << " and " << position;
    if (by_sequence && !agree(x.shape[0], position.shape[0]))
      return Sentence{} << "rotary: the sequences of " << x << " and the positions " << position
                        << " differ: " << x.shape[0] << " != " << position.shape[0];
    if (!agree(x.shape[-2], position.shape[-1]))
      return Sentence{} << "rotary: the rows of " << x << " and the positions " << position
                        << " differ: " << x.shape[-2] << " != " << position.shape[-1];
    if (x.shape[-1].size % 2 != 0) return Sentence{} << "rotary: turns pairs, but the last axis of " << x << " is odd";
    if (!(base > 0.f)) return Sentence{} << "rotary: the base is not above 0";
    return x;
  }
  Gradients vjp(auto in, auto, auto g) const { return {emit(Rotary{base, halves, !backwards}, {g, in[1]}), Value{}}; }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type&) const {
    if (operand == 0) return keeps_rows(axis, in[0]);
    return keeps(axis + 1 < in[1].shape.rank() ? 0 : in[0].shape.rank() - 2);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const std::size_t each = out.shape()[-1].size, time = out.shape()[-2].size, pairs = each / 2;
    const std::size_t sequences = in[1].shape().rank() == 2 ? in[1].shape()[0].size : 1;
    for (std::size_t row = 0, rows = each > 0 ? out.size() / each : 0; row < rows; ++row) {
      const std::int32_t position = in[1].integers()[row / (rows / sequences) * time + row % time];
      for (std::size_t i = 0; i < pairs; ++i) {
        const Turn turn = rotary_turn(position, rotary_rate(i, each, base));
        const Real c = static_cast<Real>(turn.cosine), s = static_cast<Real>(backwards ? -turn.sine : turn.sine);
        const std::size_t a = row * each + (halves ? i : 2 * i), b = a + (halves ? pairs : 1);
        const Real x = in[0].reals()[a], y = in[0].reals()[b];
        out.reals()[a] = x * c - y * s;
        out.reals()[b] = x * s + y * c;
      }
    }
  }
};

/// How the pairs that rotary turns lie in a row: side by side, or one half beside the other.
enum class Pairs { neighbours, halves };

/// rotary(x, iota<time>()), rotary<Pairs::halves>(x, iota<time>()).
template <Pairs P = Pairs::neighbours, Float Base = 10000.f>
constexpr auto rotary(Operand auto&& x, Operand auto&& position) {
  return apply<Rotary{Base, P == Pairs::halves, false}>(std::forward<decltype(x)>(x),
                                                        std::forward<decltype(position)>(position));
}

}  // namespace vitrine
