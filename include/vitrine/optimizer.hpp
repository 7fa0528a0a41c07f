#pragma once
// How a model learns, as plain data. compiler/optimizers.hpp makes graph nodes of it.
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace vitrine {

/// The learning rate, as a function of the number t = 0, 1, ... of the update, which the state "optimizer.step" counts.
/// A rate that falls does so as a cosine or in drops, not both.
struct Schedule {
  float rate = 0.1f;
  /// 0: none. Otherwise least + (rate - least) (1 + cos(pi t / cosine_steps)) / 2, and `least` from t = cosine_steps on
  /// (Loshchilov and Hutter, SGDR, arXiv 1608.03983, equation 5, without restarts).
  std::int64_t cosine_steps = 0;
  float least = 0;
  /// 0: none. Otherwise rate * drop^floor(t / drop_every). Exact for t below 2^24.
  std::int64_t drop_every = 0;
  float drop = 0.1f;
  /// In front of all that: rate * (t + 1) / warm_up_steps, and t counts from 0 again behind it (Goyal et al., arXiv
  /// 1706.02677, section 2.2). 0: none.
  std::int64_t warm_up_steps = 0;
};

/// Gradients that are too large are made smaller before an optimizer sees them. 0: not at all. With both, by value
/// first.
struct Clip {
  /// All gradients times min(1, norm / (|g| + 1e-6)), where |g| is the norm of all of them together (Pascanu et al.,
  /// arXiv 1211.5063, algorithm 1; the 1e-6 as in PyTorch's clip_grad_norm_).
  float norm = 0;
  /// Every element to [-value, value].
  float value = 0;
};

/// Parameters that learn otherwise. `match` is a path, in which * stands for any letters, dots too ("*.bias"). A
/// parameter belongs to the first group that matches it; a group without a parameter is an error.
struct ParameterGroup {
  std::string match{};
  float rate = 1;     // times the schedule's
  bool decay = true;  // false: no weight decay, as is usual for biases and norms
};

// What every optimizer has besides its own numbers: `clip`, `groups`, and `accumulate`: the gradients of that many runs
// are averaged, and the last of them updates. (Batches of one size k are then as one of k times that size: their losses
// are means.) Schedules count updates, not runs.

/// w <- w - rate * v with v <- momentum * v + g (Polyak's momentum as in Sutskever et al., ICML 2013, with the rate
/// outside of v), where g = gradient + weight_decay * w. Without momentum v is g and no state is kept. Nesterov's form
/// looks ahead: w <- w - rate * (g + momentum * v).
struct Sgd {
  Schedule rate{};
  float momentum = 0;
  bool nesterov = false;
  float weight_decay = 0;
  Clip clip{};
  std::int64_t accumulate = 1;
  std::vector<ParameterGroup> groups{};
};

/// Kingma and Ba, Adam, arXiv 1412.6980, algorithm 1: m and v are running means of g and g^2, corrected for their start
/// at 0; w <- w - rate * m / (sqrt(v) + epsilon), where g = gradient + weight_decay * w: an L2 penalty.
struct Adam {
  Schedule rate{.rate = 1e-3f};
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
  float weight_decay = 0;
  Clip clip{};
  std::int64_t accumulate = 1;
  std::vector<ParameterGroup> groups{};
};

/// Adam with the decay beside the gradient and not in it (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2):
/// w <- w (1 - rate * weight_decay) first, as PyTorch does, then Adam's step.
struct AdamW {
  Schedule rate{.rate = 1e-3f};
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
  float weight_decay = 0.01f;
  Clip clip{};
  std::int64_t accumulate = 1;
  std::vector<ParameterGroup> groups{};
};

using Optimizer = std::variant<Sgd, Adam, AdamW>;

}  // namespace vitrine
