#pragma once
// A project in one call: a language model that others trained. Nothing is learned here; it is asked whether it is the
// model that it should be, and writes.
#include "vitrine/project.hpp"

namespace vitrine {

struct PretrainedLanguageModel {
  std::string name{}, year = "today", idea = "a language model that others trained";
  /// What its file is, and the command that makes it: out/NAME/NAME.safetensors, parameters and tokenizer.
  std::string source{}, command{};
  /// Traces it: input "token" i32[batch, time], output "y" [batch, time, vocabulary], loss against the input "next".
  std::function<Graph()> forward{};
  /// What it writes from nothing, always taking the likeliest: tokens, as they were published.
  std::vector<std::int32_t> published{};
  /// A text of the kind that it learned, but not one of those, of at most as many tokens as it sees: its mean loss on
  /// that in nats a token must be below this, and with the words in disorder more by at least so much.
  std::string passage{};
  double passage_below = 0, disorder_costs = 0;
  /// Parts that can be left out: every parameter whose path ends so becomes 0, and what that does, said when it is.
  struct Part {
    std::string name{}, ending{}, does{};
  };
  std::vector<Part> parts{};
};

/// The project, gates and pictures included. Gates: it writes what was published; the loss on the passage, and that of
/// its words in disorder; no place sees what follows it; order and context matter; attention chooses; the loss equals
/// the reference's in double. `generate` writes with it.
Project pretrained_language_model(PretrainedLanguageModel);

}  // namespace vitrine
