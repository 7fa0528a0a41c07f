#include "runtime/pooling_loops.hpp"

namespace vitrine {

const PoolingTable& pooling_table_avx512() {
  static constexpr PoolingTable table = make_pooling_table<16>();
  return table;
}

}  // namespace vitrine
