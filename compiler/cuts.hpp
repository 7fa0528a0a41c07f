#pragma once
#include <algorithm>
#include <span>

#include "compiler/sketch.hpp"

namespace vitrine {

/// A way to make a graph smaller: it can be applied to any run of the things that it is about.
struct Cut {
  std::string_view name;
  std::size_t (*count)(const Sketch&);                          // of what it can cut
  void (*apply)(Sketch&, std::size_t first, std::size_t last);  // cuts those from first up to last
};

/// The items from first up to last; fewer if there are not so many.
template <class T> std::vector<T> part(const std::vector<T>& all, std::size_t first, std::size_t last) {
  last = std::min(last, all.size()), first = std::min(first, last);
  return {all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(last)};
}

/// All of them, those that take most away first:
/// - results: an output or an update goes, with what only it needs
/// - ops: the nodes go; who read them from outside reads inputs of their types, and what they alone read becomes an
///   output
/// - bypasses: a node goes, and its readers read one of its operands, of the same type
/// - leaves: an unread one goes, any other becomes an earlier leaf of its type
/// - numbers: an f32 tensor becomes the number 1
/// - constants: a tensor written out becomes an input
/// - sizes: axes of one size, or of one name, get a smaller size: 1, 2, a half or one less
/// - attributes: one goes, where the op can be without
/// - groups: a step comes apart
/// - notes: a node forgets its place, phase and origin
std::span<const Cut> every_cut();

/// How large a graph is; a cut that does not make it less is none.
struct Size {
  std::size_t ops = 0, leaves = 0, results = 0, elements = 0, sizes = 0, attributes = 0, groups = 0, notes = 0;
  auto operator<=>(const Size&) const = default;
};
Size size_of(const Graph&);

}  // namespace vitrine
