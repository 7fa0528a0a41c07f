#include "runtime/pooling_loops.hpp"

namespace vitrine {

const PoolingTable& pooling_table_portable() {
  static constexpr PoolingTable table = make_pooling_table<4>();
  return table;
}

}  // namespace vitrine
