#pragma once
// What lies between two values as a function of rows, whatever ops compute it and in whatever order.
#include <optional>
#include <span>

#include "compiler/closed_value.hpp"

namespace vitrine {

/// y as a function of x, and of a whole number that each row has beside it if `label` is given: each row (along the
/// last axis) of x gives a row of y, or a number of it. It is made of elementwise ops, of reductions of whole rows, of
/// functions of rows that are ops, of labels picked or marked, and of numbers that depend on nothing. It is run in
/// double, one row at a time, by the ops' own definitions.
class RowFunction {
 public:
  /// How a value lies beside x: as its rows, as one number a row (the last axis 1, or gone), as one number for all, as
  /// x without its axes (flat) or the place in that of each row's label (places), or as sums over whole rows and more.
  enum class Form : std::uint8_t { row, kept, dropped, number, flat, places, total };

  /// Nothing if y depends on anything else, or elements of other rows have a part in it (but for the sum that y may
  /// be itself: `total`), or more than 32 nodes lie between the two.
  static std::optional<RowFunction> between(Value x, Value y, Value label = {});

  /// The row of y, as many numbers as x has; where y has one for each row, that. Of a total what this row adds to it.
  std::vector<double> operator()(std::span<const double> row, std::int32_t label = 0) const;

  /// The nodes between that depend on x or the label, y the last of them.
  const std::vector<Value>& nodes() const { return nodes_; }
  /// Those of them that depend on x.
  const std::vector<Value>& nodes_of_rows() const { return nodes_of_rows_; }
  /// The constants among what it reads.
  const std::vector<float>& numbers() const { return numbers_; }
  /// Whether a whole row is reduced anywhere.
  bool reduces() const { return reduces_; }
  Form form() const { return forms_.at(nodes_.back().id); }
  bool reads_label() const { return reads_label_; }

 private:
  using Made = std::map<std::uint32_t, ClosedValue>;  // by node: a row, or one number that stands for it

  RowFunction(Value x, Value label) : x_(x), label_(label) {}
  bool take(Value v);
  std::optional<Form> form_of(Value v) const;
  std::optional<Form> form_of_elementwise(Value v) const;
  std::optional<Form> form_of_reduction(Value v) const;
  std::optional<Form> form_of_gather(Value v) const;
  bool has_form(Value v, Form) const;
  bool is_open(Value v) const { return forms_.contains(v.id); }
  bool is_one_a_row(Value v) const;
  bool is_own_place(Value v) const;
  const Shape shape_of(Form) const;
  std::size_t rows() const;
  ClosedValue value_of(Value v, const Made&, std::size_t row) const;
  ClosedValue picked(Value v, const Made&) const;
  ClosedValue closed_at(Value v, Form, std::size_t row) const;

  Value x_, label_;
  std::map<std::uint32_t, Form> forms_{};  // of what depends on x or the label
  std::set<std::uint32_t> of_rows_{};      // of what depends on x
  ClosedValues closed_{};
  std::vector<Value> nodes_{}, nodes_of_rows_{};  // operands before who reads them
  std::vector<float> numbers_{};
  std::size_t looked_at_ = 0;
  bool reduces_ = false, reads_label_ = false;
};

/// Values of y's type behind it, the nearest first: those that it may be a function of.
std::vector<Value> rows_behind(Value y);

}  // namespace vitrine
