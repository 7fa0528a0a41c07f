#include "tools/data/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "vitrine/error.hpp"

namespace vitrine {

RowExamples::RowExamples(const Table& table, std::size_t column, std::size_t classes)
    : table_(table), column_(column), is_label_(classes != 0) {
  if (column >= table.columns)
    throw UsageError(fmt::format("{}: column {} of {} does not exist; columns are counted from 1", table.file,
                                 column + 1, table.columns));
  if (table.columns < 2)
    throw UsageError(
        fmt::format("{}: its only column is what is to be told; there is nothing to tell it from", table.file));
  for (std::size_t row = 0; is_label_ && row < table.rows(); ++row) {
    const float label = table.numbers[row * table.columns + column];
    if (!(label >= 0 && label < static_cast<float>(classes) && label == std::floor(label)))
      throw InputError(
          fmt::format("{}: line {}, column {}: the label {} is not one of {} classes, 0 to {}; correct it or "
                      "ask for more classes",
                      table.file, table.lines[row], column + 1, label, classes, classes - 1));
  }
}

std::vector<Field> RowExamples::fields() const {
  const Field rest{"row", DType::f32, table_.columns - 1};
  if (is_label_) return {rest, {"label", DType::i32, 1}};
  return {rest, {"target", DType::f32, 1}};
}

void RowExamples::fill(Batch& batch) const {
  const auto rows = batch.floats("row");
  const std::size_t rest = table_.columns - 1;
  for (std::size_t i = 0; i < batch.count(); ++i) {
    const float* from = table_.numbers.data() + batch.examples()[i] * table_.columns;
    float* to = std::copy(from, from + column_, rows.data() + i * rest);
    std::copy(from + column_ + 1, from + table_.columns, to);
    if (is_label_)
      batch.integers("label")[i] = static_cast<std::int32_t>(from[column_]);
    else
      batch.floats("target")[i] = from[column_];
  }
}

}  // namespace vitrine
