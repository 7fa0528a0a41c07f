#include "runtime/row_loops.hpp"

namespace vitrine {

const RowTable& row_table_portable() {
  static constexpr RowTable table = make_row_table<4>();
  return table;
}

}  // namespace vitrine
