#pragma once
// The milestone's networks: for grey images, for colour images, and the MLP to hold against them.
#include "vitrine/graph.hpp"

namespace vitrine::cnn {

/// Images [batch 64, 28, 28, channel 1]: conv 32, relu, pool, conv 64, relu, pool, linear 128, relu, linear 10.
Graph grey();
/// Images [batch 64, 32, 32, channel 3]: the same with a batch norm behind each convolution and 256 instead of 128.
Graph colour();
/// One hidden layer, as wide as gives it as many parameters as `grey` has, to less than one in a thousand.
Graph mlp_of_equal_size();

}  // namespace vitrine::cnn
