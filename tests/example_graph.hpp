#pragma once
// A graph on which several passes have something to do, for tests of commands: a product reads a transposed weight,
// two signs cancel, and one node has a place in a user's program.
#include <string>

namespace vitrine {

inline const std::string example_graph = R"(graph example {
  input %x : f32[batch 2, in 3]
  state %w : f32[out 4, in 3] = normal(0.5)
  %2 = transpose(%w) : f32[in 3, out 4]
  %3 = matmul(%x, %2) : f32[batch 2, out 4] #1
  %4 = neg(%3) : f32[batch 2, out 4]
  %5 = neg(%4) : f32[batch 2, out 4]
  %6 = relu(%5) : f32[batch 2, out 4]
  output y = %6
  place #1 = "model.cpp":12 in up
}
)";

}  // namespace vitrine
