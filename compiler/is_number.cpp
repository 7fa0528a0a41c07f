#include "compiler/is_number.hpp"

#include <cstring>

namespace vitrine {

bool is_number(Value v, float n) {
  const Node& node = v.node();
  if (node.leaf != Leaf::constant || node.type.dtype != DType::f32 || node.literal->empty()) return false;
  for (std::size_t i = 0; i < node.literal->size(); i += sizeof n)
    if (std::memcmp(node.literal->data() + i, &n, sizeof n) != 0) return false;
  return true;
}

}  // namespace vitrine
