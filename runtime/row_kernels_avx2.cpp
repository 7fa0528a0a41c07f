#include "runtime/row_loops.hpp"

namespace vitrine {

const RowTable& row_table_avx2() {
  static constexpr RowTable table = make_row_table<8>();
  return table;
}

}  // namespace vitrine
