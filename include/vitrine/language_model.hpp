#pragma once
// A project in one call: a language model, trained on a text, held against counted pairs, asked to write.
#include "vitrine/error.hpp"
#include "vitrine/project.hpp"
#include "vitrine/trace.hpp"

namespace vitrine {

/// A trained language model, for gates and pictures of a project's own.
struct TrainedLanguageModel {
  const Graph& forward;                              // what was trained
  std::size_t time = 0;                              // tokens that the model sees at once
  std::span<const std::int32_t> held_out;            // tokens that it has not learned from
  double loss = 0, bigram = 0;                       // mean nats a token, on those
  const RunOptions& options;                         // options.out is the folder for pictures
  std::function<std::string(std::int32_t)> spelled;  // a token as text
  /// An output of a graph with the same input and parameters, for rows of `time` tokens each. To look inside of the
  /// model, copy `forward`, find(id) a node and name it with output().
  std::function<std::vector<float>(const Graph&, const std::string& output, std::span<const std::int32_t> rows)>
      evaluate;
  /// A gate beside those that every language model has: it is printed, and --json gets it.
  std::function<void(const std::string& name, bool holds, const std::string& measured, const std::string& needed)> gate;
};

struct LanguageModel {
  std::string name{}, year = "today", idea = "a language model of your own";
  Optimizer optimizer = AdamW{.rate = {.rate = 2e-3f, .warm_up_steps = 50}, .clip = {.norm = 1}};
  int epochs = 10, quick_epochs = 1;  // times through the text, each cut into windows at another place
  double quick_fraction = 1;          // of the windows of an epoch, with --quick
  double below_bigram = 0.3;          // nats that the held-out loss must be below that of counted pairs
  double quick_below_bigram = 0.1;
  std::string prompt = "\n";  // what the samples begin with that are printed while it learns
  /// Parts that `forward` can be traced without, and what each of them does, said when it is left out.
  std::vector<std::pair<std::string, std::string>> parts{};
  /// Traces the model without some of its parts: input "token" i32[batch, time], output "y" [batch, time, vocabulary],
  /// loss against the input "next". language_model<M> fills it in. The axis of the vocabulary must have a name: it is
  /// made as long as the text has characters.
  std::function<Graph(const std::vector<std::string>& without)> forward{};
  /// A smaller model in its place for --quick, under another name, where the whole one learns too little in 10 s.
  /// Optional.
  std::function<Graph(const std::vector<std::string>& without)> quick_forward{};
  /// Called before the text is learned from, and once every other gate was checked. Optional.
  std::function<void(const RunOptions&,
                     const std::function<void(const std::string& name, bool holds, const std::string& measured,
                                              const std::string& needed)>&)>
      before{};
  std::function<void(const TrainedLanguageModel&)> check{}, draw{};
};

/// The project, data and training and gates and pictures included. It learns The Devil's Dictionary (Debian package
/// dict-devil), or any text by --data FILE, character by character; the last tenth is held out. Gates: the loss there,
/// against the bigram model counted from the rest; no place sees what follows it; order and context matter; every
/// parameter moved and has a gradient; the loss equals the reference's in double. `generate` writes with it.
Project language_model(LanguageModel setup);

/// The same for a model whose operator() takes Indices<batch, time> and makes Tensor<batch, time, vocabulary>.
template <Model M> Project language_model(LanguageModel setup) {
  if (!setup.parts.empty())
    throw UsageError(
        "language_model: parts can be left out only by a `forward` of your own, which traces without them");
  const std::string name = setup.name;
  setup.forward = [name](const std::vector<std::string>&) { return trace_language_model(M{}, name); };
  return language_model(std::move(setup));
}

}  // namespace vitrine
