// attention: causal attention wants as many keys as queries, got time 6 and key 9
#include "vitrine/ops/attention.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, head{"head", 4}, step{"time", 6}, key{"key", 9}, each{"each", 8};

void wrong(Tensor<batch, head, step, each> query, Tensor<batch, head, key, each> keys) {
  Tensor<batch, head, step, each> read = attention<causal>(query, keys, keys);
}
