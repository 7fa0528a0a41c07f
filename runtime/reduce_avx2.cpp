#include "runtime/reduce_loops.hpp"

namespace vitrine {

const ReduceTable& reduce_table_avx2() {
  static constexpr ReduceTable table = make_reduce_table<8>();
  return table;
}

}  // namespace vitrine
