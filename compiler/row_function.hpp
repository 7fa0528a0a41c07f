#pragma once
// What lies between two values as a function of rows, whatever ops compute it and in whatever order.
#include <optional>
#include <span>
#include <vector>

#include "vitrine/graph.hpp"

namespace vitrine {

/// y as a function of x alone that gives each row (along the last axis) of x a row of y: made of elementwise ops, of
/// reductions of whole rows, and of numbers. It is run in double, one row at a time, by the ops' own definitions.
class RowFunction {
 public:
  /// Nothing if y depends on anything else, or elements of other rows have a part in it, or more than 32 nodes lie
  /// between the two.
  static std::optional<RowFunction> between(Value x, Value y);

  std::vector<double> operator()(std::span<const double> row) const;

  /// The nodes between, y the last of them.
  const std::vector<Value>& nodes() const { return nodes_; }
  /// The constants among what it reads.
  const std::vector<float>& numbers() const { return numbers_; }
  /// Whether a whole row is reduced anywhere.
  bool reduces() const { return reduces_; }

 private:
  /// How a value lies beside x: as its rows, as one number a row (the last axis 1, or gone), or as one number for all.
  enum class Form : std::uint8_t { row, kept, dropped, number };

  explicit RowFunction(Value x) : x_(x) {}
  bool take(Value v);
  bool take_op(Value v);
  std::optional<Form> form_of(Value v) const;
  bool fits(Value v) const;
  std::vector<double> value_of(Value v, const std::vector<std::vector<double>>& made,
                               std::span<const double> row) const;
  std::size_t place_of(Value v) const;

  Value x_;
  std::vector<Value> nodes_{};  // operands before who reads them
  std::vector<float> numbers_{};
  bool reduces_ = false;
};

}  // namespace vitrine
