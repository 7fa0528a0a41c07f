#include "tools/workloads.hpp"

#include "compiler/optimizers.hpp"
#include "vitrine/vitrine.hpp"

namespace vitrine {

namespace {
constexpr Axis batch{"batch", 64}, in{"in", 784}, hidden{"hidden", 128}, out{"out", 10};

struct Mlp {
  using Up = Linear<in, hidden>;
  using Down = Linear<hidden, out>;
  BOOST_HANA_DEFINE_STRUCT(Mlp, (Up, up), (Down, down));
  Tensor<batch, out> operator()(Tensor<batch, in> x) const {
    Tensor<batch, hidden> h = relu(up(x));
    return down(h);
  }
};
}  // namespace

Graph w1a() { return training_step(trace_classifier<Mlp>("W1a", "image"), Sgd{.rate = {.rate = 0.1f}}); }

}  // namespace vitrine
