#include "tools/quantize/certificate_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "vitrine/error.hpp"

namespace vitrine {

namespace {

using Json = nlohmann::json;

double megabytes(double bytes) { return bytes / 1e6; }

void row(const std::string& name, const std::string& before, const std::string& after, const std::string& said) {
  fmt::print("  {:<14} {:>14} {:>14}  {}\n", name, before, after, said);
}

void print_table(const Subject& subject, const QuantizedOutcome& made) {
  const Quality& q = made.quality;
  const std::string unit = subject.classifies ? "image" : "token";
  row("", "f32", "quantized", "");
  if (subject.classifies)
    row("accuracy", fmt::format("{:.2f} %", q.accuracy_before()), fmt::format("{:.2f} %", q.accuracy_after()),
        fmt::format("{} lost, {} gained of {}; McNemar's test: p = {:.3g}", q.flips.lost, q.flips.gained, q.rows,
                    q.flips.p()));
  else
    row("perplexity", fmt::format("{:.5g}", q.perplexity_before()), fmt::format("{:.5g}", q.perplexity_after()),
        fmt::format("{:+.3f} %", q.perplexity_change()));
  row("loss", fmt::format("{:.5f}", q.loss_before), fmt::format("{:.5f}", q.loss_after),
      fmt::format("{:+.2e} +- {:.1e} nats a{} {}, paired over {}: p = {:.2g}", q.loss_difference.mean,
                  q.loss_difference.error, subject.classifies ? "n" : "", unit, q.groups, p_value(q.loss_difference)));
  row("KL divergence", "", fmt::format("{:.2e}", q.divergence.mean),
      fmt::format("+- {:.1e} nats a{} {}", q.divergence.error, subject.classifies ? "n" : "", unit));
  row("same top-1", "", fmt::format("{:.2f} %", 100 * q.same_top.mean),
      fmt::format("+- {:.2f}", 100 * q.same_top.error));
  row("parameters", fmt::format("{:.2f} MB", megabytes(static_cast<double>(made.bytes_before))),
      fmt::format("{:.2f} MB", megabytes(static_cast<double>(made.bytes_after))),
      fmt::format("{:.2f} times smaller; by the formats' bits {:.2f} MB",
                  static_cast<double>(made.bytes_before) / static_cast<double>(made.bytes_after),
                  megabytes(made.arithmetic)));
  row("speed", fmt::format("{:.0f}", made.speed_before), fmt::format("{:.0f}", made.speed_after),
      fmt::format("{}, {:.2f} times as fast", subject.speed_unit, made.speed_after / made.speed_before));
}

std::string decibels_text(double decibels) { return std::isinf(decibels) ? "" : fmt::format("{:.1f}", decibels); }

Json estimate_json(const Estimate& estimate) { return {{"mean", estimate.mean}, {"error", estimate.error}}; }

Json quality_json(const Subject& subject, const Quality& q) {
  Json made{{"groups", q.groups},
            {"rows", q.rows},
            {"loss_before", q.loss_before},
            {"loss_after", q.loss_after},
            {"loss_difference", estimate_json(q.loss_difference)},
            {"loss_difference_p", p_value(q.loss_difference)},
            {"kl", estimate_json(q.divergence)},
            {"same_top1", estimate_json(q.same_top)}};
  if (subject.classifies) {
    made["accuracy_before"] = q.accuracy_before(), made["accuracy_after"] = q.accuracy_after();
    made["flips"] = {{"lost", q.flips.lost}, {"gained", q.flips.gained}, {"p", q.flips.p()}};
  } else {
    made["perplexity_before"] = q.perplexity_before(), made["perplexity_after"] = q.perplexity_after();
    made["perplexity_change_percent"] = q.perplexity_change();
  }
  return made;
}

}  // namespace

void print_outcome(const Subject& subject, const QuantizedOutcome& made) {
  fmt::print("{} in {}, measured on {}\n", subject.name, made.model->scheme().name, subject.data);
  print_table(subject, made);
  if (made.model->scheme().cache) fmt::print("  (keys and values were rounded as a cache in eight bits rounds them)\n");
  fmt::print("weights, by what each costs alone (KL on the first {} of them):\n", subject.glanced);
  fmt::print("  {:>7} {:>10} {:>7} {:>11}  {:<5} {}\n", "share", "KL", "SQNR dB", "bytes", "", "weight");
  for (const WeightReport& weight : made.weights)
    fmt::print("  {:>5.1f} % {:>10.2e} {:>7} {:>11}  {:<5} {}\n", weight.share, weight.divergence,
               decibels_text(weight.decibels), weight.bytes, name_of(weight.format.precision), weight.name);
}

Json certificate_json(const Subject& subject, const QuantizedOutcome& made) {
  Json weights = Json::array(), returned = Json::array(), bounds = Json::array();
  for (const WeightReport& weight : made.weights) {
    Json sizes = Json::array();
    for (const Axis& axis : weight.shape) sizes.push_back(axis.size);
    Json each{{"name", weight.name},           {"shape", sizes},
              {"format", weight.format.str()}, {"bytes", weight.bytes},
              {"kl_alone", weight.divergence}, {"share_percent", weight.share}};
    if (std::isfinite(weight.decibels)) each["sqnr_decibels"] = weight.decibels;
    weights.push_back(std::move(each));
  }
  for (const Returned& back : made.returned)
    returned.push_back({{"weight", back.weight},
                        {"from", back.from.str()},
                        {"to", back.to.str()},
                        {"share_percent", back.share},
                        {"bytes", back.bytes},
                        {"quality", quality_json(subject, back.quality)}});
  for (const Bound& bound : made.bounds)
    bounds.push_back(
        {{"bound", bound.text()}, {"measured", bound.value(made.quality)}, {"holds", bound.holds(made.quality)}});
  return {
      {"model", subject.name},
      {"scheme", made.model->scheme().name},
      {"data", {{"what", subject.data}, {"xxh3", subject.data_checksum}, {"attribution_on_first", subject.glanced}}},
      {"quality", quality_json(subject, made.quality)},
      {"size",
       {{"bytes_before", made.bytes_before}, {"bytes_after", made.bytes_after}, {"arithmetic", made.arithmetic}}},
      {"weights", std::move(weights)},
      {"returned", std::move(returned)},
      {"budget", std::move(bounds)},
      {"holds", made.holds()}};
}

Json numbers_json(const Subject& subject, const QuantizedOutcome& made) {
  Json numbers = certificate_json(subject, made);
  numbers["speed"] = {{"unit", subject.speed_unit}, {"before", made.speed_before}, {"after", made.speed_after}};
  return numbers;
}

Json format_json(const WeightFormat& format) {
  Json made{{"precision", name_of(format.precision)}};
  if (format.precision != Precision::int8 && format.precision != Precision::int4) return made;
  made["group"] = format.group, made["symmetric"] = format.symmetric;
  made["scales"] = format.scale_by == ScaleBy::maximum ? "maximum" : "squared_error";
  return made;
}

WeightFormat format_from(const Json& json, const std::string& where) {
  const auto refuse = [&] {
    return InputError(fmt::format("{}: '{}' is no format of a weight; the file is damaged or of a later version", where,
                                  json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 200)));
  };
  WeightFormat made;
  try {
    const std::string precision = json.at("precision");
    if (precision == "bf16") return {.precision = Precision::bf16};
    if (precision != "int8" && precision != "int4") throw refuse();
    made.precision = precision == "int8" ? Precision::int8 : Precision::int4;
    made.group = json.at("group").get<std::size_t>();
    made.symmetric = json.at("symmetric").get<bool>();
    const std::string scales = json.at("scales");
    if (scales != "maximum" && scales != "squared_error") throw refuse();
    made.scale_by = scales == "maximum" ? ScaleBy::maximum : ScaleBy::squared_error;
  } catch (const Json::exception&) {
    throw refuse();
  }
  const bool four = made.precision == Precision::int4;
  if ((!four && !made.symmetric) || (four && (made.group < 2 || made.group % 2 != 0))) throw refuse();
  return made;
}

}  // namespace vitrine
