// The recipe behind `run` and `generate` for a language model that others trained.
#include "vitrine/pretrained_language_model.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "compiler/escape.hpp"
#include "compiler/specialize.hpp"
#include "runtime/write_file.hpp"
#include "tools/attention_picture.hpp"
#include "tools/compiled.hpp"
#include "tools/data/shuffle.hpp"
#include "tools/draw_graphs.hpp"
#include "tools/language_gates.hpp"
#include "tools/language_generate.hpp"
#include "tools/parameter_file.hpp"
#include "tools/plot.hpp"
#include "tools/quantize/language_in_use.hpp"
#include "tools/quantize/quantize_text.hpp"
#include "tools/text_file.hpp"
#include "tools/text_generator.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

using Tokens = std::vector<std::int32_t>;

Writer writer_of(const PretrainedLanguageModel& setup) {
  return {.name = setup.name,
          .how_to_get = fmt::format("get it with '{}'", setup.command),
          .forward = [forward = setup.forward](const LanguageFile& file) {
            Graph graph = forward();
            const std::size_t wanted = text_axes(graph).vocabulary.size, got = file.tokenizer->size();
            if (wanted != got)
              throw InputError(
                  fmt::format("{}: the file's tokenizer has {} tokens and the model scores {}; use a file "
                              "whose model and tokenizer belong together",
                              graph.name(), got, wanted));
            return graph;
          }};
}

/// The mean loss of a text in nats a token, up to each of its tokens.
std::vector<double> mean_losses(const Graph& forward, const Tokens& tokens, States& states, Pool& pool,
                                bool debug_nans) {
  const TextAxes axes = text_axes(forward);
  const std::size_t count = tokens.size() - 1, kinds = axes.vocabulary.size;
  if (count > axes.time.size)
    throw UsageError(fmt::format("{}: its passage has {} tokens and it sees {}; take a shorter one", forward.name(),
                                 tokens.size(), axes.time.size));
  TextProgram program(forward, 1, count, states, pool, debug_nans);
  program.run(std::span(tokens).first(count), std::span(tokens).subspan(1));
  const auto scores = program.output("y");
  std::vector<double> means;
  double sum = 0;
  for (std::size_t t = 0; t < count; ++t) {
    const auto row = scores.subspan(t * kinds, kinds);
    const double top = static_cast<double>(*std::ranges::max_element(row));
    double all = 0;
    for (const float score : row) all += std::exp(static_cast<double>(score) - top);
    sum += top + std::log(all) - static_cast<double>(row[static_cast<std::size_t>(tokens[t + 1])]);
    means.push_back(sum / static_cast<double>(t + 1));
  }
  return means;
}

/// The words of a text, and what stands around them, in another order.
std::string in_disorder(const std::string& text, std::uint64_t seed) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::string made;
  for (const std::uint32_t word : shuffled(words.size(), seed, 0)) made += (made.empty() ? "" : " ") + words[word];
  return made;
}

Tokens greedy(TextGenerator& generator, const Tokenizer& tokenizer, std::size_t count) {
  Tokens made;
  generator.write(
      tokenizer.encode(""), count, {.temperature = 0}, [&](std::int32_t token) { made.push_back(token); },
      tokenizer.border());
  return made;
}

/// Zeros in the place of the parameters that the parts name.
void leave_out(const PretrainedLanguageModel& setup, const RunOptions& options, States& states) {
  for (const auto& [part, ending, does] : setup.parts) {
    if (std::ranges::find(options.without, part) == options.without.end()) continue;
    fmt::print("without {}: {}\n", part, does);
    for (const std::string& name : states.names())
      if (name.ends_with(ending)) std::ranges::fill(states.bytes(name), std::byte{0});
  }
}

/// The first attention, one in the middle and the last.
void draw_attention(const std::string& file, const std::string& name, const std::vector<AttentionMap>& maps,
                    const Tokenizer& tokenizer, const Tokens& tokens) {
  std::vector<std::string> spelled;
  for (std::size_t i = 0; i < maps.front().time; ++i) {
    const std::string text = visible(tokenizer.token(tokens[i]));
    spelled.push_back(text.empty() ? "<s>" : text.starts_with(' ') && text.size() > 1 ? text.substr(1) : text);
  }
  std::vector<AttentionRow> rows;
  for (const std::size_t i : {std::size_t{0}, maps.size() / 2, maps.size() - 1})
    if (rows.empty() || rows.back().map.module != maps[i].module) rows.push_back({maps[i].module, maps[i], spelled});
  write_file(file, attention_picture("Where " + name + " looks in a story that it has not seen", rows));
}

Series line_of(const std::string& name, const std::vector<double>& means) {
  Series line{name, "", {}};
  for (std::size_t t = 0; t < means.size(); ++t) line.points.push_back({static_cast<double>(t + 1), means[t]});
  return line;
}

void refuse_training(const std::string& name, const RunOptions& options) {
  if (options.epochs != 0 || !options.data.empty() || !options.save.empty())
    throw UsageError(
        fmt::format("run {}: others trained it, and a run asks whether it is what they published; leave "
                    "out --epochs, --data and --save",
                    name));
}

/// What needs weights in f32.
void refuse_in_few_bits(const LanguageInUse& opened, const RunOptions& options) {
  if (opened.weights == "f32" || (options.without.empty() && options.quantize.empty())) return;
  throw UsageError(fmt::format("run {}: the weights of {} are in few bits already; leave out {}", opened.file.model,
                               opened.path, options.without.empty() ? "--quantize" : "--without"));
}

bool run_pretrained(const PretrainedLanguageModel& setup, const RunOptions& options) {
  refuse_training(setup.name, options);
  constexpr std::size_t probed_time = 32;  // what holds of so many places holds of more, and is asked sooner
  Pool pool(thread_count(options.threads));
  const Writer writer = writer_of(setup);
  const LanguageInUse opened = open_in_use(writer, "run", options.load, "", options.seed, pool);
  const Tokenizer& tokenizer = *opened.file.tokenizer;
  const Graph& forward = opened.graph;
  States& states = *opened.states;
  refuse_in_few_bits(opened, options);
  leave_out(setup, options, states);
  make_folder(options.out);
  const Tokens passage = tokenizer.encode(setup.passage, "the passage"),
               disorder = tokenizer.encode(in_disorder(setup.passage, options.seed), "the passage");

  fmt::print("{}: {} tokens in its vocabulary, {} seen at once{}\ngates:\n", opened.path, tokenizer.size(),
             text_axes(forward).time.size, opened.weights == "f32" ? "" : ", weights in " + opened.weights);
  Gates gates;
  TextGenerator generator(forward, states, pool);
  const Tokens written = greedy(generator, tokenizer, setup.published.size());
  const auto in_words = [&](Tokens tokens) {
    if (tokenizer.border()) tokens.insert(tokens.begin(), *tokenizer.border());
    return fmt::format("\"{}\"", visible(tokenizer.decode(tokens)));
  };
  gates.check("it writes what was published", written == setup.published, in_words(written), in_words(setup.published));
  const std::vector<double> means = mean_losses(forward, passage, states, pool, options.debug_nans),
                            mixed = mean_losses(forward, disorder, states, pool, options.debug_nans);
  gates.check("a text of its kind", means.back() < setup.passage_below,
              fmt::format("{:.3f} nats a token of {}", means.back(), means.size()),
              fmt::format("below {}", setup.passage_below));
  gates.check("its words in disorder", mixed.back() > means.back() + setup.disorder_costs,
              fmt::format("{:.3f} nats a token", mixed.back()), fmt::format("{} more", setup.disorder_costs));
  TextAxes shorter = text_axes(forward);
  shorter.time.size = std::min(shorter.time.size, probed_time);
  const Graph probed_graph = specialize(forward, std::array{shorter.time});
  const Probed probed{probed_graph, passage, states, pool};
  const std::vector<AttentionMap> maps = check_probes(probed, false, gates);
  check_reference(probed, gates);

  nlohmann::json in_few_bits;
  if (!options.quantize.empty()) {
    const auto subject = sampled_subject(setup.name, forward, states, pool, tokenizer, options.seed);
    in_few_bits = check_in_few_bits(scheme_named(options.quantize), subject->subject(), gates);
  }
  const std::string drawn = draw_graphs(options.out, forward);
  if (!maps.empty()) draw_attention(options.out + "/attention.svg", setup.name, maps, tokenizer, passage);
  write_file(options.out + "/surprise.svg",
             line_plot("How " + setup.name + " is surprised by a story", "tokens read", "mean nats a token so far",
                       std::array{line_of("its words in disorder", mixed), line_of("a new story", means)}));
  if (!options.json.empty())
    write_text(options.json, nlohmann::json{{"name", setup.name},
                                            {"passage_loss", means.back()},
                                            {"disorder_loss", mixed.back()},
                                            {"without", options.without},
                                            {"quantized", in_few_bits},
                                            {"gates", gates.json()},
                                            {"holds", gates.all_hold()}}
                                     .dump(2) +
                                 "\n");
  fmt::print(
      "{}\nlook at {}: traced and compiled ({}), memory.svg, attention.svg, surprise.svg; passes.txt says what each "
      "pass did\n",
      gates.verdict(), options.out, drawn);
  return gates.all_hold();
}

}  // namespace

Project pretrained_language_model(PretrainedLanguageModel setup) {
  Project made{.name = setup.name, .year = setup.year, .idea = setup.idea};
  made.data = fmt::format("{}; '{}' gets it", setup.source, setup.command);
  made.has_data = [file = default_language_file(setup.name)] {
    std::error_code unknown;
    return std::filesystem::exists(file, unknown);
  };
  made.forward = setup.forward;
  made.causal_input = "token";
  for (const auto& part : setup.parts) made.parts.push_back(part.name);
  made.uses = {"sampling", "saved parameters", "pieces"};
  made.run = [setup](const RunOptions& options) { return run_pretrained(setup, options); };
  made.generate = [setup](const GenerateOptions& options) { generate_text(writer_of(setup), options); };
  made.quantize = [setup](const QuantizeOptions& options) { return quantize_pretrained(writer_of(setup), options); };
  return made;
}

}  // namespace vitrine
