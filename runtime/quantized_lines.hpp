#pragma once
// How many lines the groups of a matrix of few bits have, and how large its panels are.
#include "runtime/gemm_grid.hpp"
#include "runtime/quantized_product.hpp"
#include "runtime/quantized_table.hpp"

namespace vitrine {

inline constexpr std::size_t columns_of_vector = 16, vectors_of_panel = 4;

/// Bytes that `count` codes of a group lie in: as many, or of four bits half of them.
constexpr std::size_t bytes_of_codes(const QuantizedSize& size, std::size_t count) {
  return size.four_bits ? divide_up(count, 2) : count;
}
/// Codes of a full group, and of the last one.
constexpr std::size_t group_of(const QuantizedSize& size) { return std::min(size.group, size.K); }
constexpr GroupLines lines_of(const QuantizedSize& size) {
  if (size.K == 0) return {};
  const std::size_t groups = divide_up(size.K, group_of(size)), last = size.K - (groups - 1) * group_of(size);
  return {groups, divide_up(bytes_of_codes(size, group_of(size)), 4), divide_up(bytes_of_codes(size, last), 4)};
}
constexpr std::size_t all_lines(const GroupLines& of) {
  return of.groups == 0 ? 0 : (of.groups - 1) * of.lines + of.last_lines;
}
/// Bytes of 16 columns: those of a panel are as many for each vector.
constexpr std::size_t bytes_of_vector(const QuantizedSize& size) {
  const GroupLines of = lines_of(size);
  return of.groups * columns_of_vector * (size.zeros ? 3 : 2) + 64 * all_lines(of);
}

}  // namespace vitrine
