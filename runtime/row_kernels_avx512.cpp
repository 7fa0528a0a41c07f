#include "runtime/row_loops.hpp"

namespace vitrine {

const RowTable& row_table_avx512() {
  static constexpr RowTable table = make_row_table<16>();
  return table;
}

}  // namespace vitrine
