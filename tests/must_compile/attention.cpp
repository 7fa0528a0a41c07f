// compiles
// The mended twin of must_not_compile/attention_groups.cpp, and keys of another number than queries.
#include "vitrine/ops/attention.hpp"

#include "vitrine/ops/iota.hpp"
#include "vitrine/ops/rotary.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, head{"head", 4}, kv{"kv", 2}, step{"time", 6}, key{"key", 9}, each{"each", 8};

void right(Tensor<batch, head, step, each> query, Tensor<batch, kv, step, each> keys,
           Tensor<batch, kv, key, each> far) {
  Tensor<batch, head, step, each> turned = rotary<Pairs::halves>(query, iota<step>());
  Tensor<batch, head, step, each> read = attention<causal.within(4)>(turned, keys, keys);
  Tensor<batch, head, step, each> other = attention<everywhere, 0.5f>(read, far, far);
}
