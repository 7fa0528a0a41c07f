#pragma once
// JSON of which nothing may get lost on the way.
#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace vitrine {

/// One JSON value. Throws InputError, which begins with `source`, with the offset where it is none, and for an object
/// that has a name twice (JSON's readers keep one of them, RFC 8259, section 4).
nlohmann::json parse_strictly(std::string_view text, std::string_view source);

}  // namespace vitrine
