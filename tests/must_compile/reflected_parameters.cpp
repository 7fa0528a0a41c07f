// compiles
// The mended twin of must_not_compile/unreflected_parameter.cpp.
#include "vitrine/layers/linear.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;
struct Careful {
  using Weight = Tensor<4, 3>;
  using Bias = Tensor<3>;
  BOOST_HANA_DEFINE_STRUCT(Careful, (Weight, weight), (Bias, bias));
  auto operator()(const Tensor<2, 4>& x) const { return matmul(x, weight) + bias; }
};

Graph right() { return trace<Careful>("careful", "x"); }
