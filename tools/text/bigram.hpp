#pragma once
// The model to beat: how often each token followed each other one.
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace vitrine {

/// Counts of pairs of neighbours, smoothed: p(next | token) = (pairs(token, next) + added) / (pairs(token, any) + added
/// * vocabulary); with added = 1 it is Laplace's rule of succession.
class Bigram {
 public:
  /// `tokens`: ids below `vocabulary`, i32[time]. Throws UsageError for an id that is none, a vocabulary of 0, or an
  /// `added` that is not above 0; InputError for fewer than two tokens.
  Bigram(std::span<const std::int32_t> tokens, std::size_t vocabulary, double added = 1);

  double probability(std::int32_t token, std::int32_t next) const;

  /// The mean of -log p(next | token) in nats over all pairs of neighbours. Throws InputError for fewer than two
  /// tokens, UsageError for an id that is none.
  double mean_loss(std::span<const std::int32_t> tokens) const;

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> pairs_;
  std::vector<std::uint64_t> firsts_;  // by token: pairs that begin with it
  double added_;
};

}  // namespace vitrine
