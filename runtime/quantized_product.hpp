#pragma once
// The product of rows of numbers by a matrix of few bits (vitrine/ops/quantized_matmul.hpp says what it is): rows become
// codes, codes are multiplied and added up as whole numbers, groups by their scales.
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/gemm.hpp"

namespace vitrine {

struct QuantizedSize {
  std::size_t K, N, group;
  bool four_bits;  // of weights, else 8
  bool wide_rows;  // 16 bits, else 8
  bool zeros;      // groups have zeros of their own
};

/// A matrix as the op has it: codes [K, N], or turned [N, K], two to a byte if they have four bits; and what its groups
/// have.
struct QuantizedMatrix {
  const std::uint8_t* codes;
  bool is_signed, turned;
  const std::uint16_t* scales;
  const std::uint8_t* zeros;  // null if all have one
};

/// The same as products read it, on every instruction set: 64 columns are a panel, and of a panel everything lies in one
/// stream, group by group: scales, zeros, then of each column four bytes and four bytes, for which there is one
/// instruction. Bytes without a sign; codes of four bits stay two to a byte. Bytes of the copy, which is read fastest if
/// it begins on a cache line, and the copy.
std::size_t quantized_packed_bytes(const QuantizedSize&);
void quantized_pack(Pool&, const QuantizedSize&, const QuantizedMatrix&, std::uint8_t* packed);

/// Bytes of workspace for M rows: their codes, and sums of those.
std::size_t quantized_workspace(Isa, const QuantizedSize&, std::size_t M);

/// c = x by the packed matrix, whose groups have this one zero if they have none of their own: as codes are packed, so
/// 128 higher for codes of i8. Columns of c lie side by side, and those of x.
///
/// The bits are those of the op's own definition on every instruction set, for every number of threads and of rows.
/// Throws InternalError if the workspace is smaller than quantized_workspace says.
struct QuantizedRows {
  std::size_t M;
  const float* x;
  std::ptrdiff_t x_row;
  float* c;
  std::ptrdiff_t c_row;
};
void quantized_product(Pool&, Isa, const QuantizedSize&, const QuantizedRows&, const std::uint8_t* packed,
                       std::int32_t zero, std::span<std::byte> workspace, GemmEpilogue epilogue = {});

}  // namespace vitrine
