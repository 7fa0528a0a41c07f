#include "tools/quantize/text_comparison.hpp"

#include <fmt/format.h>

#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr std::size_t together_bytes = std::size_t{64} << 20, kept_bytes = std::size_t{128} << 20, most_together = 32;

std::size_t longest_of(const Graph& forward, const std::vector<TokenText>& texts) {
  const std::size_t context = text_axes(forward).time.size;
  std::size_t most = 0;
  for (const TokenText& text : texts) {
    if (text.size() < 2 || text.size() > context + 1)
      throw InputError(
          fmt::format("{}: a text to measure on has {} tokens, and the model sees 1 to {} and guesses the "
                      "one behind; cut it",
                      forward.name(), text.size(), context));
    most = std::max(most, text.size() - 1);
  }
  if (most == 0) throw InputError(forward.name() + ": there is no text to measure on; give it one");
  return most;
}

/// As many as a batch holds, at least one.
std::size_t fitting(std::size_t bytes, std::size_t of_one, std::size_t most) {
  return std::max<std::size_t>(std::min(bytes / of_one, most), 1);
}

}  // namespace

TextComparison::TextComparison(const Graph& forward, States& states, Pool& pool, std::vector<TokenText> texts)
    : pool_(pool),
      texts_(std::move(texts)),
      time_(longest_of(forward, texts_)),
      kinds_(text_axes(forward).vocabulary.size),
      together_(fitting(together_bytes, time_ * kinds_ * sizeof(float), std::min(texts_.size(), most_together))),
      before_(forward, together_, time_, states, pool),
      comparison_(together_ * time_, kinds_, pool) {
  const std::size_t batches = (texts_.size() + together_ - 1) / together_,
                    kept = fitting(kept_bytes, together_ * time_ * kinds_ * sizeof(float), (batches + 7) / 8);
  for (std::size_t batch = 0; batch < kept; ++batch) {
    before_.run(rows_from(batch * together_).tokens);
    const auto scores = before_.output("y");
    kept_.emplace_back(scores.begin(), scores.end());
  }
}

TextComparison::Rows TextComparison::rows_from(std::size_t first) const {
  Rows made{std::vector<std::int32_t>(together_ * time_), std::vector<std::int32_t>(together_ * time_)};
  for (std::size_t i = 0; i < together_ && first + i < texts_.size(); ++i) {
    const TokenText& text = texts_[first + i];
    const auto at = static_cast<std::ptrdiff_t>(i * time_);
    std::copy(text.begin(), text.end() - 1, made.tokens.begin() + at);
    std::copy(text.begin() + 1, text.end(), made.next.begin() + at);
  }
  return made;
}

void TextComparison::compare(std::size_t first, const Rows& rows, const float* before, TextProgram& after,
                             QualitySums& sums) {
  after.run(rows.tokens);
  comparison_.run(before, after.output("y").data(), rows.next.data());
  for (std::size_t i = 0; i < together_ && first + i < texts_.size(); ++i) {
    sums.begin_group();
    for (std::size_t t = 0; t + 1 < texts_[first + i].size(); ++t)
      sums.add(comparison_.row(i * time_ + t), rows.next[i * time_ + t]);
  }
}

Quality TextComparison::measure(const Graph& after, States& states,
                                const std::function<void(std::size_t texts)>& each) {
  TextProgram program(after, together_, time_, states, pool_);
  QualitySums sums;
  for (std::size_t first = 0; first < texts_.size(); first += together_) {
    const Rows rows = rows_from(first);
    const float* before = nullptr;
    if (first / together_ < kept_.size()) {
      before = kept_[first / together_].data();
    } else {
      before_.run(rows.tokens);
      before = before_.output("y").data();
    }
    compare(first, rows, before, program, sums);
    each(std::min(together_, texts_.size() - first));
  }
  return sums.result();
}

double TextComparison::glance(const Graph& after, States& states) {
  TextProgram program(after, together_, time_, states, pool_);
  QualitySums sums;
  for (std::size_t batch = 0; batch < kept_.size(); ++batch)
    compare(batch * together_, rows_from(batch * together_), kept_[batch].data(), program, sums);
  return sums.result().divergence.mean;
}

}  // namespace vitrine
