#pragma once
// What was measured of a model in few bits: for people, and as JSON for its file.
#include <nlohmann/json_fwd.hpp>

#include "tools/quantize/quantize_model.hpp"

namespace vitrine {

/// Before and after; then each weight, the largest share of the loss first; on stdout.
void print_outcome(const Subject&, const QuantizedOutcome&);

/// All of that but the speed, which is this machine's and this day's: the same model makes the same certificate.
nlohmann::json certificate_json(const Subject&, const QuantizedOutcome&);
/// And with it, for --json.
nlohmann::json numbers_json(const Subject&, const QuantizedOutcome&);

/// A format as files hold it, and back; InputError that begins with `where` for what is none.
nlohmann::json format_json(const WeightFormat&);
WeightFormat format_from(const nlohmann::json&, const std::string& where);

}  // namespace vitrine
