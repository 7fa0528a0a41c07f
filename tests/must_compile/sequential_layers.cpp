// compiles
// The mended twin of must_not_compile/sequential_layers.cpp and dropout_rate.cpp.
#include "vitrine/layers/dropout.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/layers/sequential.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64}, hidden{"hidden", 30};
struct Classifier {
  using Layers = Sequential<Linear<784, hidden>, Relu, Dropout<0.5f>, Linear<hidden, 10>>;
  BOOST_HANA_DEFINE_STRUCT(Classifier, (Layers, layers));
  auto operator()(const Tensor<batch, 784>& x) const { return layers(x); }
};
Graph right() { return trace_classifier<Classifier>("classifier", "x"); }
