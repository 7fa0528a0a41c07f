#pragma once
// What a graph that goes on along an axis needs of each value: its new rows, the last of them, or all rows so far.
// Followed from the outputs back, by each op's own reach; nothing here knows an op.
#include <map>
#include <set>

#include "compiler/axis_dependence.hpp"

namespace vitrine {

/// Rows from `first` behind the first new one to `last` behind the last new one: {0, 0} are the new rows, {-2, 0} these
/// and the two before them.
struct RowInterval {
  std::ptrdiff_t first = 0, last = 0;
  RowInterval with(RowInterval o) const { return {std::min(first, o.first), std::max(last, o.last)}; }
  bool operator==(const RowInterval&) const = default;
};

struct RowDemand {
  int axis = -1;       // along which its rows lie; -1 while none are wanted by rows
  bool rows = false;   // rows `interval`
  bool last = false;   // the last new row
  bool whole = false;  // all rows so far
  bool ring = true;    // and whoever reads these is content with the last `back` and its own
  RowInterval interval{};
  std::ptrdiff_t back = 0;
  std::size_t tail = 0;  // rows before the new ones that are kept here
  bool own_way = false;  // its op says what makes its rows
  bool taken = false;    // its rows can only be taken from all rows, computed anew
  bool any() const { return rows || last || whole; }
};

/// How the rows of an operand make those of a result: rows along `axis` of the operand, moved and widened.
struct RowPath {
  int axis = -1;
  std::ptrdiff_t first = 0, last = 0;
  bool same() const { return first == 0 && last == 0; }
  bool moves() const { return first == last; }
  bool far() const { return first <= -AxisReach::far / 2; }
};
/// Nothing if no axis of the operand leads to the rows along this axis of the result.
std::optional<RowPath> row_path(Value v, std::size_t operand, int axis);

/// A graph, the axis along which it goes on, and what its values are made of along it.
class GoesOn {
 public:
  GoesOn(const Graph& full, std::string_view axis);

  const Graph& graph() const { return full_; }
  std::string_view axis() const { return axis_; }
  std::size_t size() const { return size_; }  // of the axis: as far as it can go on
  /// Whether a value is made of inputs that have the axis; all others are the same in every run, but for where rows
  /// stand.
  bool moves(Value v) const { return dependence_.of(v) != Dependence::constant; }
  const AxisDependence& dependence() const { return dependence_; }
  /// The axis of a value along which its rows can be kept; nothing if they cannot: they know what is to come, two axes
  /// tell where they stand, or none does.
  std::optional<int> kept_along(Value) const;
  /// The axis of a value that tells the sequence; nothing if none or several do.
  std::optional<int> sequence_axis(Value) const;
  /// What the axis is called in other tensors: a key's is the query's by another name.
  const std::set<std::string>& names() const { return names_; }

 private:
  const Graph& full_;
  std::string axis_;
  AxisDependence dependence_, sequence_;
  std::size_t size_ = 0;
  std::set<std::string> names_{};
};

class RowDemands {
 public:
  /// `results`: what is handed out; only the last row of each if `last`. Values in `kept` have their rows kept, where
  /// all are wanted; others are computed anew. Throws UsageError for what cannot go on.
  RowDemands(const GoesOn&, std::span<const Value> results, bool last, std::size_t rows,
             const std::set<std::uint32_t>& kept);

  const RowDemand& of(Value) const;
  /// Values of which all rows are wanted.
  const std::set<std::uint32_t>& wholes() const { return wholes_; }

 private:
  void visit(Value);
  void visit_rows(Value, RowDemand&);
  void want_rows(Value, int axis, RowInterval, bool last);
  void want_whole(Value, std::ptrdiff_t back, bool ring);

  const GoesOn& goes_on_;
  std::size_t count_;
  const std::set<std::uint32_t>& kept_;
  std::map<std::uint32_t, RowDemand> demands_{};
  std::set<std::uint32_t> wholes_{};
};

}  // namespace vitrine
