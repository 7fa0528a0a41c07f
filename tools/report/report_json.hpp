#pragma once
// A history as the data of a page: compact, the same bytes for the same compilation.
#include <nlohmann/json.hpp>

#include "tools/report/comparison.hpp"
#include "tools/report/map.hpp"
#include "tools/report/reference_errors.hpp"

namespace vitrine {

/// What the page is about, beside the history.
struct ReportFacts {
  std::string model{}, step{}, isa{};
  nlohmann::ordered_json profile{};  // of measured_profile; null for none
  ReferenceErrors errors{};
  const Comparison* against = nullptr;  // of the history with another
};

/// Texts are kept once and told by number. `most_boxes`: a map of more is left out, for a browser would be slow.
std::string report_json(const History&, const ReportFacts&, std::size_t most_boxes);

}  // namespace vitrine
