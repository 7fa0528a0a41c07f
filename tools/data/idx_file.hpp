#pragma once
// IDX files, the format of MNIST and its successors, plain or gzip-compressed, and the image sets made of them.
// Format: http://yann.lecun.com/exdb/mnist, "The IDX file format": 0, 0, type, rank; sizes as 32-bit big endian; data.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "tools/data/image_set.hpp"

namespace vitrine {

/// Unsigned bytes, row major.
struct IdxFile {
  std::vector<std::size_t> sizes;
  std::vector<std::uint8_t> bytes;
};

/// Reads a file of unsigned bytes (type 0x08) with 1 to 8 axes; a name that ends in ".gz" must be one gzip stream.
/// Memory: at most the compressed file and what its header announces. Throws InputError (file, found, expected) for a
/// file that is missing, truncated, damaged, too long, of another type, or not what its name says.
IdxFile read_idx(const std::filesystem::path& path);

/// Where Debian's package dataset-fashion-mnist puts the images.
inline constexpr std::string_view fashion_mnist_folder = "/usr/share/datasets/fashion-mnist";

/// Reads `<prefix>-images-idx3-ubyte[.gz]` and `<prefix>-labels-idx1-ubyte[.gz]`; prefix is "train" or "t10k". Throws
/// InputError when a file is missing or wrong, the counts differ, or a label is not below `classes`.
ImageSet read_images(const std::filesystem::path& folder, std::string_view prefix, std::size_t classes);

}  // namespace vitrine
