#include "tools/composed.hpp"

#include <array>

namespace vitrine {

std::span<const Composed> composed_functions() {
  using enum Kind;
  static constexpr std::array all{
      Composed{"clamp", arithmetic, "clamp(x, low, high) = minimum(maximum(x, low), high)"},
      Composed{"less", arithmetic, "less(x, y) = greater(y, x)"},
      Composed{"less_equal", arithmetic, "less_equal(x, y) = greater_equal(y, x)"},
      Composed{"not_equal", arithmetic, "not_equal(x, y) = logical_not(equal(x, y))"},
      Composed{"stack", layout, "stack<New>(x, y, ...): each under a new axis of size 1, then concat along it"},
      Composed{"split", layout, "split<axis, to axes...>(x): reshape, with the axes' names checked"},
      Composed{"merge", layout, "merge<axes..., to axis>(x): reshape, with the axes' names checked"},
      Composed{"sum", reduction, "sum<axes...>(x) = sum_to(x), of all axes without any"},
      Composed{"max", reduction, "max<axes...>(x) = max_to(x), of all axes without any"},
      Composed{"min", reduction, "min<axes...>(x) = -max_to(-x)"},
      Composed{"sample_variance", reduction, "variance(x) scaled to a division by N - 1"},
      // Layers.
      Composed{"linear", contraction, "Linear<In, Out>: x W + b = add(matmul(x, weight), bias)"},
      Composed{"convolution2d", contraction,
               "Convolution2d<In, Out, kernel, sliding>: add(conv2d(x, weight), bias); UnbiasedConvolution2d: no add"},
      Composed{"max_pooling2d", reduction, "MaxPooling2d<window, stride, padding>: max_pool2d"},
      Composed{"average_pooling2d", reduction, "AveragePooling2d<window, stride, padding>: avg_pool2d"},
      Composed{"batch_norm", normalization,
               "BatchNorm2d: mean, sub, mul, sqrt, div, add and when_training, folded by fold_batch_norm"},
      Composed{"nchw", layout, "Nchw<Layer>: permute to [batch, row, column, channel], the layer, permute back"},
      Composed{"sequential", layout, "Sequential<Layers...>: one layer after the other; no node of its own"},
      Composed{"embedding", layout, "Embedding<Token, Width>: gather(weight, token); scores(x): matmul(x, weightT)"},
      Composed{"learned_positions", layout, "LearnedPositions<Time, Width>: gather(weight, iota<Time>())"},
      Composed{"sinusoidal_positions", source,
               "sinusoidal_positions<Time, Width>(): sin and cos of iota * 10000^(-2i / Width), concat, reshape"},
      Composed{"self_attention", contraction,
               "SelfAttention<Time, Width, Head>: four matmuls, split and permute into heads, attention<causal>"},
      Composed{"rotary_attention", contraction,
               "RotaryAttention<Time, Width, Head, KvHead>: the same without biases, queries and keys through rotary"},
      Composed{"feed_forward", contraction, "FeedForward<Width, Wide>: linear, gelu_tanh, linear"},
      Composed{"gated_feed_forward", contraction, "GatedFeedForward<Width, Wide>: down(silu(gate(x)) * up(x))"},
      Composed{"block", contraction, "Block: x + attention(norm(x)), then h + feed_forward(norm(h))"},
      Composed{"gpt", contraction,
               "Gpt<batch, time, token, width, head, depth>: embedding, positions, blocks, norm, scores"},
      Composed{"llama", contraction,
               "Llama<...>: embedding, blocks with rotary_attention, norm, the embedding's scores"},
      // Losses.
      Composed{"mean_squared_error", loss, "mean(map((x - y) * (x - y)))"},
      Composed{"mean_absolute_error", loss, "mean(abs(x - y))"},
      Composed{"label_smoothing", loss,
               "cross_entropy<Labels{.smoothing = 0.1f}>(x, label): cross_entropy, log_softmax, mean, neg, mul, add"},
      Composed{"ignored_index", loss,
               "cross_entropy<Labels{.ignored = -100}>(x, label): cross_entropy, cast, equal, where, sum_to, div"},
      Composed{"class_weights", loss, "cross_entropy<Labels{}>(x, label, weights): cross_entropy, gather, mul, div"},
      // How parameters learn; include/vitrine/optimizer.hpp has every number's meaning and source.
      Composed{"sgd", arithmetic,
               "Sgd: w <- w - rate * v, with v <- momentum * v + g, g = gradient + weight_decay * w"},
      Composed{"nesterov", arithmetic, "Sgd{.momentum = 0.9f, .nesterov = true}: w <- w - rate * (g + momentum * v)"},
      Composed{"adam", arithmetic,
               "Adam: w <- w - rate * m / (sqrt(v) + epsilon), with m, v the running means of g, g^2 over 1 - beta^t"},
      Composed{"adamw", arithmetic, "AdamW: w <- w * (1 - rate * weight_decay), then Adam's step"},
      Composed{"parameter_groups", arithmetic,
               "ParameterGroup{.match = \"*.bias\", .rate = 2, .decay = false}: a rate times the schedule's, no decay"},
      Composed{"clip_by_norm", arithmetic, "Clip{.norm = c}: every g * min(1, c / (|g| + 1e-6)), |g| of all together"},
      Composed{"clip_by_value", arithmetic, "Clip{.value = c}: maximum(minimum(g, c), -c)"},
      Composed{"accumulation", arithmetic, "Sgd{.accumulate = k}: the mean gradient of k runs, then one update"},
      Composed{"step_schedule", arithmetic, "Schedule{.drop_every = n, .drop = d}: rate * d^floor(t / n)"},
      Composed{"cosine_schedule", arithmetic,
               "Schedule{.cosine_steps = n}: least + (rate - least) * (1 + cos(pi * t / n)) / 2, least from t = n on"},
      Composed{"warm_up", arithmetic,
               "Schedule{.warm_up_steps = n}: rate * (t + 1) / n for t < n; what follows counts from 0 again"}};
  return all;
}

}  // namespace vitrine
