#pragma once
#include "vitrine/expr.hpp"

namespace vitrine {

/// Calls one axis otherwise: as<time, key>(x). Both are said, because several axes may have the size of key.
template <Axis From, Axis To> constexpr auto as(Shaped auto&& x) {
  constexpr Shape shape = std::remove_cvref_t<decltype(x)>::type.shape;
  constexpr int at = shape.find(From);
  if constexpr (at < shape.rank()) {
    return apply<Rename{shape.with(at, To)}>(std::forward<decltype(x)>(x));
  } else {
    if constexpr (!is_refused<decltype(x)>) stop_the_build<Sentence{} << "as: no axis " << From << " in " << shape>();
    return Refused{};
  }
}

}  // namespace vitrine
