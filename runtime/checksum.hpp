#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace vitrine {

/// XXH3-128 of the bytes, as 32 hexadecimal digits, the same on every machine. It detects damage, not tampering.
/// Algorithm: Y. Collet, xxHash, https://xxhash.com.
std::string checksum(std::span<const std::byte> bytes);

}  // namespace vitrine
