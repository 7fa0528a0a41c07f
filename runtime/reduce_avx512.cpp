#include "runtime/reduce_loops.hpp"

namespace vitrine {

const ReduceTable& reduce_table_avx512() {
  static constexpr ReduceTable table = make_reduce_table<16>();
  return table;
}

}  // namespace vitrine
