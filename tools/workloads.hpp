#pragma once
#include "vitrine/graph.hpp"

namespace vitrine {

/// W1a: a training step of an MLP 784-128-10, relu, cross entropy, SGD 0.1, batch 64.
Graph w1a();

}  // namespace vitrine
