#pragma once
// Which elements along one axis of the inputs (time) each value of a graph is made of, told by each op's own reach.
#include <memory>
#include <optional>
#include <unordered_map>

#include "vitrine/graph.hpp"

namespace vitrine {

/// How a value hangs on what the graph is given along the axis that is followed.
enum class Dependence : std::uint8_t {
  constant,   // not at all: it is the same whatever is given
  pointwise,  // element i on element i alone
  prefix,     // element i on elements up to i: nothing of what is to come
  all         // on later ones too, or on elements of which no axis of its own says where they are
};
constexpr std::string_view name_of(Dependence d) {
  constexpr std::array<std::string_view, 4> names{"constant", "pointwise", "prefix", "all"};
  return names[static_cast<std::size_t>(d)];
}

/// Where positions along the followed axis lie in a value: the element at index i of `axis` stands for position
/// (i / inner) % size and is made of positions `first` to `last` from there. (A merged axis holds several.)
struct Places {
  int axis = 0;
  std::size_t inner = 1, size = 0;
  std::ptrdiff_t first = 0, last = 0;
};
/// What one value is made of.
struct MadeOf {
  std::vector<Places> along{};  // a score of a query and a key has two
  bool anything = false;        // of positions that no axis tells

  bool looks_ahead() const;
};

class Ahead;

/// Safe and not complete: what is called `prefix` is; what is called `all` may be less, where an op does not say how
/// far it reaches, or numbers undo what an op does. Masks that say of each key that is later than its row that it has
/// no part, by the very number that an op ignores, are understood (ahead.hpp), if scores and values are finite.
/// Recognize other parts first (compiler/optimizers.hpp).
class AxisDependence {
 public:
  enum class From {
    inputs,    // elements of the inputs that have an axis of this name: what a model is given
    positions  // whatever has the axis and is made of nothing: states and counters along it too
  };
  AxisDependence(const Graph&, std::string_view axis, From = From::inputs);
  /// The same along one axis of one leaf.
  AxisDependence(const Graph&, Value leaf, int axis);

  Dependence of(Value) const;
  const MadeOf& made_of(Value) const;
  /// Where it becomes `all` on the way to this value, which is: a node that looks ahead or mixes all, whose operands do
  /// not. Empty if there is none.
  Value where_it_spreads(Value) const;

 private:
  void begin(Value, int axis);
  void add(Value);
  /// Where operand `operand` has places that end in v: if what is to come is masked, these are places up to a row.
  std::optional<Places> masked(const Places&, Value v, std::size_t operand);

  const Graph& graph_;
  std::shared_ptr<Ahead> ahead_{};  // made where it is first asked
  std::unordered_map<std::uint32_t, MadeOf> made_of_;
};

/// Where those positions of an operand lie in the node that reads it; none if no axis tells them any more.
std::optional<Places> followed(const Places&, Value reader, std::size_t operand);

/// The same the other way: where these elements of a result, or of a view, come from; moved by `first` = `last`. None
/// if no axis of the operand says it.
std::optional<Places> led_from(const Places&, Value reader, std::size_t operand);

/// How far an op's result reaches along an axis of an operand: as the op says, or as its walk or its formula do;
/// anything if nobody knows. A view is not asked: its elements may lie along other axes.
AxisReach reach_of(const Op&, std::size_t operand, int axis, std::span<const Type> in, const Type& out);

}  // namespace vitrine
