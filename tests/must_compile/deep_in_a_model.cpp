// compiles
// The mended twin of must_not_compile/deep_in_a_model.cpp.
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64}, hidden{"hidden", 32};
struct Classifier {
  using First = Linear<784, hidden>;
  using Second = Linear<hidden, 10>;
  BOOST_HANA_DEFINE_STRUCT(Classifier, (First, first), (Second, second));
  auto operator()(const Tensor<batch, 784>& x) const { return relu(second(relu(first(x)))); }
};
Graph right() { return trace_classifier<Classifier>("classifier", "x"); }
