// Schemes as text.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "compiler/quantization.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

constexpr WeightFormat f32_weights{.precision = Precision::f32}, bf16_weights{.precision = Precision::bf16};
constexpr WeightFormat int8_weights{};
constexpr WeightFormat int4_weights{
    .precision = Precision::int4, .symmetric = false, .scale_by = ScaleBy::squared_error};
constexpr WeightFormat int8_columns{.group = 0};

const std::array<QuantizationScheme, 5>& schemes() {
  static const std::array<QuantizationScheme, 5> all{
      QuantizationScheme{"f32", f32_weights, f32_weights}, QuantizationScheme{"bf16", bf16_weights, bf16_weights},
      QuantizationScheme{"int8", int8_weights, int8_weights}, QuantizationScheme{"int4", int4_weights, int8_weights},
      QuantizationScheme{"dynamic_int8", int8_columns, int8_columns, 8}};
  return all;
}

constexpr std::array<std::string_view, 8> changes{
    "group=", "symmetric", "asymmetric", "scale=", "weights=", "ends=", "rows=", "cache="};

[[noreturn]] void unknown(std::string_view word, std::string_view scheme) {
  std::vector<std::string_view> known(changes.begin(), changes.end());
  if (word.data() == scheme.data()) {
    known.clear();
    for (const QuantizationScheme& each : schemes()) known.push_back(each.name);
  }
  const std::string_view near = nearest(word, known);
  throw UsageError(fmt::format(
      "scheme '{}': there is no '{}'{}; take f32, bf16, int8, int4 or dynamic_int8, and behind it, with "
      "commas, group=32, symmetric, asymmetric, scale=maximum, scale=squared_error, ends=int8, rows=16, cache=int8",
      scheme, word, near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

const WeightFormat& format_named(std::string_view word, std::string_view value, std::string_view scheme) {
  static const std::map<std::string_view, WeightFormat> known{
      {"f32", f32_weights}, {"bf16", bf16_weights}, {"int8", int8_weights}, {"int4", int4_weights}};
  const auto found = known.find(value);
  if (found == known.end()) unknown(word, scheme);
  return found->second;
}

void change(QuantizationScheme& made, std::string_view word, std::string_view scheme) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string_view key = word.substr(0, equals), value = word.substr(std::min(equals + 1, word.size()));
  const auto each = [&](const auto& set) { set(made.weights), set(made.ends); };
  const auto symmetric = [&](bool wanted) {
    each([&](WeightFormat& f) { f.symmetric = wanted || f.precision != Precision::int4; });
  };
  if (word == "symmetric" || word == "asymmetric")
    symmetric(word == "symmetric");
  else if (word == "scale=maximum" || word == "scale=squared_error")
    each([&](WeightFormat& f) { f.scale_by = value == "maximum" ? ScaleBy::maximum : ScaleBy::squared_error; });
  else if (key == "ends")
    made.ends = format_named(word, value, scheme);
  else if (key == "weights")
    made.weights = format_named(word, value, scheme);
  else if (word == "rows=8" || word == "rows=16")
    made.row_bits = value == "8" ? 8 : 16;
  else if (word == "cache=int8" || word == "cache=f32")
    made.cache = value == "int8";
  else if (key == "group") {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
    if (error != std::errc() || end != value.data() + value.size() || value.empty()) unknown(word, scheme);
    each([&](WeightFormat& f) { f.group = size; });
  } else
    unknown(word, scheme);
}

void demand_sense(const QuantizationScheme& scheme) {
  for (const WeightFormat& format : {scheme.weights, scheme.ends}) {
    if (format.precision == Precision::int4 && (format.group < 2 || format.group % 2 != 0))
      throw UsageError(
          fmt::format("scheme '{}': int4 puts two codes into a byte, in groups of an even number "
                      "and not {}; take group=32, 64 or 128",
                      scheme.name, format.group));
    // Else a product would need more than 32 bits for its sums, and be computed in floats, which nobody asked for.
    if (scheme.row_bits == 16 && format.precision >= Precision::int8 && (format.group == 0 || format.group > 256))
      throw UsageError(
          fmt::format("scheme '{}': with rows of 16 bits a group's sum fits into 32 bits for at "
                      "most 256 codes; take group=32, 64 or 128, or rows=8",
                      scheme.name));
  }
}

}  // namespace

QuantizationScheme scheme_named(std::string_view text) {
  const std::size_t first = std::min(text.find(','), text.size());
  const auto known = std::ranges::find(schemes(), text.substr(0, first), &QuantizationScheme::name);
  if (known == schemes().end()) unknown(text.substr(0, first), text);
  QuantizationScheme made = *known;
  made.name = text;
  for (std::size_t at = first; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at + 1), text.size());
    change(made, text.substr(at + 1, end - at - 1), text);
    at = end;
  }
  demand_sense(made);
  return made;
}

}  // namespace vitrine
