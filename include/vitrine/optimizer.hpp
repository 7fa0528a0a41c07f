#pragma once
// How a model learns, as plain data. compiler/optimizers.hpp makes graph nodes of it.
#include <cstdint>
#include <variant>

namespace vitrine {

/// The learning rate, as a function of the step number t = 0, 1, ... kept in the state "step".
struct Schedule {
  float rate = 0.1f;
  /// 0: always `rate`. Otherwise rate * (1 + cos(pi t / steps)) / 2, which is 0 from t = steps on (Loshchilov and
  /// Hutter, SGDR, arXiv 1608.03983, equation 5, without restarts).
  std::int64_t cosine_steps = 0;
};

/// w <- w - rate * v with v <- momentum * v + g (Polyak's momentum as in Sutskever et al., ICML 2013, with the rate
/// outside of v). Without momentum v is g and no state is kept.
struct Sgd {
  Schedule rate{};
  float momentum = 0;
};

/// Kingma and Ba, Adam, arXiv 1412.6980, algorithm 1: m and v are running means of g and g^2, corrected for their start
/// at 0; w <- w - rate * m / (sqrt(v) + epsilon).
struct Adam {
  Schedule rate{.rate = 1e-3f};
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
};

using Optimizer = std::variant<Sgd, Adam>;

}  // namespace vitrine
