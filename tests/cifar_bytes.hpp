#pragma once
// CIFAR-10's binary files made in a test.
#include "tests/scratch.hpp"

namespace vitrine {

/// A record whose pixels tell the channel (the hundreds), and the place in it.
inline std::string record(int label, int image) {
  std::string made(1, static_cast<char>(label));
  for (int channel = 0; channel < 3; ++channel)
    for (int p = 0; p < 1024; ++p) made += static_cast<char>(channel * 80 + (p + image) % 77);
  return made;
}

/// Six files of `count` records each; labels count up through all of them.
inline void put_batches(const std::filesystem::path& folder, int count) {
  int image = 0;
  for (const char* name :
       {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"}) {
    std::string bytes;
    for (int i = 0; i < count; ++i, ++image) bytes += record(image % 10, image);
    put(folder / (std::string(name) + ".bin"), bytes);
  }
}

}  // namespace vitrine
