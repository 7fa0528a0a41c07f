#include "tools/quantize/held_out_texts.hpp"

#include <fmt/format.h>

#include "runtime/checksum.hpp"
#include "tools/text_generator.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

std::vector<TokenText> sampled_texts(const Graph& forward, States& states, Pool& pool, const Tokenizer& tokenizer,
                                     std::size_t count, std::uint64_t first_seed, Progress& progress) {
  const auto border = tokenizer.border();
  if (!border)
    throw UsageError(forward.name() +
                     ": its tokenizer has no token that stands between texts, so there is nothing to begin one with; "
                     "measure it on a text");
  TextGenerator generator(forward, states, pool, TextGenerator::Cache::automatic, WhenFull::stop);
  std::vector<TokenText> made;
  for (std::size_t i = 0; i < count; ++i) {
    TokenText text{*border};
    const GenerateFigures figures = generator.write(
        text, generator.context(), {.temperature = 1, .seed = first_seed + i},
        [&](std::int32_t token) { text.push_back(token); }, border);
    if (figures.written < generator.context()) text.push_back(*border);
    progress.advance(text.size(), fmt::format("text {} of {}", i + 1, count));
    made.push_back(std::move(text));
  }
  return made;
}

std::vector<TokenText> windows_of(const Graph& forward, std::span<const std::int32_t> held_out) {
  const std::size_t time = text_axes(forward).time.size, count = windows_in(forward, held_out);
  std::vector<TokenText> made;
  for (std::size_t i = 0; i < count; ++i) {
    const auto window = held_out.subspan(i * time, time + 1);
    made.emplace_back(window.begin(), window.end());
  }
  return made;
}

std::string checksum_of(const std::vector<TokenText>& texts) {
  TokenText all;
  for (const TokenText& text : texts) {
    all.push_back(static_cast<std::int32_t>(text.size()));
    all.insert(all.end(), text.begin(), text.end());
  }
  return checksum(std::as_bytes(std::span(all)));
}

}  // namespace vitrine
