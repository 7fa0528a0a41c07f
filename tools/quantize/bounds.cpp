#include "tools/quantize/bounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

struct MeasureKind {
  std::string_view name, unit;
  bool of_texts, of_classes;
  std::string_view example;
};
constexpr std::array<MeasureKind, 4> kinds{{{"perplexity", "%", true, false, "perplexity=0.1%"},
                                            {"kl", "", true, true, "kl=1e-3"},
                                            {"top1", "%", true, true, "top1=98.8%"},
                                            {"accuracy", "", false, true, "accuracy=0.2"}}};
const MeasureKind& kind_of(Measure measure) { return kinds[static_cast<std::size_t>(measure)]; }

Bound parse(std::string_view text, bool classifies, const std::string& command) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view key = text.substr(0, equals);
  std::vector<std::string_view> known;
  std::string examples;
  for (const MeasureKind& kind : kinds)
    if (classifies ? kind.of_classes : kind.of_texts)
      known.push_back(kind.name), examples += (examples.empty() ? "" : ", ") + std::string(kind.example);
  const auto refuse = [&](const std::string& why) {
    return UsageError(fmt::format("{}: --budget {}: {}; take {}", command, text, why, examples));
  };
  const auto found = std::ranges::find(kinds, key, &MeasureKind::name);
  if (found == kinds.end()) {
    const std::string_view near = nearest(key, known);
    throw refuse(
        fmt::format("there is no measure '{}'{}", key, near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  if (std::ranges::find(known, key) == known.end())
    throw refuse(fmt::format("{} is not measured of a model that {}", key, classifies ? "classifies" : "writes text"));
  std::string_view number = text.substr(std::min(equals + 1, text.size()));
  if (!found->unit.empty() && !number.ends_with('%')) throw refuse(fmt::format("{} is given in %", key));
  if (!found->unit.empty()) number.remove_suffix(1);
  double limit = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), limit);
  if (error != std::errc() || end != number.data() + number.size() || !(limit >= 0) || !std::isfinite(limit))
    throw refuse(fmt::format("'{}' is no number from 0 up", number));
  const auto measure = static_cast<Measure>(found - kinds.begin());
  if (measure == Measure::top1 && limit > 100) throw refuse("no more than 100 % can be the same");
  return {measure, limit};
}

}  // namespace

double Bound::value(const Quality& quality) const {
  switch (measure) {
    case Measure::perplexity: return quality.perplexity_change();
    case Measure::kl: return quality.divergence.mean;
    case Measure::top1: return 100 * quality.same_top.mean;
    default: return -quality.accuracy_change();
  }
}

bool Bound::holds(const Quality& quality) const {
  return measure == Measure::top1 ? value(quality) >= limit : value(quality) <= limit;
}

std::string Bound::name() const {
  constexpr std::array<std::string_view, 4> names{"perplexity", "KL divergence", "same top-1", "accuracy"};
  return std::string(names[static_cast<std::size_t>(measure)]);
}

std::string Bound::measured(const Quality& quality) const {
  const double x = value(quality);
  switch (measure) {
    case Measure::perplexity: return fmt::format("{:+.3f} %", x);
    case Measure::kl: return fmt::format("{:.2e} nats", x);
    case Measure::top1: return fmt::format("{:.2f} %", x);
    default: return fmt::format("{:+.2f} points", -x);
  }
}

std::string Bound::needed() const {
  switch (measure) {
    case Measure::perplexity: return fmt::format("at most +{:g} %", limit);
    case Measure::kl: return fmt::format("at most {:g}", limit);
    case Measure::top1: return fmt::format("at least {:g} %", limit);
    default: return fmt::format("at most {:g} points less", limit);
  }
}

std::string Bound::text() const {
  const MeasureKind& kind = kind_of(measure);
  return fmt::format("{}={:g}{}", kind.name, limit, kind.unit);
}

std::vector<Bound> parse_bounds(const std::vector<std::string>& texts, bool classifies, const std::string& command) {
  std::vector<Bound> made;
  for (const std::string& text : texts)
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find(',', at), text.size());
      made.push_back(parse(std::string_view(text).substr(at, end - at), classifies, command));
      at = end + 1;
    }
  return made;
}

std::vector<Bound> bounds_of(const QuantizationScheme& scheme, bool classifies) {
  if (classifies) return {{Measure::accuracy, 0.2}};
  const bool coarse =
      scheme.weights.precision == Precision::int4 || scheme.ends.precision == Precision::int4 || scheme.row_bits < 16;
  if (coarse) return {{Measure::perplexity, 8}, {Measure::kl, 0.08}};
  return {{Measure::perplexity, 0.1}, {Measure::kl, 1e-3}, {Measure::top1, 98.8}};
}

bool all_hold(const std::vector<Bound>& bounds, const Quality& quality) {
  return std::ranges::all_of(bounds, [&](const Bound& bound) { return bound.holds(quality); });
}

}  // namespace vitrine
