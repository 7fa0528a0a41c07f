#include "runtime/attention_loops.hpp"

namespace vitrine {

const AttentionTable& attention_table_avx2() {
  static constexpr AttentionTable table = make_attention_table<8>();
  return table;
}

}  // namespace vitrine
