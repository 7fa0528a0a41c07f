#pragma once
// Measured times enter a report only through the file that `vitrine profile` wrote.
#include <nlohmann/json.hpp>

#include "tools/report/history.hpp"

namespace vitrine {

/// What the page needs of a profile.json: limits, and for each step of the plan its times, found by the nodes that it
/// computes. InputError if the text is no profile, or one of another program.
nlohmann::ordered_json measured_profile(const std::string& text, const std::string& file, const Plan&);

}  // namespace vitrine
