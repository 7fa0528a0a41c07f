#include "tools/language_generate.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tools/compiled.hpp"
#include "tools/language_file.hpp"
#include "tools/language_task.hpp"
#include "tools/parameter_file.hpp"
#include "tools/text_file.hpp"
#include "tools/text_generator.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// The model that a file is of: the whole one, or that of a quick run.
Graph traced(const LanguageModel& setup, const std::string& model) {
  if (setup.quick_forward)
    if (Graph quick = setup.quick_forward({}); quick.name() == model) return quick;
  return setup.forward({});
}

}  // namespace

void generate_text(const LanguageModel& setup, const GenerateOptions& options) {
  const std::string file = options.load.empty() ? fmt::format("out/{0}/{0}.safetensors", setup.name) : options.load;
  if (options.load.empty() && !std::filesystem::exists(file))
    throw InputError(fmt::format(
        "generate {0}: there is no {1} yet; train it with 'run {0}', or name a file with --load", setup.name, file));
  const auto [model, tokenizer] = read_language_file(file);
  const Graph forward = for_vocabulary(traced(setup, model), tokenizer->size());
  Pool pool(thread_count(options.threads));
  States states(options.seed);
  TextGenerator generator(forward, states, pool);
  const std::vector<std::int32_t> prompt = tokenizer->encode(options.prompt, "--prompt");
  if (prompt.size() > generator.context())
    fmt::print(stderr,
               "vitrine: generate {}: the prompt has {} tokens and the model sees {}; it forgets the first {}\n",
               setup.name, prompt.size(), generator.context(), prompt.size() - generator.context());
  TextProgram(forward, 1, 1, states, pool);  // makes the states that the file fills
  load_parameters(file, forward, states);

  const Sampling how{
      .temperature = options.temperature, .top_k = options.top_k, .top_p = options.top_p, .seed = options.seed};
  check(how);
  fmt::print("{}", options.prompt);
  const auto start = std::chrono::steady_clock::now();
  std::string text;
  generator.write(prompt, options.tokens, how, [&](std::int32_t token) {
    text += tokenizer->token(token);
    fmt::print("{}", tokenizer->token(token));
    std::fflush(stdout);
  });
  fmt::print("\n");
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double rate = static_cast<double>(options.tokens) / seconds;
  fmt::print(stderr, "{} tokens in {:.2f} s, {:.0f} a second; no cache: each runs the whole model again\n",
             options.tokens, seconds, rate);
  if (options.json.empty()) return;
  const nlohmann::json numbers{{"name", setup.name},       {"prompt", options.prompt}, {"text", text},
                               {"tokens", options.tokens}, {"seconds", seconds},       {"tokens_per_second", rate}};
  write_text(options.json, numbers.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace vitrine
