#pragma once
// The making of a chunk graph, value by value: rows of those that move, and, of those that do not, rows by place.
#include <unordered_map>

#include "compiler/continuation.hpp"
#include "vitrine/continuation.hpp"

namespace vitrine {

/// Some rows of a value, in the chunk graph.
struct SomeRows {
  Value value{};
  int axis = 0;           // along which they lie
  bool by_place = false;  // the value has no axis for the sequences in the whole graph; here it is the first
};

/// Which rows: an interval about the new ones, or the last new one alone.
struct WhichRows {
  RowInterval interval{};
  bool last = false;
  auto operator<=>(const WhichRows& o) const {
    return std::tie(interval.first, interval.last, last) <=> std::tie(o.interval.first, o.interval.last, o.last);
  }
  bool operator==(const WhichRows&) const = default;
};

/// The same elements under other axes: by another name where only names differ.
Value with_shape(Value, const Shape& to);

class Chunk {
 public:
  Chunk(const GoesOn&, const RowDemands&, const std::set<std::uint32_t>& kept, const ContinuationOptions&);

  /// What is wanted of a value that moves. Its operands were added before.
  void add(Value);
  void hand_out(const std::string& name, Value);

  const ContinuationReport& report() const { return report_; }
  Graph graph() && { return std::move(made_); }

 private:
  class Asked;

  std::size_t count(const WhichRows&) const;
  Axis row_axis(const WhichRows&) const;
  /// What the axis is called in values of which all rows are there: one name has one size in a graph.
  Axis past() const { return {"past", goes_on_.size()}; }
  Value last_row();
  Value first_place(const WhichRows&);
  Value places(const WhichRows&);
  Value whole_numbers(std::int32_t);

  /// Rows of a value that was added, or of one that does not move.
  SomeRows rows_of(Value, int axis, const WhichRows&);
  SomeRows some_of(const SomeRows&, RowInterval there, const WhichRows&);
  Value whole(Value);

  Value computed_whole(Value);
  Value continued(Value, int axis, const WhichRows&);
  SomeRows made_rows(Value, int axis, const WhichRows&);
  SomeRows rows_by_op(Value, int axis, const WhichRows&);
  SomeRows rows_by_place(Value, int axis, const WhichRows&);
  std::optional<SomeRows> lifted(Value, int axis, const WhichRows&);
  SomeRows taken_rows(Value, int axis, const WhichRows&);
  SomeRows with_tail(Value, SomeRows, std::size_t before);
  void keep(Value, const SomeRows&);

  Shape shape_of_rows(Value, int axis, const WhichRows&) const;
  Op op_for(Value, int axis, const WhichRows&) const;
  Value beside(const SomeRows&, Value original, Value reader);
  Value state(std::string_view what, Value of, const Type&);

  const GoesOn& goes_on_;
  const RowDemands& demands_;
  const std::set<std::uint32_t>& kept_;
  const ContinuationOptions& options_;
  Graph made_;
  Value position_{}, length_{};
  Axis batch_{};
  ContinuationReport report_{};
  std::map<std::uint32_t, std::pair<SomeRows, RowInterval>> rows_{};
  std::map<std::tuple<std::uint32_t, int, WhichRows>, SomeRows> others_{};
  std::map<std::uint32_t, Value> whole_{};
};

}  // namespace vitrine
