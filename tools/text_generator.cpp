#include "tools/text_generator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vitrine/error.hpp"

namespace vitrine {

TextGenerator::TextGenerator(const Graph& forward, States& states, Pool& pool)
    : forward_(forward), states_(states), pool_(pool), axes_(text_axes(forward)) {}

namespace {
constexpr std::size_t shortest = 16;
}

/// Whether the scores of the first half of a text have other bits when its second half is another.
bool TextGenerator::sees_what_follows() {
  const std::size_t length = std::min(shortest, context()), half = (length + 1) / 2;
  TextProgram program(forward_, 1, length, states_, pool_);
  std::vector<std::int32_t> text(length, 0);
  program.run(text);
  const auto scores = program.output("y").first(half * axes_.vocabulary.size);
  const std::vector<float> before(scores.begin(), scores.end());
  std::fill(text.begin() + static_cast<std::ptrdiff_t>(half), text.end(),
            static_cast<std::int32_t>(axes_.vocabulary.size) - 1);
  program.run(text);
  return !std::ranges::equal(before, program.output("y").first(before.size()));
}

std::span<const float> TextGenerator::scores_behind(std::span<const std::int32_t> seen) {
  std::size_t length = exact_ ? seen.size() : std::min(shortest, context());
  while (length < seen.size()) length = std::min(2 * length, context());
  const auto program = programs_.try_emplace(length, forward_, 1, length, states_, pool_).first;
  padded_.assign(seen.begin(), seen.end());
  padded_.resize(length);
  program->second.run(padded_);
  return program->second.output("y").subspan((seen.size() - 1) * axes_.vocabulary.size, axes_.vocabulary.size);
}

void TextGenerator::write(std::vector<std::int32_t> prompt, std::size_t count, const Sampling& how,
                          const std::function<void(std::int32_t)>& each, std::optional<std::int32_t> end) {
  if (prompt.empty()) throw InputError("generate: there is nothing to go on from; give a prompt of one token or more");
  for (const std::int32_t token : prompt)
    if (token < 0 || static_cast<std::size_t>(token) >= axes_.vocabulary.size)
      throw InputError(fmt::format("generate: {} is no token of the model's {}; use the tokenizer that it learned with",
                                   token, axes_.vocabulary.size));
  exact_ = sees_what_follows();
  std::vector<std::int32_t> text = std::move(prompt);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t seen = std::min(text.size(), context());
    text.push_back(sample(scores_behind(std::span(text).last(seen)), how, i));
    if (text.back() == end) return;
    each(text.back());
  }
}

}  // namespace vitrine
