#include "tools/quantize/quantize_text.hpp"

#include <fmt/format.h>

#include "compiler/specialize.hpp"
#include "tools/compiled.hpp"
#include "tools/language_gates.hpp"
#include "tools/quantize/held_out_texts.hpp"
#include "tools/quantize/language_in_use.hpp"
#include "tools/text_generator.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Tokens in a second, greedy, behind one token that was read.
double writing_speed(const Graph& forward, States& states, Pool& pool, std::int32_t first, bool cache_in_few_bits) {
  constexpr std::size_t tokens = 128;
  using enum TextGenerator::Cache;
  TextGenerator generator(forward, states, pool, cache_in_few_bits ? eight_bits : automatic);
  const GenerateFigures figures = generator.write({first}, tokens, {.temperature = 0}, [](std::int32_t) {});
  return static_cast<double>(figures.written - 1) / std::max(figures.write_seconds, 1e-9);
}

std::size_t places_of(const std::vector<TokenText>& texts) {
  std::size_t places = 0;
  for (const TokenText& text : texts) places += text.size() - 1;
  return places;
}

}  // namespace

TextSubject::TextSubject(const std::string& name, const Graph& forward, States& states, Pool& pool,
                         std::vector<TokenText> texts, const std::string& data)
    : comparison_(forward, states, pool, std::move(texts)),
      subject_{.name = name, .forward = forward, .states = states, .pool = pool} {
  const std::vector<TokenText>& measured = comparison_.texts();
  subject_.data = fmt::format("{}, {} places", data, places_of(measured));
  subject_.data_checksum = checksum_of(measured);
  subject_.groups = measured.size();
  subject_.glanced = std::min(comparison_.glanced(), measured.size());
  subject_.speed_unit = "tokens/s";
  subject_.measure = [this](const Graph& graph, States& of, const std::function<void(std::size_t)>& each) {
    return comparison_.measure(graph, of, each);
  };
  subject_.glance = [this](const Graph& graph, States& of) { return comparison_.glance(graph, of); };
  subject_.speed = [&pool, first = measured.at(0).at(0)](const Graph& graph, States& of, bool cache_in_few_bits) {
    return writing_speed(graph, of, pool, first, cache_in_few_bits);
  };
  // The first places of the first text.
  const std::size_t shown = std::min<std::size_t>(16, measured.at(0).size() - 1);
  subject_.at_example = [shown](const Graph& graph) {
    TextAxes axes = text_axes(graph);
    axes.batch.size = 1, axes.time.size = shown;
    return specialize(graph, std::array{axes.batch, axes.time});
  };
  for (const auto& [input, from] : {std::pair("token", std::size_t{0}), std::pair("next", std::size_t{1})}) {
    const auto bytes = std::as_bytes(std::span(measured.at(0)).subspan(from, shown));
    subject_.example[input] = {bytes.begin(), bytes.end()};
  }
}

std::unique_ptr<TextSubject> sampled_subject(const std::string& name, const Graph& forward, States& states, Pool& pool,
                                             const Tokenizer& tokenizer, std::uint64_t seed) {
  constexpr std::size_t count = 64;
  std::vector<TokenText> texts;
  {
    Progress progress(name + ": writes what it is measured on", 0);
    texts = sampled_texts(forward, states, pool, tokenizer, count, seed, progress);
  }
  return std::make_unique<TextSubject>(
      name, forward, states, pool, std::move(texts),
      fmt::format("{} texts that it wrote in f32 at temperature 1, seeds {} to {}", count, seed, seed + count - 1));
}

std::unique_ptr<TextSubject> held_out_subject(const LanguageTask& task, const Graph& forward, States& states,
                                              Pool& pool) {
  std::vector<TokenText> texts = windows_of(forward, task.held_out);
  const std::string data =
      fmt::format("the last tenth of {}, held out: {} windows of {}", task.source, texts.size(), task.axes.time.size);
  return std::make_unique<TextSubject>(task.setup.name, forward, states, pool, std::move(texts), data);
}

std::optional<bool> test_in_few_bits(const LanguageTask& task, const Writer& writer, const RunOptions& options) {
  Pool pool(thread_count(options.threads));
  const MappedTensorFile file = map_tensor_file(options.load, pool);
  if (!is_in_few_bits(file.metadata)) return {};
  refuse_for_few_bits(task.setup.name, options);
  demand_tokenizer(options.load, *task.tokenizer);
  const LanguageInUse opened = open_in_use(writer, "run", options.load, "", options.seed, pool);
  const QuantizedModel model = read_quantized(options.load, opened.file.parameters, task.forward);
  fmt::print("{}: weights in {}, with a certificate\n", options.load, opened.weights);
  const double loss = MeanLoss(opened.graph, task.held_out, *opened.states, pool, options.debug_nans)();
  fmt::print("gates{}:\n", options.quick ? " (quick: lower thresholds)" : "");
  Gates gates;
  check_held_out(task, loss, options.quick, gates);
  check_certificate(model, "loss_after", loss, 1e-4, checksum_of(windows_of(task.forward, task.held_out)), gates);
  fmt::print("{}\n", gates.verdict());
  write_test(options, task.setup.name, {{"held_out_loss", loss}, {"scheme", opened.weights}}, gates);
  return gates.all_hold();
}

bool quantize_pretrained(const Writer& writer, const QuantizeOptions& options) {
  const QuantizeRequest request(options, false);
  if (!options.data.empty())
    throw UsageError(
        fmt::format("quantize {}: it is measured on texts that it writes itself; leave out --data", writer.name));
  Pool pool(thread_count(options.threads));
  const auto [path, file] = open_language_file(writer, "quantize", options.load, pool);
  const Graph forward = writer.forward(file);
  States states(options.seed);
  auto metadata = hold_f32(path, file.parameters, forward, states);
  const auto subject = sampled_subject(writer.name, forward, states, pool, *file.tokenizer, options.seed);
  return quantize_within(request, subject->subject(), std::move(metadata));
}

bool quantize_trained(const LanguageModel& setup, const Writer& writer, const QuantizeOptions& options) {
  const QuantizeRequest request(options, false);
  Pool pool(thread_count(options.threads));
  const auto [path, file] = open_language_file(writer, "quantize", options.load, pool);
  const Graph forward = writer.forward(file);
  const bool quick = setup.quick_forward && setup.quick_forward({}).name() == forward.name() &&
                     setup.forward({}).name() != forward.name();
  const LanguageTask task(setup, {.quick = quick, .data = options.data, .seed = options.seed});
  demand_tokenizer(path, *task.tokenizer);
  States states(options.seed);
  auto metadata = hold_f32(path, file.parameters, forward, states);
  const auto subject = held_out_subject(task, forward, states, pool);
  return quantize_within(request, subject->subject(), std::move(metadata));
}

}  // namespace vitrine
