#include "tools/text/sampling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tools/data/shuffle.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

void check_logits(std::span<const float> logits) {
  if (logits.empty()) throw InputError("sampling: there are no logits; a model gives one for each token");
  // Less itself a number is 0, and infinities and NaN are NaN: one sum tells whether there are any at all.
  float odd = 0;
  for (const float x : logits) odd += x - x;
  if (odd == 0) return;
  for (std::size_t id = 0; id < logits.size(); ++id)
    if (std::isnan(logits[id]) || logits[id] == std::numeric_limits<float>::infinity())
      throw InputError(
          fmt::format("sampling: the logit of token {} is {}, so no token is likeliest; the model's weights are "
                      "broken, load others",
                      id, logits[id]));
  if (*std::ranges::max_element(logits) == -std::numeric_limits<float>::infinity())
    throw InputError(
        "sampling: every logit is -infinity, so no token is possible; the model's weights are broken, load "
        "others");
}

/// The ids that may be drawn so far, the likeliest first if that matters for what follows.
std::vector<std::int32_t> candidates(std::span<const float> logits, const Sampling& settings) {
  std::vector<std::int32_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  const std::size_t kept = settings.temperature == 0 ? 1
                           : settings.top_k == 0     ? ids.size()
                                                     : std::min(settings.top_k, ids.size());
  if (kept == ids.size() && settings.top_p == 1) return ids;
  const auto logit = [&](std::int32_t id) { return logits[static_cast<std::size_t>(id)]; };
  std::ranges::partial_sort(ids, ids.begin() + static_cast<std::ptrdiff_t>(kept), [&](std::int32_t a, std::int32_t b) {
    return logit(a) != logit(b) ? logit(a) > logit(b) : a < b;
  });
  ids.resize(kept);
  return ids;
}

/// How many of these probabilities, from the first on, it takes to reach top_p of their sum.
std::size_t nucleus(std::span<const double> likeliest_first, double top_p) {
  const double wanted = top_p * std::accumulate(likeliest_first.begin(), likeliest_first.end(), 0.0);
  double sum = 0;
  for (std::size_t i = 0; i < likeliest_first.size(); ++i)
    if ((sum += likeliest_first[i]) >= wanted) return i + 1;
  return likeliest_first.size();
}

}  // namespace

void check(const Sampling& settings) {
  if (!(settings.temperature >= 0) || std::isinf(settings.temperature))
    throw UsageError(
        fmt::format("sampling: a temperature of {} means nothing; it is 0 (greedy) or more", settings.temperature));
  if (!(settings.top_p > 0 && settings.top_p <= 1))
    throw UsageError(fmt::format("sampling: a top_p of {} is no share of the probability; it is above 0, at most 1",
                                 settings.top_p));
}

std::vector<double> next_probabilities(std::span<const float> logits, const Sampling& settings) {
  check(settings);
  check_logits(logits);
  std::vector<std::int32_t> ids = candidates(logits, settings);
  const double largest = *std::ranges::max_element(logits);
  const double temperature = settings.temperature == 0 ? 1.0 : static_cast<double>(settings.temperature);
  std::vector<double> weights;
  for (const std::int32_t id : ids)
    weights.push_back(std::exp((logits[static_cast<std::size_t>(id)] - largest) / temperature));
  if (settings.top_p < 1) weights.resize(nucleus(weights, static_cast<double>(settings.top_p)));
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> probabilities(logits.size());
  for (std::size_t i = 0; i < weights.size(); ++i) probabilities[static_cast<std::size_t>(ids[i])] = weights[i] / sum;
  return probabilities;
}

std::int32_t sample(std::span<const float> logits, const Sampling& settings, std::uint64_t step) {
  if (settings.temperature == 0) {  // the first of the likeliest, without a list of all
    check(settings);
    check_logits(logits);
    return static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin());
  }
  const std::vector<double> probabilities = next_probabilities(logits, settings);
  const auto bits = draw("sample", settings.seed, step, 0);
  const double place = static_cast<double>((std::uint64_t{bits[0]} << 32 | bits[1]) >> 11) * 0x1p-53;  // in [0, 1)
  double sum = 0;
  std::int32_t last = 0;
  for (std::size_t id = 0; id < probabilities.size(); ++id) {
    if (probabilities[id] == 0) continue;
    last = static_cast<std::int32_t>(id);
    if ((sum += probabilities[id]) > place) break;
  }
  return last;  // also where rounding leaves the sum below the place
}

}  // namespace vitrine
