// matmul: inner dimensions differ in [batch 64, hidden 30] x [hidden_out 32, 10]: 30 != 32
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64}, hidden{"hidden", 30}, hidden_out{"hidden_out", 32};
struct Classifier {
  using First = Linear<784, hidden>;
  using Second = Linear<hidden_out, 10>;
  BOOST_HANA_DEFINE_STRUCT(Classifier, (First, first), (Second, second));
  auto operator()(const Tensor<batch, 784>& x) const { return relu(second(relu(first(x)))); }
};
Graph wrong() { return trace_classifier<Classifier>("classifier", "x"); }
