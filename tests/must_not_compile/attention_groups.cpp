// attention: query axis head 4 is no multiple of key axis kv 3 in [batch 2, head 4, time 6, each 8] and [batch 2, kv 3, time 6, each 8]; as many heads share each key and value
#include "vitrine/ops/attention.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, head{"head", 4}, kv{"kv", 3}, step{"time", 6}, each{"each", 8};

void wrong(Tensor<batch, head, step, each> query, Tensor<batch, kv, step, each> keys) {
  Tensor<batch, head, step, each> read = attention<causal>(query, keys, keys);
}
