#pragma once
#include "vitrine/along.hpp"
#include "vitrine/attributes.hpp"
#include "vitrine/continuation.hpp"
#include "vitrine/extent.hpp"
#include "vitrine/walk_copy.hpp"

namespace vitrine {

/// Undoes a slice: its elements where they came from in an axis of `size`, zeros elsewhere.
Value unsliced(Value, int axis, std::int64_t begin, std::int64_t step, std::size_t size);  // in pad.hpp

/// Elements begin, begin + step, ... below end of one axis. The axis keeps its name only if it keeps its size, because
/// one name has one size.
struct Slice {
  VITRINE_ATTRIBUTES(Slice, (std::int64_t, axis), (std::int64_t, begin), (std::int64_t, end), (std::int64_t, step));
  static constexpr Doc doc{
      .name = "slice",
      .kind = Kind::layout,
      .rule = "y[..., i, ...] = x[..., begin + i * step, ...] along axis number `axis`, below `end`",
      .derivative = "dx = dy where it came from, 0 elsewhere (pad)"};
  static constexpr auto example() { return Example{Slice{1, 1, 5, 2}, std::array{f32<2, 6, 3>}}; }
  bool operator==(const Slice&) const = default;

  constexpr Inferred type(Type a) const {
    if (axis < 0 || axis >= a.shape.rank())
      return Sentence{} << "slice: there is no axis " << axis << " in " << a.shape;
    const int at = static_cast<int>(axis);
    const auto size = static_cast<std::int64_t>(a.shape[at].size);
    if (step < 1) return Sentence{} << "slice: wants a step of 1 or more, got " << step << "; flip turns an axis round";
    if (begin < 0 || begin > end || end > size)
      return Sentence{} << "slice: " << begin << " to " << end << " does not lie within axis " << axis << " of "
                        << a.shape << ", 0 to " << size;
    const std::int64_t count = begin == end ? 0 : (end - begin - 1) / step + 1;
    return Type{a.dtype, a.shape.with(at, resized(a.shape[at], static_cast<std::size_t>(count)))};
  }
  Gradients vjp(auto in, auto, auto g) const {
    const int at = static_cast<int>(axis);
    return {unsliced(g, at, begin, step, in[0].type().shape[at].size)};
  }
  constexpr Walk walk(const Type& in, const Type& out) const {
    Walk made = same_walk(in.shape);
    const int at = static_cast<int>(axis);
    made[static_cast<std::size_t>(at)] = {at, begin, out.shape[at].size > 1 ? step : 0};
    return made;
  }
  Value continued(Continuation& c) const { return c.rows(0); }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    copy_by_walk(walk(in[0].type, out.type), in[0], out);
  }
};

/// What slice<A, Begin>(x) means by not saying an end.
inline constexpr std::int64_t to_the_end = INT64_MAX;

/// slice<time, 0, 8>(x), slice<time, -1>(x): Begin and End below 0 count from the end, as in Python.
template <Along A, std::int64_t Begin, std::int64_t End = to_the_end, std::int64_t Step = 1>
constexpr auto slice(Operand auto&& x) {
  const auto choose = [](const Shape& shape) {
    const FoundAxis found = A.in("slice", shape);
    if (!found.ok()) return Chosen<Slice>{{}, found.why};
    const auto size = static_cast<std::int64_t>(shape[found.at].size);
    const auto counted = [size](std::int64_t i) { return i < 0 ? i + size : i; };
    return Chosen<Slice>{{found.at, counted(Begin), End == to_the_end ? size : counted(End), Step}};
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x));
}

}  // namespace vitrine
