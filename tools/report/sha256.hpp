#pragma once
#include <string>
#include <string_view>

namespace vitrine {

/// SHA-256 (FIPS 180-4) in base 64, as a content security policy names a script: "n4bQgYhMfWWaL+qgxVrQFaO/...".
std::string sha256_base64(std::string_view bytes);

}  // namespace vitrine
