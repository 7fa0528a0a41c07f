#pragma once
// What the per-ISA files of products by codes offer: plain data, so that they share no function.
#include <cstddef>
#include <cstdint>

namespace vitrine {

/// How the codes of a column are cut: into groups, and those into lines. A line is 64 bytes for each 16 columns, and of
/// each column the 4 bytes that stand for 4 numbers of the row: as they are or, of codes of four bits, for 4 of the
/// group's first half in the lower bits and 4 of its second half in the upper ones. What lacks at the end of a group or
/// of a half is 0.
struct GroupLines {
  std::size_t groups, lines, last_lines;  // of every group but the last, and of the last
};

/// Rows of numbers become codes, each row with its scale: those of a group (of a half, where codes of weights have four
/// bits) behind each other, filled up to whole lines with 0.
struct RowsToCode {
  GroupLines of;
  std::size_t rows, K, group;
  bool halves;
  const float* x;
  std::ptrdiff_t x_row;  // floats
  float most;
  std::int32_t zero;    // that all groups have
  std::int32_t steps;   // between two codes, that zeros count
  std::uint8_t* codes;  // as the instruction set likes them, filled up to `codes_row` bytes
  std::size_t codes_row;
  std::int32_t* sums;  // of each row and group: what a product's sum begins with, and minus the sum of the row's codes
  float* scales;       // of each row
};

/// Some rows times one panel: up to 4 times 16 columns, whose codes lie in one stream: of each group the scales (bf16)
/// of all columns, their zeros (u8) if groups have their own, and the lines.
struct PanelProduct {
  GroupLines of;
  const std::uint8_t* panel;
  std::size_t vectors, columns;  // 16 columns each, the last of them perhaps in part
  std::size_t rows;
  const std::uint8_t* codes;
  std::size_t codes_row;
  const std::int32_t* sums;
  const float* scales;
  float* c;
  std::ptrdiff_t c_row;
  bool far;  // of a matrix that is too large for a core's own caches
};

/// How many bits weights and rows have, and whether groups have their own zeros.
struct QuantizedForm {
  bool four_bits, wide_rows, zeros;
};

struct QuantizedTable {
  std::size_t narrow_bytes, wide_bytes;  // of a code of a row, of 8 bits and of 16
  void (*code_rows)(const RowsToCode&, bool wide_rows);
  void (*multiply)(const PanelProduct&, QuantizedForm);
};

/// For products by VNNI.
void code_rows_avx512(const RowsToCode&, bool wide_rows);

QuantizedTable quantized_table_portable();
QuantizedTable quantized_table_avx2();
QuantizedTable quantized_table_vnni();

}  // namespace vitrine
