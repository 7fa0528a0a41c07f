#pragma once
// From the numbers that a model gives each token to the token that follows.
#include <cstdint>
#include <span>
#include <vector>

namespace vitrine {

/// How the next token is chosen; what is set narrows in this order: top_k, then temperature, then top_p.
struct Sampling {
  float temperature = 1;   // logits are divided by it; 0: greedy, the largest logit, among equals the lowest id
  std::size_t top_k = 0;   // only the k largest logits, among equals the lower ids; 0: all
  float top_p = 1;         // only the fewest likeliest tokens that together have this probability, in (0, 1]
  std::uint64_t seed = 1;  // with the step it decides every draw
};

/// Throws UsageError for a temperature that is negative or no finite number, and for a top_p outside (0, 1].
void check(const Sampling&);

/// What `sample` draws from: a probability for each id, f64[vocabulary], that sum to 1. Temperature 0 gives one 1.
/// softmax(logits / temperature) over what top_k leaves, of that the nucleus of top_p, scaled to sum 1: A. Holtzman et
/// al., "The Curious Case of Neural Text Degeneration" (2019, arXiv:1904.09751), section 3.1, equations 2 to 4.
/// Throws as check does, and InputError for no logits, a logit that is NaN or +infinity, or all of them -infinity.
std::vector<double> next_probabilities(std::span<const float> logits, const Sampling&);

/// The id of the next token, drawn from next_probabilities: a function of logits, settings and step alone. `step` is
/// the number of the token being made.
std::int32_t sample(std::span<const float> logits, const Sampling&, std::uint64_t step);

}  // namespace vitrine
