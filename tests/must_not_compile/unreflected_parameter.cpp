// a model has 32 bytes of members, but reflection sees 16: name every parameter in BOOST_HANA_DEFINE_STRUCT
#include "vitrine/layers/linear.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;
struct Forgetful {
  using Weight = Tensor<4, 3>;
  BOOST_HANA_DEFINE_STRUCT(Forgetful, (Weight, weight));
  Tensor<3> bias;
  auto operator()(const Tensor<2, 4>& x) const { return matmul(x, weight) + bias; }
};

Graph wrong() { return trace<Forgetful>("forgetful", "x"); }
