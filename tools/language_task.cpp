#include "tools/language_task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "compiler/escape.hpp"
#include "compiler/specialize.hpp"
#include "runtime/checksum.hpp"
#include "tools/text/bigram.hpp"
#include "tools/text/characters.hpp"
#include "tools/text/dictionary.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

std::string source_of(const RunOptions& options) {
  return options.data.empty() ? std::string(devils_dictionary) : options.data;
}

std::string text_of(const std::string& source) {
  std::error_code unknown;
  if (source == devils_dictionary && !std::filesystem::exists(source, unknown))
    throw InputError(
        fmt::format("there is no {}; install Debian's package dict-devil, or name a text with --data FILE", source));
  return read_corpus(source);
}

/// The tokens, if there are enough of them and of more than one kind.
std::vector<std::int32_t> enough(std::vector<std::int32_t> tokens, std::size_t kinds, const TextAxes& axes,
                                 const std::string& source) {
  // Of ten tokens nine are learned from: a batch of windows and one more. The tenth holds a window and what follows it.
  const std::size_t to_learn = ((axes.batch.size + 1) * axes.time.size * 10 + 8) / 9,
                    to_hold = (axes.time.size + 1) * 10, needed = std::max(to_learn, to_hold);
  if (kinds < 2 && tokens.size() >= needed)
    throw InputError(
        fmt::format("{}: it is one character again and again; use a text with something to guess", source));
  if (tokens.size() < needed)
    throw InputError(
        fmt::format("{}: {} tokens are too few for a model that sees {} at once, in batches of {}: it takes "
                    "{}; use a longer text",
                    source, tokens.size(), axes.time.size, axes.batch.size, needed));
  return tokens;
}

}  // namespace

Graph traced(const LanguageModel& model, const RunOptions& options) {
  return (options.quick && model.quick_forward ? model.quick_forward : model.forward)(options.without);
}

Graph for_vocabulary(const Graph& forward, std::size_t size) {
  Axis vocabulary = text_axes(forward).vocabulary;
  vocabulary.size = size;
  return specialize(forward, std::array{vocabulary});
}

LanguageTask::LanguageTask(const LanguageModel& model, const RunOptions& options)
    : setup(model),
      source(source_of(options)),
      tokenizer(std::make_unique<CharacterTokenizer>(text_of(source), source)),
      forward(for_vocabulary(traced(model, options), tokenizer->size())),
      axes(text_axes(forward)),
      tokens(enough(tokenizer->encode(text_of(source), source), tokenizer->size(), axes, source)),
      train(std::span(tokens).first(tokens.size() - tokens.size() / 10)),
      held_out(std::span(tokens).subspan(train.size())),
      windows(train, axes.time.size, axes.batch.size, options.seed),
      bigram(Bigram(train, tokenizer->size()).mean_loss(held_out)) {
  if (options.quick) windows.keep(model.quick_fraction);
}

TrainingTask LanguageTask::training(const RunOptions& options) const {
  return {.name = setup.name,
          .forward = forward,
          .data = windows,
          .unit = "window",
          .batch = axes.batch,
          .optimizer = setup.optimizer,
          .epochs = options.quick ? setup.quick_epochs : setup.epochs,
          .frozen = options.without.empty() ? std::vector<std::string>() : unread_parameters(forward),
          .identity = {{"data", fmt::format("{} tokens, {}", tokens.size(),
                                            checksum(std::as_bytes(std::span(tokens))).substr(0, 16))}}};
}

std::vector<std::int32_t> LanguageTask::prompt() const {
  try {
    return tokenizer->encode(setup.prompt, "the prompt");
  } catch (const InputError&) {
    return {tokens[0]};
  }
}

std::string LanguageTask::beginning() const {
  if (source == devils_dictionary) return "LOVE, n.";
  // What a shell leaves alone in quotes: letters and digits, and all that is not ASCII.
  const auto letter = [](unsigned char c) { return c >= 0x80 || std::isalnum(c); };
  const std::string text = tokenizer->decode(std::span(tokens).first(std::min<std::size_t>(tokens.size(), 1000)));
  const auto first = std::ranges::find_if(text, letter), last = std::find_if_not(first, text.end(), letter);
  return {first, last};
}

std::string LanguageTask::spelled(std::int32_t token) const { return visible(tokenizer->token(token)); }

}  // namespace vitrine
