#pragma once
// Attention to a cache: queries of each sequence from a place of their own on.
#include "runtime/attention.hpp"

namespace vitrine {

/// out[batch, head, time, wide], dense, as `attention` makes it and to the same bits. A few queries of a group of heads
/// read keys and values where they lie; for more of them each block of keys is packed. `work` has a position for each
/// sequence, none below 0. The scratch is attention's.
void attention_at(Pool&, Isa, const AttentionWork& work, float* out, std::span<std::byte> scratch);

}  // namespace vitrine
