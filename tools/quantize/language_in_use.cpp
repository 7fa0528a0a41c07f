#include "tools/quantize/language_in_use.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "tools/parameter_file.hpp"
#include "tools/quantize/few_bits.hpp"
#include "tools/quantize/quantized_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Whether a file was written before another that is there: of a model that was trained again since, the codes are
/// those of the old one.
bool is_older(const std::string& file, const std::string& other) {
  std::error_code missing, unknown;
  const auto written = std::filesystem::last_write_time(other, missing);
  return !missing && std::filesystem::last_write_time(file, unknown) < written;
}

}  // namespace

LanguageInUse open_in_use(const Writer& writer, const std::string& command, const std::string& load,
                          const std::string& weights, std::uint64_t seed, Pool& pool) {
  const bool few = !weights.empty() && weights != "f32";
  const QuantizationScheme scheme = scheme_named(weights.empty() ? "f32" : weights);
  std::string wanted = load;
  std::error_code ignored;  // what cannot be looked at is not there
  if (const std::string made = default_quantized_file(writer.name, weights);
      few && load.empty() && std::filesystem::exists(made, ignored) &&
      !is_older(made, default_language_file(writer.name)))
    wanted = made;
  auto [path, file] = open_language_file(writer, command, wanted, pool);
  const Graph forward = writer.forward(file);
  auto states = std::make_unique<States>(seed);
  if (is_in_few_bits(file.parameters.metadata)) {
    QuantizedModel found = read_quantized(path, file.parameters, forward);
    if (!weights.empty() && weights != found.scheme.name)
      throw UsageError(fmt::format("{} {}: {} has weights in {}, and --weights asks for {}; leave out one of the two",
                                   command, writer.name, path, found.scheme.name, weights));
    hold_parameters(path, file.parameters, found.graph, *states);
    return {.path = path,
            .file = std::move(file),
            .weights = found.scheme.name,
            .cache_in_eight_bits = found.scheme.cache,
            .graph = std::move(found.graph),
            .states = std::move(states)};
  }
  hold_parameters(path, file.parameters, forward, *states);
  if (!few)
    return {.path = path, .file = std::move(file), .weights = "f32", .graph = forward, .states = std::move(states)};
  ModelInFewBits made(forward, scheme, *states, pool);
  return {.path = path,
          .file = std::move(file),
          .weights = weights,
          .made_here = true,
          .cache_in_eight_bits = scheme.cache,
          .graph = made.graph(),
          .states = std::make_unique<States>(std::move(made.states()))};
}

}  // namespace vitrine
