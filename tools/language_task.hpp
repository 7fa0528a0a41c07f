#pragma once
#include "tools/data/shifted_windows.hpp"
#include "tools/model_training.hpp"
#include "tools/text/tokenizer.hpp"
#include "tools/text_program.hpp"
#include "vitrine/language_model.hpp"

namespace vitrine {

/// What a run is about: the text as tokens, what of it is held out, and the model with a vocabulary as large as it has.
struct LanguageTask {
  /// Reads the text that `options` ask for. InputError for a text that is missing, no text, or too short for a batch to
  /// learn from and a window to be held out.
  LanguageTask(const LanguageModel&, const RunOptions&);
  // The examples read the tokens where they are.
  LanguageTask(const LanguageTask&) = delete;
  LanguageTask& operator=(const LanguageTask&) = delete;

  const LanguageModel& setup;
  std::string source;  // the file
  std::unique_ptr<Tokenizer> tokenizer;
  Graph forward;  // without what --without takes
  TextAxes axes;
  std::vector<std::int32_t> tokens;               // of the whole text
  std::span<const std::int32_t> train, held_out;  // the first nine tenths, and the last
  ShiftedWindows windows;
  double bigram;  // the loss of counted pairs on what is held out, in nats

  /// The training of this task. It refers to this object.
  TrainingTask training(const RunOptions&) const;
  /// What samples begin with: the project's prompt, or the text's first token if the text has not its characters.
  std::vector<std::int32_t> prompt() const;
  /// A prompt to try, for people: a headword of the dictionary, or a text's first word; "" without one.
  std::string beginning() const;
  /// The characters of a token, for people: "\n" for a line's end.
  std::string spelled(std::int32_t token) const;
};

/// The graph that a run with these options trains, whatever the text: with --quick the small one, if there is one.
Graph traced(const LanguageModel&, const RunOptions&);

/// A language model's graph for a vocabulary of this size.
Graph for_vocabulary(const Graph& forward, std::size_t size);

}  // namespace vitrine
