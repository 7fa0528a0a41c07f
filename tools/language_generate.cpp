#include "tools/language_generate.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tools/compiled.hpp"
#include "tools/parameter_file.hpp"
#include "tools/text_file.hpp"
#include "tools/text_generator.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double megabytes_of(const LanguageFile& file) {
  std::size_t bytes = 0;
  for (const auto& [name, tensor] : file.parameters.tensors) bytes += tensor.bytes.size();
  return static_cast<double>(bytes) / 1e6;
}

}  // namespace

std::string default_language_file(const std::string& name) { return fmt::format("out/{0}/{0}.safetensors", name); }

OpenedLanguageFile open_language_file(const Writer& writer, const std::string& command, const std::string& load,
                                      Pool& pool) {
  const std::string path = load.empty() ? default_language_file(writer.name) : load;
  std::error_code ignored;  // what cannot be looked at is read, which says what is wrong
  if (load.empty() && !std::filesystem::exists(path, ignored))
    throw InputError(fmt::format("{} {}: there is no {} yet; {}, or name a file with --load", command, writer.name,
                                 path, writer.how_to_get));
  return {path, read_language_file(path, pool)};
}

void generate_text(const Writer& writer, const GenerateOptions& options) {
  Pool pool(thread_count(options.threads));
  const auto start_of_load = Clock::now();
  const auto [path, file] = open_language_file(writer, "generate", options.load, pool);
  const Tokenizer& tokenizer = *file.tokenizer;
  const Graph forward = writer.forward(file);
  States states(options.seed);
  hold_parameters(path, file.parameters, forward, states);
  const double load_seconds = seconds_since(start_of_load);

  TextGenerator generator(forward, states, pool);
  const std::vector<std::int32_t> prompt = tokenizer.encode(options.prompt, "--prompt");
  if (prompt.size() > generator.context())
    fmt::print(stderr,
               "vitrine: generate {}: the prompt has {} tokens and the model sees {}; it forgets the first {}\n",
               writer.name, prompt.size(), generator.context(), prompt.size() - generator.context());
  const Sampling how{
      .temperature = options.temperature, .top_k = options.top_k, .top_p = options.top_p, .seed = options.seed};
  check(how);
  fmt::print("{}", options.prompt);
  std::string text;
  std::size_t written = 0;
  const auto start = Clock::now();
  generator.write(
      prompt, options.tokens, how,
      [&](std::int32_t token) {
        ++written;
        text += tokenizer.token(token);
        fmt::print("{}", tokenizer.token(token));
        std::fflush(stdout);
      },
      tokenizer.border());
  fmt::print("\n");
  const double seconds = seconds_since(start), rate = static_cast<double>(written) / seconds;
  fmt::print(stderr, "loaded {:.1f} MB in {:.1f} ms, with checksums\n", megabytes_of(file), 1e3 * load_seconds);
  fmt::print(stderr, "{} tokens in {:.2f} s, {:.0f} a second; no cache: each runs the whole model again{}\n", written,
             seconds, rate, written < options.tokens ? "; the text has come to its end" : "");
  if (options.json.empty()) return;
  const nlohmann::json numbers{{"name", writer.name},         {"prompt", options.prompt}, {"text", text},
                               {"tokens", written},           {"seconds", seconds},       {"tokens_per_second", rate},
                               {"load_seconds", load_seconds}};
  write_text(options.json, numbers.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace vitrine
