#pragma once
// CIFAR-10 in its binary form: records of one label byte, 0 to 9, and 3 x 32 x 32 pixel bytes, a red, a green and a
// blue plane, row major. Format: A. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
#include <filesystem>
#include <string_view>

#include "tools/data/image_set.hpp"

namespace vitrine {

inline constexpr std::size_t cifar_side = 32, cifar_pixels = 3 * cifar_side * cifar_side, cifar_classes = 10;

/// data_batch_1.bin to data_batch_5.bin in order (`prefix` "data_batch"), or test_batch.bin ("test_batch"). A file may
/// hold any number of whole records but none. Throws InputError when a file is missing, not of whole records, or has a
/// label above 9.
ImageSet read_cifar10(const std::filesystem::path& folder, std::string_view prefix);

/// True if one of the six files is in the folder.
bool holds_cifar10(const std::filesystem::path& folder);

}  // namespace vitrine
