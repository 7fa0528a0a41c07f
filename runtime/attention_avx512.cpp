#include "runtime/attention_loops.hpp"

namespace vitrine {

const AttentionTable& attention_table_avx512() {
  static constexpr AttentionTable table = make_attention_table<16>();
  return table;
}

}  // namespace vitrine
