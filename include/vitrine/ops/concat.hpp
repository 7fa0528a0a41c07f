#pragma once
// Several tensors as one: behind each other along an axis (concat), or along a new one (stack).
#include "vitrine/attributes.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/slice.hpp"
#include "vitrine/rows.hpp"

namespace vitrine {

/// Two or more tensors behind each other along one axis; the other axes agree. The axis keeps the first operand's name
/// only if it keeps its size.
struct Concat {
  VITRINE_ATTRIBUTES(Concat, (std::int64_t, axis));
  static constexpr Doc doc{.name = "concat",
                           .kind = Kind::layout,
                           .rule = "y = x, then the other operands, behind each other along axis number `axis`",
                           .derivative = "each operand's is its slice of dy"};
  static constexpr auto example() { return Example{Concat{1}, std::array{f32<2, 3, 2>, f32<2, 1, 2>, f32<2, 2, 2>}}; }
  bool operator==(const Concat&) const = default;

  constexpr Inferred type(std::span<const Type> in) const {
    if (in.size() < 2) return Sentence{} << "concat: wants two operands or more, got " << in.size();
    const Shape& first = in[0].shape;
    if (axis < 0 || axis >= first.rank()) return Sentence{} << "concat: there is no axis " << axis << " in " << first;
    const int at = static_cast<int>(axis);
    Shape made = first;
    std::size_t size = 0;
    for (const Type& t : in) {
      bool fits = t.dtype == in[0].dtype && t.shape.rank() == first.rank();
      for (int i = 0; fits && i < first.rank(); ++i) fits = i == at || agree(made[i], t.shape[i]);
      if (!fits)
        return Sentence{} << "concat: along axis " << axis << " only that axis may differ: " << in[0] << " and " << t;
      for (int i = 0; i < first.rank(); ++i)
        if (i != at) made = made.with(i, joined(made[i], t.shape[i]));
      size += t.shape[at].size;
    }
    return Type{in[0].dtype, made.with(at, resized(first[at], size))};
  }
  constexpr Inferred type(std::same_as<Type> auto... in) const { return type(std::array<Type, sizeof...(in)>{in...}); }

  Gradients vjp(auto in, auto, auto g) const {
    Gradients made;
    std::int64_t begin = 0;
    for (const Value& x : in) {
      const auto size = static_cast<std::int64_t>(x.type().shape[static_cast<int>(axis)].size);
      made.push_back(emit(Slice{axis, begin, begin + size, 1}, {g}));
      begin += size;
    }
    return made;
  }
  constexpr AxisReach reach(std::size_t operand, int at, std::span<const Type> in, const Type&) const {
    std::ptrdiff_t begin = 0;
    for (std::size_t i = 0; i < operand; ++i) begin += static_cast<std::ptrdiff_t>(in[i].shape[at].size);
    return at == axis ? AxisReach{at, -begin, -begin} : keeps(at);
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const {
    NumberRange made = of[0];
    for (const NumberRange& one : of) made = made.with(one);
    return made;
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const std::size_t outer = Rows(out.shape(), static_cast<int>(axis)).outer, size = stored_size<Real>(out.type.dtype);
    auto* to = static_cast<std::byte*>(out.data);
    for (std::size_t i = 0; i < outer; ++i)
      for (const Buffer<Real>& x : in) {
        const std::size_t bytes = x.size() / outer * size;
        if (bytes) std::memcpy(to, static_cast<const std::byte*>(x.data) + i * bytes, bytes);
        to += bytes;
      }
  }
};

/// concat<time>(a, b), concat<-1>(a, b, c): the axis as the first operand has it.
template <Along A> constexpr auto concat(Operand auto&& x, Operand auto&&... others) {
  const auto choose = [](const Shape& shape) {
    const FoundAxis found = A.in("concat", shape);
    return Chosen<Concat>{{found.at}, found.why};
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x), std::forward<decltype(others)>(others)...);
}

/// stack<part>(a, b, c): tensors of one shape under a new outermost axis, here "part 3".
template <Axis New> constexpr auto stack(Operand auto&&... x) {
  constexpr auto above = [](const Shape& shape) {
    Chosen<Reshape> chosen{};
    if (New.size != sizeof...(x))
      return Chosen<Reshape>{
          {}, Sentence{} << "stack: the new axis is " << New << ", but there are " << sizeof...(x) << " operands"};
    if (shape.rank() == static_cast<int>(Shape::max_rank))
      return Chosen<Reshape>{{}, Sentence{} << "stack: no room for one more axis in " << shape};
    chosen.op.to << Axis(1);
    for (const Axis& a : shape) chosen.op.to << a;
    return chosen;
  };
  const auto named = [](const Shape& shape) { return Chosen<Rename>{{shape.with(0, New)}}; };
  return apply_chosen(named, concat<0>(apply_chosen(above, std::forward<decltype(x)>(x))...));
}

}  // namespace vitrine
