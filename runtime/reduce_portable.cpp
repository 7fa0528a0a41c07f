#include "runtime/reduce_loops.hpp"

namespace vitrine {

const ReduceTable& reduce_table_portable() {
  static constexpr ReduceTable table = make_reduce_table<4>();
  return table;
}

}  // namespace vitrine
