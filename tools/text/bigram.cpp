#include "tools/text/bigram.hpp"

#include <fmt/format.h>

#include <cmath>

#include "vitrine/error.hpp"

namespace vitrine {
namespace {

std::uint64_t key_of(std::int32_t token, std::int32_t next) {
  return std::uint64_t{static_cast<std::uint32_t>(token)} << 32 | static_cast<std::uint32_t>(next);
}

void check(std::span<const std::int32_t> tokens, std::size_t vocabulary) {
  if (tokens.size() < 2)
    throw InputError(
        fmt::format("bigram: a text of {} tokens has no pair of neighbours; use a longer one", tokens.size()));
  for (const std::int32_t token : tokens)
    if (token < 0 || static_cast<std::size_t>(token) >= vocabulary)
      throw UsageError(fmt::format("bigram: {} is no token's id; there are {}, from 0", token, vocabulary));
}

}  // namespace

Bigram::Bigram(std::span<const std::int32_t> tokens, std::size_t vocabulary, double added)
    : firsts_(vocabulary), added_(added) {
  if (!(added > 0) || std::isinf(added))
    throw UsageError(
        fmt::format("bigram: {} added to each count leaves pairs without a probability; add more than 0", added));
  check(tokens, vocabulary);
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    ++pairs_[key_of(tokens[i - 1], tokens[i])];
    ++firsts_[static_cast<std::size_t>(tokens[i - 1])];
  }
}

double Bigram::probability(std::int32_t token, std::int32_t next) const {
  const std::int32_t both[] = {token, next};
  check(both, firsts_.size());
  const auto found = pairs_.find(key_of(token, next));
  const double pairs = found == pairs_.end() ? 0.0 : static_cast<double>(found->second);
  const auto all = static_cast<double>(firsts_[static_cast<std::size_t>(token)]);
  return (pairs + added_) / (all + added_ * static_cast<double>(firsts_.size()));
}

double Bigram::mean_loss(std::span<const std::int32_t> tokens) const {
  check(tokens, firsts_.size());
  double sum = 0;
  for (std::size_t i = 1; i < tokens.size(); ++i) sum -= std::log(probability(tokens[i - 1], tokens[i]));
  return sum / static_cast<double>(tokens.size() - 1);
}

}  // namespace vitrine
