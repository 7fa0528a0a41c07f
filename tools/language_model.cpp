// The recipe behind `run` and `generate` for a language model: text, training, held-out loss, probes, pictures, prose.
#include "vitrine/language_model.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "runtime/write_file.hpp"
#include "tools/attention_picture.hpp"
#include "tools/draw_graphs.hpp"
#include "tools/language_file.hpp"
#include "tools/language_gates.hpp"
#include "tools/language_generate.hpp"
#include "tools/loss_picture.hpp"
#include "tools/quantize/quantize_text.hpp"
#include "tools/text/dictionary.hpp"
#include "tools/text_file.hpp"
#include "tools/text_generator.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr std::size_t sample_length = 120;

/// What the model writes after its prompt, on one line.
std::string sample_of(const LanguageTask& task, TextGenerator& generator, std::uint64_t seed) {
  std::string text;
  generator.write(task.prompt(), sample_length, {.temperature = 0.8f, .seed = seed},
                  [&](std::int32_t token) { text += task.spelled(token); });
  return text;
}

/// The held-out loss behind every epoch, and what is printed of it.
struct Watch {
  const LanguageTask& task;
  const RunOptions& options;
  std::optional<MeanLoss> loss{};
  std::optional<TextGenerator> generator{};
  std::vector<double> losses{};

  std::string operator()(ModelTraining& training) {
    if (!loss) {
      loss.emplace(task.forward, task.held_out, training.states(), training.pool(), options.debug_nans);
      generator.emplace(task.forward, training.states(), training.pool());
    }
    losses.push_back((*loss)());
    return fmt::format("  held out {:.4f} (bigram {:.4f}); it writes: {}", losses.back(), task.bigram,
                       sample_of(task, *generator, options.seed + losses.size()));
  }
};

void draw_attention(const std::filesystem::path& file, const LanguageTask& task,
                    const std::vector<AttentionMap>& maps) {
  std::vector<std::string> tokens;
  for (const std::int32_t token : task.held_out.first(task.axes.time.size)) tokens.push_back(task.spelled(token));
  std::vector<AttentionRow> rows;
  for (const AttentionMap& map : maps) rows.push_back({map.module, map, tokens});
  write_file(file, attention_picture("Where " + task.setup.name + " looks in a text that it has not seen", rows));
}

void write_numbers(const RunOptions& options, const LanguageTask& task, const ModelTraining& training, double loss,
                   const nlohmann::json& in_few_bits, const Gates& gates) {
  if (options.json.empty()) return;
  const nlohmann::json numbers{{"name", task.setup.name},
                               {"seed", options.seed},
                               {"quick", options.quick},
                               {"without", options.without},
                               {"data", task.source},
                               {"tokens", task.tokens.size()},
                               {"vocabulary", task.tokenizer->size()},
                               {"bigram_loss", task.bigram},
                               {"held_out_loss", loss},
                               {"train_seconds", training.seconds()},
                               {"epoch_loss", training.mean_losses()},
                               {"quantized", in_few_bits},
                               {"gates", gates.json()},
                               {"holds", gates.all_hold()}};
  write_text(options.json, numbers.dump(2) + "\n");
}

/// What a run without a part teaches, in words and in what the gates measured.
void say_what_broke(const LanguageModel& setup, const RunOptions& options, const Gates& gates) {
  for (const std::string& part : options.without)
    for (const auto& [name, does] : setup.parts)
      if (name == part) fmt::print("without {}: {}\n", part, does);
  if (options.without.empty()) return;
  fmt::print("what broke, in numbers{}:\n", gates.all_hold() ? ": nothing that a gate asks" : "");
  for (const Gates::Gate& gate : gates.all())
    if (!gate.holds) fmt::print("  {}: {} (the whole model: {})\n", gate.name, gate.measured, gate.needed);
}

TrainedLanguageModel trained_of(const LanguageTask& task, ModelTraining& training, double loss,
                                const RunOptions& options, Gates& gates) {
  return {.forward = training.forward(),
          .time = task.axes.time.size,
          .held_out = task.held_out,
          .loss = loss,
          .bigram = task.bigram,
          .options = options,
          .spelled = [&task](std::int32_t token) { return task.spelled(token); },
          .evaluate =
              [&](const Graph& graph, const std::string& output, std::span<const std::int32_t> rows) {
                TextProgram program(graph, rows.size() / task.axes.time.size, task.axes.time.size, training.states(),
                                    training.pool());
                program.run(rows);
                const auto numbers = program.output(output);
                return std::vector<float>(numbers.begin(), numbers.end());
              },
          .gate = [&gates](const std::string& name, bool holds, const std::string& measured,
                           const std::string& needed) { gates.check(name, holds, measured, needed); }};
}

/// Where the model goes that `generate` finds. One that only was tested, or lacks a part, is nothing to write with; a
/// quick one does not take the place of the whole.
std::string saved_as(const LanguageModel& setup, const RunOptions& options) {
  if (options.test || !options.without.empty()) return "";
  return (std::filesystem::path(options.out) / (setup.name + (options.quick ? "_quick" : "") + ".safetensors"))
      .string();
}

/// The model that a file is of: the whole one, or that of a quick run.
Graph graph_of(const LanguageModel& setup, const LanguageFile& file) {
  const std::size_t vocabulary = file.tokenizer->size();
  if (setup.quick_forward)
    if (const Graph quick = setup.quick_forward({}); quick.name() == file.model)
      return for_vocabulary(quick, vocabulary);
  return for_vocabulary(setup.forward({}), vocabulary);
}

Writer writer_of(const LanguageModel& setup) {
  return {.name = setup.name,
          .how_to_get = fmt::format("train it with 'run {}'", setup.name),
          .forward = [&setup](const LanguageFile& file) { return graph_of(setup, file); }};
}

bool run_language_model(const LanguageModel& setup, const RunOptions& options) {
  const LanguageTask task(setup, options);
  if (options.test)
    if (const auto done = test_in_few_bits(task, writer_of(setup), options)) return *done;
  if (!options.load.empty()) demand_tokenizer(options.load, *task.tokenizer);
  Watch watch{task, options};
  ModelTraining* running = nullptr;
  TrainingTask about = task.training(options);
  about.after_epoch = [&] { return watch(*running); };
  ModelTraining training(std::move(about), options);
  running = &training;
  make_folder(options.out);
  Gates gates;
  if (setup.before && !options.test)
    setup.before(options, [&](const std::string& name, bool holds, const std::string& measured,
                              const std::string& needed) { gates.check(name, holds, measured, needed); });
  fmt::print(
      "{}: {} tokens of {} kinds, the last tenth held out; a bigram model counted from the rest has {:.4f} nats\n",
      task.source, task.tokens.size(), task.tokenizer->size(), task.bigram);
  if (!options.test) training.run();
  const double loss = MeanLoss(task.forward, task.held_out, training.states(), training.pool(), options.debug_nans)();
  const std::string saved = saved_as(setup, options);
  if (!saved.empty()) save_language_model(saved, task.forward, training.states(), *task.tokenizer);

  fmt::print("gates{}:\n", options.quick ? " (quick: lower thresholds)" : "");
  check_held_out(task, loss, options.quick, gates);
  if (!options.test)
    check_training(training, std::log(static_cast<double>(task.tokenizer->size())), options.quick, gates);
  const Probed probed{task.forward, task.held_out, training.states(), training.pool()};
  const std::vector<AttentionMap> maps = check_probes(probed, options.quick, gates);
  check_reference(probed, gates);
  const TrainedLanguageModel trained = trained_of(task, training, loss, options, gates);
  if (setup.check) setup.check(trained);
  nlohmann::json in_few_bits;
  if (!options.quantize.empty()) {
    const auto subject = held_out_subject(task, training.forward(), training.states(), training.pool());
    in_few_bits = check_in_few_bits(scheme_named(options.quantize), subject->subject(), gates);
  }

  const std::filesystem::path folder = options.out;
  const std::string drawn = draw_graphs(folder, training.forward(), training.step());
  if (!options.test)
    write_file(folder / "loss.svg",
               loss_picture(task.setup.name, "nats a token", training, {"text held out", watch.losses}, Scale::linear,
                            {"bigram model, held out", {task.bigram}}));
  if (!maps.empty()) draw_attention(folder / "attention.svg", task, maps);
  if (setup.draw) setup.draw(trained);
  write_numbers(options, task, training, loss, in_few_bits, gates);
  say_what_broke(setup, options, gates);
  fmt::print("{}\n", gates.verdict());
  if (const std::string prompt = task.beginning(); !saved.empty() && !prompt.empty())
    fmt::print("its parameters are in {}. Let it write:\n  {} generate {}{} --prompt \"{}\"\n", saved,
               program_invocation_name, setup.name,
               options.quick || options.out != "out/" + setup.name ? fmt::format(" --load '{}'", saved) : "", prompt);
  fmt::print("look at {}: traced, gradients and compiled ({}), memory.svg{}{}; passes.txt says what each pass did\n",
             options.out, drawn, options.test ? "" : ", loss.svg", maps.empty() ? "" : ", attention.svg");
  return gates.all_hold();
}

}  // namespace

Project language_model(LanguageModel setup) {
  Project made{.name = setup.name, .year = setup.year, .idea = setup.idea};
  made.data = "The Devil's Dictionary (Debian package dict-devil), or by --data any text in UTF-8";
  made.has_data = [] { return std::filesystem::exists(devils_dictionary); };
  made.forward = [forward = setup.forward] { return forward({}); };
  made.forward_of_run = [setup](const RunOptions& options) { return traced(setup, options); };
  made.causal_input = "token";  // it guesses what comes next, and must not see it
  made.optimizer = setup.optimizer;
  for (const auto& [part, does] : setup.parts) made.parts.push_back(part);
  made.resumes = true;
  made.uses = {"dictd",    "text",     "characters",       "shifted windows", "shuffling",
               "prefetch", "sampling", "saved parameters", "whole trainings"};
  // Where there is no schedule yet, ModelTraining makes it a cosine.
  if (std::visit([](const auto& rule) { return rule.rate.drop_every == 0; }, setup.optimizer))
    made.uses.emplace_back("cosine");
  made.run = [setup](const RunOptions& options) { return run_language_model(setup, options); };
  made.generate = [setup](const GenerateOptions& options) { generate_text(writer_of(setup), options); };
  made.quantize = [setup](const QuantizeOptions& options) {
    return quantize_trained(setup, writer_of(setup), options);
  };
  return made;
}

}  // namespace vitrine
