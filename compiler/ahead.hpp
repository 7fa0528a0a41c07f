#pragma once
// What lies ahead in a value that has two axes of places, one for its rows and one for its keys (a score of a query and
// a key, a mask): the elements whose key is later than their row. Where they all are the number that an op ignores, its
// rows are made of no later keys, and so a mask in plain operations is understood.
//   where(key > row, -inf, scores)                    ahead: -inf, so that a softmax over the keys looks back only
//   softmax of that                                   ahead: 0, so that a product with the values does too
#include <map>

#include "compiler/axis_dependence.hpp"
#include "compiler/closed_value.hpp"
#include "compiler/value_range.hpp"

namespace vitrine {

/// Where an axis of places ends in a node that ignores a number, and how one of its operands could keep what is to come
/// out by holding that number.
struct Masking {
  std::size_t operand;  // of the node: the one that is to hold it
  Places rows, keys;    // in that operand
  std::ptrdiff_t by;    // wherever a key is more than so many places later than the row
  double number;
};
/// All that there are for places that operand `operand` of the node has and that end there; `along`: as much as is
/// known of each operand.
std::vector<Masking> maskings(Value node, std::size_t operand, const Places& ending, const AxisDependence& along);

class Ahead {
 public:
  explicit Ahead(const Graph&);

  /// The numbers of those elements of v whose place along `keys` is more than `by` later than along `rows`. What no
  /// input and no state goes into is computed, up to 2^22 elements, and looked at; else what an op makes of such
  /// elements follows by its own reach and its own range. As with all ranges NaN is left out.
  NumberRange of(Value v, const Places& rows, const Places& keys, std::ptrdiff_t by = 0);
  NumberRange of(Value node, const Masking& m) { return of(node.operands()[m.operand], m.rows, m.keys, m.by); }
  /// Whether these elements have no part in what the node makes.
  bool holds(Value node, const Masking&);
  /// Whether no input and no state goes into v, so that it was looked at.
  bool is_closed(Value v) const { return closed_.contains(v); }

 private:
  NumberRange found(Value, const Places& rows, const Places& keys, std::ptrdiff_t by);
  NumberRange looked_at(Value, const Places& rows, const Places& keys, std::ptrdiff_t by);

  ValueRanges anywhere_;
  ClosedValues closed_{};
  std::map<std::tuple<std::uint32_t, int, std::size_t, int, std::size_t, std::ptrdiff_t>, NumberRange> known_{};
};

}  // namespace vitrine
