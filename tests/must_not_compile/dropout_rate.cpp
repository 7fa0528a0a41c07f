// dropout: the rate is not from 0 to 1
#include "vitrine/layers/dropout.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;
struct Forgetful {
  using Drop = Dropout<1.5f>;
  BOOST_HANA_DEFINE_STRUCT(Forgetful, (Drop, drop));
  auto operator()(const Tensor<2, 4>& x) const { return drop(x); }
};
Graph wrong() { return trace<Forgetful>("forgetful", "x"); }
