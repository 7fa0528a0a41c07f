// attention: positions of key and value differ in [batch 2, head 4, time 6, each 8], [batch 2, head 4, time 6, each 8] and [batch 2, head 4, key 9, each 8]: time 6 != key 9
#include "vitrine/ops/attention.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, head{"head", 4}, step{"time", 6}, key{"key", 9}, each{"each", 8};

void wrong(Tensor<batch, head, step, each> query, Tensor<batch, head, step, each> keys,
           Tensor<batch, head, key, each> values) {
  Tensor<batch, head, step, each> read = attention(query, keys, values);
}
