#include "runtime/attention_loops.hpp"

namespace vitrine {

const AttentionTable& attention_table_portable() {
  static constexpr AttentionTable table = make_attention_table<4>();
  return table;
}

}  // namespace vitrine
