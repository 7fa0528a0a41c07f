#pragma once
// What a model in few bits may lose: --budget as numbers.
#include <string>
#include <vector>

#include "compiler/quantization.hpp"
#include "tools/quantize/quality.hpp"

namespace vitrine {

enum class Measure : std::uint8_t { perplexity, kl, top1, accuracy };

struct Bound {
  Measure measure;
  double limit;  // percent more of perplexity; nats; percent of the rows at least; points of accuracy less

  bool holds(const Quality&) const;
  std::string name() const;                    // "perplexity"
  std::string measured(const Quality&) const;  // "+0.034 %"
  std::string needed() const;                  // "at most +0.1 %"
  std::string text() const;                    // "perplexity=0.1%"
  double value(const Quality&) const;          // in the units of `limit`
};

/// "perplexity=0.1%", "kl=1e-3", "top1=98.8%", "accuracy=0.2", several with commas between. UsageError that begins with
/// `command` for anything else, for a measure that models of this kind have not, and for a limit that none can hold.
std::vector<Bound> parse_bounds(const std::vector<std::string>& texts, bool classifies, const std::string& command);

/// What a scheme is meant to hold: of eight bits 0.1 % of perplexity, 1e-3 nats, 98.8 % the same likeliest; of four
/// bits, or where rows have eight, 8 % and 0.08 nats; any classifier within 0.2 points.
std::vector<Bound> bounds_of(const QuantizationScheme&, bool classifies);

bool all_hold(const std::vector<Bound>&, const Quality&);

}  // namespace vitrine
