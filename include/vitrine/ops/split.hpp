#pragma once
// Axes taken apart and put together. Both are a reshape; they keep track of names, and demand them: of two axes without
// a name and of one size neither can be meant. reshape is for those.
#include "vitrine/along.hpp"
#include "vitrine/ops/reshape.hpp"

namespace vitrine {

/// split<width, head, each>(x): the axis `width` becomes the axes head, each, in its place; their sizes multiply to
/// its.
template <Axis From, Axis... To> constexpr auto split(Operand auto&& x) {
  const auto choose = [](const Shape& shape) {
    const auto refused = [](const Sentence& why) { return Chosen<Reshape>{{}, why}; };
    for (const Axis& a : {From, To...})
      if (!a.named())
        return refused(Sentence{} << "split: axis " << a << " has no name, so that it could not be told from others; "
                                  << "reshape is for axes without names");
    const FoundAxis found = Along(From).in("split", shape);
    if (!found.ok()) return refused(found.why);
    if (shape_of<To...>.elements() != From.size)
      return refused(Sentence{} << "split: the sizes of " << shape_of<To...> << " multiply to "
                                << shape_of<To...>.elements() << ", but " << From.label() << " has " << From.size);
    if (shape.rank() - 1 + static_cast<int>(sizeof...(To)) > static_cast<int>(Shape::max_rank))
      return refused(Sentence{} << "split: " << shape << " has no room for the axes " << shape_of<To...>);
    Shape to;
    for (const Axis& a : shape) {
      if (a != From) to << a;
      if (a == From)
        for (const Axis& part : shape_of<To...>) to << part;
    }
    return Chosen<Reshape>{{to}};
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x));
}

/// merge<width, head, each>(x): the neighbours head, each become the one axis `width`; its size is their product.
template <Axis To, Axis... From> constexpr auto merge(Operand auto&& x) {
  const auto choose = [](const Shape& shape) {
    const auto refused = [](const Sentence& why) { return Chosen<Reshape>{{}, why}; };
    for (const Axis& a : {To, From...})
      if (!a.named())
        return refused(Sentence{} << "merge: axis " << a << " has no name, so that it could not be told from others; "
                                  << "reshape is for axes without names");
    if (shape_of<From...>.elements() != To.size)
      return refused(Sentence{} << "merge: the sizes of " << shape_of<From...> << " multiply to "
                                << shape_of<From...>.elements() << ", but " << To.label() << " has " << To.size);
    const FoundAxis first = Along(shape_of<From...>[0]).in("merge", shape);
    if (!first.ok()) return refused(first.why);
    Shape to;
    for (int i = 0; i < shape.rank(); ++i) {
      const int part = i - first.at;
      const bool merged = part >= 0 && part < static_cast<int>(sizeof...(From));
      if (!merged) to << shape[i];
      if (merged && shape[i] != shape_of<From...>[part])
        return refused(Sentence{} << "merge: " << shape_of<From...> << " are no neighbours in this order in " << shape
                                  << "; permute them first");
      if (part == 0) to << To;
    }
    if (first.at + static_cast<int>(sizeof...(From)) > shape.rank())
      return refused(Sentence{} << "merge: " << shape_of<From...> << " are no neighbours in this order in " << shape
                                << "; permute them first");
    return Chosen<Reshape>{{to}};
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x));
}

}  // namespace vitrine
