#pragma once
// How far an element of a result reaches along an axis of an operand. Analyses follow an axis through a graph by it and
// never ask which op they look at: whether a model sees what is to come, what a cache may keep.
#include <optional>
#include <span>

#include "vitrine/type.hpp"

namespace vitrine {

/// Element i along `axis` of the result is made of elements i + first to i + last along the operand's axis, of as many
/// of these as there are, and of no others. Below 0, `axis` says that any element may be made of any: the axis is
/// reduced or mixed.
struct AxisReach {
  static constexpr std::ptrdiff_t far = std::ptrdiff_t{1} << 40;  // no axis is as long: as far as there are elements
  int axis = -1;
  std::ptrdiff_t first = 0, last = 0;
  constexpr bool anything() const { return axis < 0; }
  bool operator==(const AxisReach&) const = default;
};

/// The axis is reduced, or every element of it is mixed with every other.
inline constexpr AxisReach reaches_anything{};
/// Element i is made of element i.
constexpr AxisReach keeps(int axis) { return {axis, 0, 0}; }
/// What broadcasting does: aligned at the right, the axis stays, but for one that is repeated.
constexpr AxisReach keeps_broadcast(int axis, const Shape& in, const Shape& out) {
  const int at = axis + out.rank() - in.rank();
  return in[axis].size == out[at].size ? keeps(at) : reaches_anything;
}
/// Rows along the last axis are each made of one row: what softmax and norms do.
constexpr AxisReach keeps_rows(int axis, const Type& in) {
  return axis == in.shape.rank() - 1 ? reaches_anything : keeps(axis);
}
/// What a reduction to the shape `to` does: aligned at the right, it reduces over the axes that `to` lacks or has as 1.
constexpr AxisReach keeps_reduced(int axis, const Type& in, const Shape& to) {
  const int at = axis - (in.shape.rank() - to.rank());
  return at < 0 || to[at].size != in.shape[axis].size ? reaches_anything : keeps(at);
}
/// What a window of `kernel` elements sees that moves by `stride` along an axis with `padding` before it.
constexpr AxisReach keeps_windows(int axis, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  return stride == 1 ? AxisReach{axis, -padding, kernel - 1 - padding} : reaches_anything;
}

/// The numbers that an element may be, if it is not NaN.
struct NumberRange {
  static constexpr double infinity = __builtin_inf();
  double least = -infinity, most = infinity;
  constexpr bool known() const { return least > -infinity || most < infinity; }
  constexpr bool one_number() const { return least == most; }
  constexpr NumberRange with(double x) const { return {x < least ? x : least, x > most ? x : most}; }
  constexpr NumberRange with(const NumberRange& other) const { return with(other.least).with(other.most); }
  /// That many times, added up.
  constexpr NumberRange times(std::size_t count) const {
    const double n = static_cast<double>(count);
    return count == 0 ? NumberRange{0, 0} : NumberRange{least * n, most * n};
  }
  bool operator==(const NumberRange&) const = default;
};
using NumberRanges = std::span<const NumberRange>;

/// A number that has no part in what an op makes of an axis that it reduces or mixes: the result is the same bit for
/// bit without the elements that are it, but for the sign of a zero.
struct Ignored {
  double number = 0;
  int axis = -1;  // of the result, if the axis is there still; an element that is the number becomes `makes`
  double makes = 0;
  int meets = -1,
      at = -1;  // the operand, and its axis, whose elements these are multiplied with: they have no part either
};

/// That an operand holds numbers of elements: each is to be 0 or more, and less than `below`.
struct Indexed {
  std::size_t operand = 0, below = 0;
};

}  // namespace vitrine
