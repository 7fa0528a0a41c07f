#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/continuation.hpp"
#include "vitrine/elementwise.hpp"
#include "vitrine/ops/slice.hpp"
#include "vitrine/rows.hpp"

namespace vitrine {

/// One axis made longer: `before` and `after` elements of `value` at its ends, `interior` of them between each two of
/// the operand's. The axis keeps its name only if it keeps its size.
struct Pad {
  VITRINE_ATTRIBUTES(Pad, (std::int64_t, axis), (std::int64_t, before), (std::int64_t, after), (std::int64_t, interior),
                     (Float, value));
  static constexpr Doc doc{.name = "pad",
                           .kind = Kind::layout,
                           .rule =
                               "y[..., before + i * (interior + 1), ...] = x[..., i, ...] along axis number `axis`, "
                               "`value` elsewhere",
                           .derivative = "dx = slice(dy)"};
  static constexpr auto example() { return Example{Pad{1, 1, 2, 1, 0.5f}, std::array{f32<2, 3, 2>}}; }
  bool operator==(const Pad&) const = default;

  constexpr Inferred type(Type a) const {
    if (axis < 0 || axis >= a.shape.rank()) return Sentence{} << "pad: there is no axis " << axis << " in " << a.shape;
    if (before < 0 || after < 0 || interior < 0)
      return Sentence{} << "pad: wants 0 or more elements before, after and between, got " << before << ", " << after
                        << " and " << interior << "; slice makes an axis shorter";
    const float filled = value;
    const bool whole =
        filled >= -0x1p31f && filled < 0x1p31f && filled == static_cast<float>(static_cast<std::int64_t>(filled));
    if (a.dtype != DType::f32 && a.dtype != DType::boolean && !(a.dtype == DType::i32 && whole))
      return Sentence{} << "pad: knows f32, bool and, filled with whole numbers, i32, got " << a;
    const int at = static_cast<int>(axis);
    const auto size = static_cast<std::int64_t>(a.shape[at].size);
    if (before > most || after > most || interior > most / (size + 1))
      return Sentence{} << "pad: an axis of more than 2^40 elements was asked for: " << before << " before, " << after
                        << " after and " << interior << " between each two of " << a.shape;
    const auto made = static_cast<std::size_t>(before + after) + spread(a.shape[at].size);
    return Type{a.dtype, a.shape.with(at, resized(a.shape[at], made))};
  }
  Gradients vjp(auto in, auto, auto g) const {
    const auto length = static_cast<std::int64_t>(spread(in[0].type().shape[static_cast<int>(axis)].size));
    return {emit(Slice{axis, before, before + length, interior + 1}, {g})};
  }
  constexpr AxisReach reach(std::size_t, int at, std::span<const Type>, const Type&) const {
    if (at != axis) return keeps(at);
    return interior == 0 ? AxisReach{at, -before, -before} : reaches_anything;
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const {
    return of[0].with(static_cast<double>(float(value)));
  }
  Value continued(Continuation& c) const { return c.rows_or(0, value); }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const float filled = value;
    for (std::size_t i = 0; i < out.size(); ++i) store(out, i, Num<Real>(filled));
    const Rows rows(in[0].shape(), static_cast<int>(axis));
    const std::size_t bytes = rows.inner * stored_size<Real>(out.type.dtype), step = distance();
    if (bytes == 0) return;
    const std::size_t wide = out.shape()[static_cast<int>(axis)].size;
    const auto* from = static_cast<const std::byte*>(in[0].data);
    auto* const to = static_cast<std::byte*>(out.data);
    for (std::size_t outer = 0; outer < rows.outer; ++outer)
      for (std::size_t i = 0; i < rows.size; ++i, from += bytes)
        std::memcpy(to + (outer * wide + static_cast<std::size_t>(before) + i * step) * bytes, from, bytes);
  }

 private:
  constexpr std::size_t distance() const { return static_cast<std::size_t>(interior) + 1; }
  static constexpr std::int64_t most = std::int64_t{1} << 40;
  /// How many elements the operand's take with what lies between them.
  constexpr std::size_t spread(std::size_t size) const { return size == 0 ? 0 : (size - 1) * distance() + 1; }
};

/// pad<time, 1, 2>(x): one zero before and two after; pad<time, 1, 2>(x, value) with another number.
template <Along A, std::int64_t Before, std::int64_t After, Float Filled = 0.f> constexpr auto pad(Operand auto&& x) {
  const auto choose = [](const Shape& shape) {
    const FoundAxis found = A.in("pad", shape);
    return Chosen<Pad>{{found.at, Before, After, 0, Filled}, found.why};
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x));
}

inline Value unsliced(Value x, int axis, std::int64_t begin, std::int64_t step, std::size_t size) {
  const auto count = static_cast<std::int64_t>(x.type().shape[axis].size);
  const std::int64_t length = count == 0 ? 0 : (count - 1) * step + 1;
  return emit(Pad{axis, begin, static_cast<std::int64_t>(size) - begin - length, count > 1 ? step - 1 : 0, 0.f}, {x});
}

}  // namespace vitrine
