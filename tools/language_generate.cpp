#include "tools/language_generate.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tools/compiled.hpp"
#include "tools/measured.hpp"
#include "tools/parameter_file.hpp"
#include "tools/plot.hpp"
#include "tools/quantize/language_in_use.hpp"
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

double peak_mebibytes() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

/// The first token comes with the reading of the prompt.
double decode_rate(const GenerateFigures& f) {
  return f.written < 2 || f.write_seconds <= 0 ? 0 : static_cast<double>(f.written - 1) / f.write_seconds;
}

/// What each token took, by its place; the first, which comes with the prompt, is left out.
std::string token_picture(const std::string& model, const GenerateFigures& f, bool cached) {
  Series each{"", "", {}, true}, middle{cached ? "with a cache" : "without a cache", "", {}, false};
  for (std::size_t i = 1; i < f.seconds.size(); ++i)
    each.points.push_back({static_cast<double>(f.read + i), 1e3 * f.seconds[i]});
  // The middle one of each and the ten on either side: other programs take their share now and then.
  for (std::size_t i = 0; i < each.points.size(); ++i) {
    std::vector<double> around;
    for (std::size_t k = i < 10 ? 0 : i - 10; k < std::min(i + 11, each.points.size()); ++k)
      around.push_back(each.points[k].y);
    middle.points.push_back({each.points[i].x, median(std::move(around))});
  }
  // From nothing up, or a flat line would look steep.
  Series floor{"", "#ffffff", {{static_cast<double>(f.read), 0}}, true};
  return line_plot("What a token of " + model + " takes", "place in the text", "milliseconds",
                   std::array{each, middle, floor});
}

void tell(const GenerateFigures& f, const ContinuationReport* cache, bool ended) {
  fmt::print(stderr, "prefill: {} tokens in {:.1f} ms, {:.0f} a second\n", f.read, 1e3 * f.read_seconds,
             static_cast<double>(f.read) / f.read_seconds);
  fmt::print(stderr, "decode: {} tokens in {:.2f} s, {:.0f} a second{}\n", f.written, f.read_seconds + f.write_seconds,
             decode_rate(f), ended ? "; the text has come to its end" : "");
  if (cache)
    fmt::print(stderr, "cache: {:.1f} KiB a token, room for {}; ", static_cast<double>(cache->bytes_of_token()) / 1024,
               cache->endless ? "any number (windows)" : fmt::format("{}", cache->capacity));
  else
    fmt::print(stderr, "no cache: each token runs the whole model again; ");
  fmt::print(stderr, "memory {:.0f} MiB at its fullest\n", peak_mebibytes());
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
  const LanguageInUse opened = open_in_use(writer, "generate", options.load, options.weights, options.seed, pool);
  const LanguageFile& file = opened.file;
  const Tokenizer& tokenizer = *file.tokenizer;
  const Graph& forward = opened.graph;
  States& states = *opened.states;
  const double load_seconds = seconds_since(start_of_load);
  std::size_t parameter_bytes = 0;
  for (const auto& [name, type] : named_states(forward, states)) parameter_bytes += type.bytes();

  TextGenerator generator(forward, states, pool,
                          options.no_cache             ? TextGenerator::Cache::none
                          : opened.cache_in_eight_bits ? TextGenerator::Cache::eight_bits
                                                       : TextGenerator::Cache::automatic,
                          options.stop_when_full ? WhenFull::stop : WhenFull::refill);
  if (!generator.why_not().empty())
    fmt::print(stderr, "vitrine: generate {}: nothing is kept, every token runs the whole model again: {}\n",
               writer.name, generator.why_not());
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
  const GenerateFigures figures = generator.write(
      prompt, options.tokens, how,
      [&](std::int32_t token) {
        text += tokenizer.token(token);
        fmt::print("{}", tokenizer.token(token));
        std::fflush(stdout);
      },
      tokenizer.border());
  fmt::print("\n");
  fmt::print(stderr, "loaded {:.1f} MB in {:.1f} ms, with checksums{}\n", megabytes_of(file), 1e3 * load_seconds,
             opened.made_here          ? fmt::format("; {} quantized in memory, {:.1f} MB of weights", opened.weights,
                                                     static_cast<double>(parameter_bytes) / 1e6)
             : opened.weights != "f32" ? fmt::format("; weights in {}, as its certificate says", opened.weights)
                                       : "");
  tell(figures, generator.cache(), figures.written < options.tokens);
  if (!options.picture.empty())
    write_text(options.picture, token_picture(writer.name, figures, generator.cache() != nullptr));
  if (options.json.empty()) return;
  const nlohmann::json numbers{{"name", writer.name},
                               {"prompt", options.prompt},
                               {"text", text},
                               {"tokens", figures.written},
                               {"prompt_tokens", figures.read},
                               {"prefill_seconds", figures.read_seconds},
                               {"decode_seconds", figures.write_seconds},
                               {"tokens_per_second", decode_rate(figures)},
                               {"cache", generator.cache() != nullptr},
                               {"cache_bytes_of_token", generator.cache() ? generator.cache()->bytes_of_token() : 0},
                               {"weights", opened.weights},
                               {"parameter_bytes", parameter_bytes},
                               {"peak_mebibytes", peak_mebibytes()},
                               {"load_seconds", load_seconds}};
  write_text(options.json, numbers.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace vitrine
