#pragma once
#include "vitrine/ops/permute.hpp"

namespace vitrine {

/// The order in which an axis and the last one have changed places; it undoes itself.
constexpr Chosen<Permute> swap_with_last(std::string_view op, const Shape& shape, const Along& axis) {
  const FoundAxis found = axis.in(op, shape);
  Chosen<Permute> swap{{}, found.why};
  const int last = shape.rank() - 1;
  for (int i = 0; found.ok() && i <= last; ++i) swap.op.order << (i == found.at ? last : i == last ? found.at : i);
  return swap;
}
constexpr bool moves_nothing(const Permute& swap) {
  for (int i = 0; i < swap.order.size(); ++i)
    if (swap.order[i] != i) return false;
  return true;
}

/// An op that works along the last axis, along another: the two change places before it and again behind it.
template <auto O, Along A, Operand X> constexpr auto apply_along(X&& x) {
  constexpr std::string_view name = decltype(O)::doc.name;
  if constexpr (is_refused<X>) {
    return Refused{};
  } else if constexpr (Shaped<X>) {
    constexpr Chosen<Permute> swap = swap_with_last(name, std::remove_cvref_t<X>::type.shape, A);
    if constexpr (!swap.ok()) {
      stop_the_build<swap.why>();
      return Refused{};
    } else if constexpr (moves_nothing(swap.op)) {
      return apply<O>(std::forward<X>(x));
    } else {
      return apply<swap.op>(apply<O>(apply<swap.op>(std::forward<X>(x))));
    }
  } else {
    const Chosen<Permute> swap = swap_with_last(name, x.type().shape, A);
    if (!swap.ok()) throw UsageError(swap.why.str());
    if (moves_nothing(swap.op)) return emit(O, {x});
    return emit(swap.op, {emit(O, {emit(swap.op, {x})})});
  }
}

}  // namespace vitrine
