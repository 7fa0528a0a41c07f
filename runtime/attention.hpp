#pragma once
// Attention and its derivatives, tile by tile: a number for every pair of a query and a key exists only within a tile
// of 64 keys, on the worker that is at it (Dao et al., FlashAttention, arXiv 2205.14135).
#include <array>
#include <span>

#include "runtime/isa.hpp"
#include "runtime/pool.hpp"
#include "vitrine/attention_rules.hpp"

namespace vitrine {

/// Rows of f32[batch axes ..., head, row, column] in memory. Columns lie side by side; the other strides count floats
/// and may be anything.
struct HeadRows {
  static constexpr std::size_t most_axes = Shape::max_rank - 3;

  const float* data = nullptr;
  std::array<std::size_t, most_axes> batch_sizes{1, 1, 1};
  std::array<std::ptrdiff_t, most_axes> batch_strides{};
  std::ptrdiff_t head_stride = 0, row_stride = 0;

  /// Where row 0 of a head of a batch begins.
  const float* of(std::size_t batch, std::size_t head) const;
};

/// What is attended to, and how.
struct AttentionWork {
  AttentionSizes sizes;
  Looks looks;
  float scale;
  HeadRows query{}, key{}, value{};
  // Of attention to a cache (attention_at.hpp); else query i stands at i, and key j lies in row j.
  const std::int32_t* position = nullptr;  // where the first query of each sequence stands
  std::size_t sequences = 1;
  bool ring = false;  // key j lies in row j mod sizes.keys, a multiple of 64

  std::size_t place_of_first(std::size_t batch) const {
    return position ? static_cast<std::size_t>(position[batch / (sizes.batch / sequences)]) : 0;
  }
  /// As many keys as there may be for a head whose first query stands at `place`.
  std::size_t keys(std::size_t place) const { return ring ? place + sizes.time : sizes.keys; }
  /// The row that a key lies in, from its number.
  std::size_t row_of_key(std::size_t number) const { return ring ? number % sizes.keys : number; }
};

/// Bytes of scratch that the two functions below need, each for every thread of the pool; what lies in it is of no
/// concern before or after.
std::size_t attention_scratch(const AttentionSizes&);
std::size_t attention_gradients_scratch(const AttentionSizes&);

/// out[batch, head, time, wide] and logsumexp[batch, head, time], dense; null if one is not wanted. Keys are read in
/// blocks of 64, and a row's sums run over those blocks in their order: its bits depend on its own query and the keys
/// it looks at alone, not on other rows, their number or the threads. On AVX2 and AVX-512 the products are those of
/// fused multiply-adds. A NaN or a largest score that is infinite gives NaN.
void attention(Pool&, Isa, const AttentionWork&, float* out, float* logsumexp, std::span<std::byte> scratch);

/// What the derivatives read beside the operands of attention.
struct AttentionBackward {
  HeadRows out, d_out;
  const float *logsumexp, *mean;  // [batch, head, time], dense; the mean is sum of d_out * out along the last axis
};

/// mean[batch, head, time] of AttentionBackward.
void attention_means(Pool&, Isa, const AttentionSizes&, const HeadRows& out, const HeadRows& d_out, float* mean);

/// The derivatives by query, key and value, dense; null if one is not wanted. Where a query, a key or a row of d out is
/// infinite or NaN,
/// a row that does not look at it may become NaN if it shares a block with one that does.
void attention_gradients(Pool&, Isa, const AttentionWork&, const AttentionBackward&, float* dq, float* dk, float* dv,
                         std::span<std::byte> scratch);

}  // namespace vitrine
