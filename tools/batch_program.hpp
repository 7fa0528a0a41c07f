#pragma once
#include <vector>

#include "tools/compiled.hpp"
#include "tools/image_batches.hpp"

namespace vitrine {

/// A graph of images compiled for batches of one size, with the memory it reads them from.
struct BatchProgram {
  std::size_t size;
  std::vector<float> images;
  std::vector<std::int32_t> labels;
  Program program;

  BatchProgram(const Graph& graph, std::size_t count, std::size_t pixels, States& states, Pool& pool)
      : size(count), images(count * pixels), labels(count), program(compiled(graph, states, pool)) {
    program.bind_input("image", images.data());
    program.bind_input("label", labels.data());
  }
  // The program reads from `images` and `labels` where they are.
  BatchProgram(const BatchProgram&) = delete;
  BatchProgram& operator=(const BatchProgram&) = delete;

  void run(const ImageSet& set, const PixelScale& scale, std::span<const std::uint32_t> order) {
    fill_batch(set, scale, order, images, labels);
    program.run();
  }
};

}  // namespace vitrine
