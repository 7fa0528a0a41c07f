#include "tools/text_generator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr std::size_t shortest = 16;

/// So many tokens are made room for: not many more than there are, and not in many sizes.
std::size_t bucket_for(std::size_t tokens) {
  if (tokens <= shortest) return shortest;
  const std::size_t step = tokens <= 256 ? 32 : 64;
  return (tokens + step - 1) / step * step;
}

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

RereadText::RereadText(const Graph& forward, States& states, Pool& pool, std::span<const Pass> passes)
    : forward_(forward), states_(states), pool_(pool), axes_(text_axes(forward)) {
  try {
    last_rows_ = std::make_unique<ContinuedText>(forward, states, pool, axes_.time.size, false, passes);
  } catch (const UsageError&) {
    // It sees what follows, so that nothing may stand behind the text: every length has its own program.
  }
}

std::span<const float> RereadText::scores_behind(std::span<const std::int32_t> seen) {
  seen = seen.last(std::min(seen.size(), axes_.time.size));
  if (last_rows_) return last_rows_->reread(seen, std::min(bucket_for(seen.size()), axes_.time.size));
  TextProgram& program = programs_.try_emplace(seen.size(), forward_, 1, seen.size(), states_, pool_).first->second;
  program.run(seen);
  return program.output("y").subspan((seen.size() - 1) * axes_.vocabulary.size, axes_.vocabulary.size);
}

TextGenerator::TextGenerator(const Graph& forward, States& states, Pool& pool, Cache cache, WhenFull when_full,
                             std::span<const Pass> passes)
    : axes_(text_axes(forward)), when_full_(when_full) {
  if (cache != Cache::none) try {
      continued_ = std::make_unique<ContinuedText>(forward, states, pool, 256, cache == Cache::eight_bits, passes);
      return;
    } catch (const UsageError& error) {
      why_not_ = error.what();
    }
  reread_ = std::make_unique<RereadText>(forward, states, pool, passes);
}

bool TextGenerator::is_full(std::size_t text) const { return continued_ && text - taken_ > continued_->room(); }

std::span<const float> TextGenerator::scores_behind(std::span<const std::int32_t> text) {
  if (reread_) return reread_->scores_behind(text);
  if (is_full(text.size())) {
    continued_->begin_anew();
    taken_ = text.size() - std::min(text.size(), taken_ == 0 ? context() : (context() + 1) / 2);
  }
  const auto more = text.subspan(taken_);
  taken_ = text.size();
  return continued_->read(more);
}

GenerateFigures TextGenerator::write(std::vector<std::int32_t> prompt, std::size_t count, const Sampling& how,
                                     const std::function<void(std::int32_t)>& each, std::optional<std::int32_t> end) {
  if (prompt.empty()) throw InputError("generate: there is nothing to go on from; give a prompt of one token or more");
  for (const std::int32_t token : prompt)
    if (token < 0 || static_cast<std::size_t>(token) >= axes_.vocabulary.size)
      throw InputError(fmt::format("generate: {} is no token of the model's {}; use the tokenizer that it learned with",
                                   token, axes_.vocabulary.size));
  taken_ = 0;
  if (continued_) {
    continued_->begin_anew();
    continued_->prepare(std::min(prompt.size(), context()));
  }
  GenerateFigures made{.read = prompt.size()};
  std::vector<std::int32_t> text = std::move(prompt);
  Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < count; ++i) {
    if (when_full_ == WhenFull::stop && i > 0 && is_full(text.size())) break;
    const auto before = Clock::now();
    const std::span<const float> scores = scores_behind(text);
    made.seconds.push_back(seconds_since(before));
    if (i == 0) made.read_seconds = seconds_since(start), start = Clock::now();
    text.push_back(sample(scores, how, i));
    if (text.back() == end) break;
    ++made.written;
    each(text.back());
  }
  made.write_seconds = seconds_since(start);
  return made;
}

}  // namespace vitrine
