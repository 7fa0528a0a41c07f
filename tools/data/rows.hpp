#pragma once
// The rows of a table as examples: one column is what is to be told from the others.
#include "tools/data/csv_file.hpp"
#include "tools/data/dataset.hpp"

namespace vitrine {

/// Fields "row" f32[the other columns, in their order] and "label" i32[1], or "target" f32[1] where the column is a
/// number to be found and not a class.
class RowExamples : public Dataset {
 public:
  /// `classes` = 0: the column is a target. Else it holds whole numbers 0 to classes - 1; InputError with file, line
  /// and column for any other, UsageError for a table without another column. `table` must outlive this object.
  RowExamples(const Table& table, std::size_t column, std::size_t classes);

  std::size_t count() const override { return table_.rows(); }
  std::vector<Field> fields() const override;
  void fill(Batch& batch) const override;

 private:
  const Table& table_;
  std::size_t column_;
  bool is_label_;
};

}  // namespace vitrine
