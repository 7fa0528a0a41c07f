#include "runtime/pooling_loops.hpp"

namespace vitrine {

const PoolingTable& pooling_table_avx2() {
  static constexpr PoolingTable table = make_pooling_table<8>();
  return table;
}

}  // namespace vitrine
