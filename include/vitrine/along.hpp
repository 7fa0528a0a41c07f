#pragma once
// How a caller says which axes of a tensor are meant, and ops that can be chosen only when its shape is known.
#include "vitrine/error.hpp"
#include "vitrine/expr.hpp"

namespace vitrine {

/// Where an axis is, or a sentence that says why it is nowhere.
struct FoundAxis {
  int at = 0;
  Sentence why{};
  constexpr bool ok() const { return why.length == 0; }
};

/// An axis of a tensor as a caller says it: the axis itself, or its position (below 0: from the end). Of two axes
/// without a name and of one size neither can be meant by its size.
struct Along {
  Axis axis{};
  int position = 0;
  bool by_position = false;

  constexpr Along(const Axis& a) : axis(a) {}
  constexpr Along(std::integral auto p) : position(static_cast<int>(p)), by_position(true) {}

  constexpr FoundAxis in(std::string_view op, const Shape& shape) const {
    const int rank = shape.rank();
    if (by_position) {
      if (position < -rank || position >= rank)
        return {0, Sentence{} << op << ": there is no axis " << position << " in " << shape};
      return {position < 0 ? rank + position : position};
    }
    const int at = shape.find(axis);
    if (at == rank) return {0, Sentence{} << op << ": no axis " << axis << " in " << shape};
    for (int other = at + 1; other < rank; ++other)
      if (shape[other] == axis)
        return {0, Sentence{} << op << ": two axes of " << shape << " are " << axis << "; say which by its position"};
    return {at};
  }
};

/// An op that a function of the front end has chosen for a shape, or the sentence why there is none.
template <class O> struct Chosen {
  O op;
  Sentence why{};
  constexpr bool ok() const { return why.length == 0; }
};

/// Applies the op that choose(shape of x) -> Chosen hands out to x and the others: while the program compiles, or, for
/// Values, now. Throws UsageError with the sentence for Values.
template <class Choose, Operand X, Operand... Others>
constexpr auto apply_chosen(Choose choose, X&& x, Others&&... others) {
  if constexpr ((is_refused<X> || ... || is_refused<Others>)) {
    return Refused{};
  } else if constexpr (Shaped<X>) {
    constexpr auto chosen = choose(std::remove_cvref_t<X>::type.shape);
    if constexpr (chosen.ok()) {
      return apply<chosen.op>(std::forward<X>(x), std::forward<Others>(others)...);
    } else {
      stop_the_build<chosen.why>();
      return Refused{};
    }
  } else {
    const auto chosen = choose(x.type().shape);
    if (!chosen.ok()) throw UsageError(chosen.why.str());
    return emit(chosen.op, {x, others...});
  }
}

}  // namespace vitrine
