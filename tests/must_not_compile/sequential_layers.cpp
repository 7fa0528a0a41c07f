// matmul: inner dimensions differ in [batch 64, hidden 30] x [wide 32, 10]: 30 != 32
#include "vitrine/layers/linear.hpp"
#include "vitrine/layers/sequential.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64}, hidden{"hidden", 30}, wide{"wide", 32};
struct Classifier {
  using Layers = Sequential<Linear<784, hidden>, Relu, Linear<wide, 10>>;
  BOOST_HANA_DEFINE_STRUCT(Classifier, (Layers, layers));
  auto operator()(const Tensor<batch, 784>& x) const { return layers(x); }
};
Graph wrong() { return trace_classifier<Classifier>("classifier", "x"); }
