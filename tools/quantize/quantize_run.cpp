#include "tools/quantize/quantize_run.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "compiler/dot.hpp"
#include "compiler/passes.hpp"
#include "tools/checkpoint.hpp"
#include "tools/graphviz.hpp"
#include "tools/parameter_file.hpp"
#include "tools/quantize/certificate_text.hpp"
#include "tools/quantize/quantized_file.hpp"
#include "tools/text/tokenizer.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {
void check_bounds(const QuantizedOutcome& made, const std::string& where, Gates& gates) {
  for (const Bound& bound : made.bounds)
    gates.check(bound.name() + where, bound.holds(made.quality), bound.measured(made.quality), bound.needed());
}

/// The model in few bits, each value in the colour of what it lost on the subject's example.
void draw_errors(const std::string& path, const Subject& subject, const QuantizedOutcome& made) {
  Graph before = subject.at_example(subject.forward);
  optimize(before, passes_named("inference,remove_unused"), {.record = false});
  const Graph after = subject.at_example(made.model->graph());
  const ErrorFlow flow = error_flow(before, subject.states, after, made.model->states(), subject.example);
  const std::string picture = dot(after, {.fold = true, .paint = error_paint(after, flow, made.model->states())});
  const bool text = path.ends_with(".dot");
  write_text(path, text ? picture : render(picture, path.ends_with(".png") ? "png" : "svg"));
}
}  // namespace

QuantizeRequest::QuantizeRequest(const QuantizeOptions& asked, bool classifies)
    : options(asked), scheme(scheme_named(asked.scheme)), bounds(parse_bounds(asked.budget, classifies, "quantize")) {
  if (bounds.empty()) bounds = bounds_of(scheme, classifies);
}

bool quantize_within(const QuantizeRequest& request, const Subject& subject,
                     std::map<std::string, std::string> metadata) {
  const QuantizeOptions& options = request.options;
  const QuantizedOutcome made = quantize_model(subject, request.scheme, request.bounds, true);
  print_outcome(subject, made);
  fmt::print("budget:\n");
  Gates gates;
  check_bounds(made, "", gates);
  nlohmann::json numbers = numbers_json(subject, made);
  if (made.holds()) {
    const std::string path =
        options.output.empty() ? default_quantized_file(subject.name, request.scheme.name) : options.output;
    const std::size_t bytes =
        save_quantized(path, made.model->graph(), made.model->states(), request.scheme, made.model->formats(),
                       certificate_json(subject, made), std::move(metadata));
    numbers["file"] = path, numbers["file_bytes"] = bytes;
    fmt::print("the budget holds: {} has {:.2f} MB, {:.3f} times what the formats' bits make, and this certificate\n",
               path, static_cast<double>(bytes) / 1e6, static_cast<double>(bytes) / made.arithmetic);
  } else {
    fmt::print("the budget is missed, though no weight is in few bits any more; nothing is written\n");
  }
  if (!options.json.empty()) write_text(options.json, numbers.dump(2) + "\n");
  if (!options.picture.empty()) draw_errors(options.picture, subject, made);
  return made.holds();
}

nlohmann::json check_in_few_bits(const QuantizationScheme& scheme, const Subject& subject, Gates& gates) {
  const QuantizedOutcome made = quantize_model(subject, scheme, bounds_of(scheme, subject.classifies), false);
  print_outcome(subject, made);
  check_bounds(made, " in " + scheme.name, gates);
  return numbers_json(subject, made);
}

void refuse_for_few_bits(const std::string& name, const RunOptions& options) {
  if (options.without.empty() && options.quantize.empty()) return;
  throw UsageError(fmt::format("run {}: the weights of {} are in few bits already; leave out {}", name, options.load,
                               options.without.empty() ? "--quantize" : "--without"));
}

void check_certificate(const QuantizedModel& model, const std::string& figure, double measured, double within,
                       const std::string& data_checksum, Gates& gates) {
  const auto certificate = nlohmann::json::parse(model.certificate, nullptr, false);
  const auto said = certificate.value(nlohmann::json::json_pointer("/quality/" + figure), nlohmann::json());
  if (certificate.value(nlohmann::json::json_pointer("/data/xxh3"), "") != data_checksum || !said.is_number()) {
    fmt::print("  its certificate speaks of other data, and of these nothing is asked\n");
    return;
  }
  const double wanted = said;
  gates.check("as its certificate says", std::abs(measured - wanted) <= within, fmt::format("{:.5g}", measured),
              fmt::format("{:.5g}, within {:g}", wanted, within));
}

void write_test(const RunOptions& options, const std::string& name, nlohmann::json numbers, const Gates& gates) {
  if (options.json.empty()) return;
  numbers["name"] = name, numbers["gates"] = gates.json(), numbers["holds"] = gates.all_hold();
  write_text(options.json, numbers.dump(2) + "\n");
}

std::map<std::string, std::string> hold_f32(const std::string& path, const MappedTensorFile& file, const Graph& forward,
                                            States& states) {
  if (is_in_few_bits(file.metadata))
    throw InputError(path + ": its weights are in few bits already; quantize the f32 model that it was made of");
  hold_parameters(path, file, forward, states);
  if (const std::string blame = not_finite(states); !blame.empty())
    throw InputError(path + ": " + blame + "; quantize parameters that are numbers");
  auto kept = file.metadata;
  std::erase_if(kept, [](const auto& each) { return each.first != tokenizer_key; });
  return kept;
}

}  // namespace vitrine
