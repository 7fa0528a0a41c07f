#pragma once
// The images in a folder, whichever of the known formats lies there.
#include <filesystem>
#include <string>
#include <vector>

#include "tools/data/image_set.hpp"

namespace vitrine {

struct ImageFiles {
  std::string name;  // "Fashion-MNIST", "MNIST", "CIFAR-10", or "images" for any others
  ImageSet train, test;
  std::vector<std::string> class_names;  // one for each class; of unknown images their numbers
};

/// CIFAR-10's six binary files if one of them is in the folder, else four IDX files (MNIST's names, plain or .gz).
/// MNIST and Fashion-MNIST are told by their training labels. Throws InputError if files are missing or wrong, sizes of
/// training and test images differ, or a label is not below `classes`.
ImageFiles read_image_files(const std::filesystem::path& folder, std::size_t classes);

}  // namespace vitrine
