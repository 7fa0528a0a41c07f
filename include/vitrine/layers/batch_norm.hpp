#pragma once
#include "vitrine/model.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/maximum.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/sqrt.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/when_training.hpp"

namespace vitrine {

/// y = (x - mean) / sqrt(variance + Eps) * gain + bias for each channel, over all axes but the last: images [batch,
/// row, column, Channel] or rows [batch, Channel] (Ioffe and Szegedy, arXiv 1502.03167, algorithms 1 and 2). gain
/// [Channel] begins with 1, bias [Channel] with 0.
///
/// In training, mean and variance are the batch's, the variance biased: over N numbers, divided by N. Each run moves
/// running_mean and running_variance towards them by the share Momentum; the variance that they keep is unbiased,
/// divided by N - 1, as in PyTorch (the course that this project follows keeps the biased one). In use, the running
/// ones stand for the batch's, and the pass fold_batch_norm puts them into the layer before.
template <Axis Channel, Float Eps = 1e-5f, Float Momentum = 0.1f> struct BatchNorm2d {
  using Gain = Parameter<filled_with(1), Channel>;
  using Bias = Tensor<Channel>;
  using Mean = Statistic<filled_with(0), Channel>;
  using Variance = Statistic<filled_with(1), Channel>;
  BOOST_HANA_DEFINE_STRUCT(BatchNorm2d, (Gain, gain), (Bias, bias), (Mean, running_mean), (Variance, running_variance));

  /// [..., Channel] -> the same
  template <Shaped X> auto operator()(X&& x) const {
    constexpr Type type = std::remove_cvref_t<X>::type;
    if constexpr (is_refused<X>) {
      return Refused{};
    } else if constexpr (type.dtype != DType::f32 || type.shape.rank() < 2 || !agree(type.shape[-1], Channel)) {
      stop_the_build<Sentence{} << "batch_norm: wants f32 [..., " << Channel << "] with two axes or more, got "
                                << type>();
      return Refused{};
    } else {
      const auto in = named(std::forward<X>(x));
      const Graph::Scope scope = scope_of(*in.value.graph, parameters_of(*this));
      constexpr Type made = infer(Add{}, type, Gain::type).type;
      using Result = typename MadeFrom<made>::type;
      return Part<Result>{Result(of(in.value))};
    }
  }

 private:
  template <Type T, class I = std::make_index_sequence<T.shape.count_of_axes>> struct MadeFrom;
  template <Type T, std::size_t... I> struct MadeFrom<T, std::index_sequence<I...>> {
    using type = Typed<T.dtype, T.shape.axes[I]...>;
  };

  Value of(Value x) const {
    const Shape channels = Shape{} << Channel;
    Shape others = x.type().shape;
    --others.count_of_axes;
    others.axes[others.count_of_axes] = {};
    const Value mean = emit(vitrine::Mean{channels}, {x}), away = x - mean;
    const Value variance = emit(vitrine::Mean{channels}, {away * away});
    const Value in_training = scaled(away, variance);
    track(running_mean.value, mean);
    // N / (N - 1); of one number there is no variance to estimate, and 0 is kept instead of 0 / 0.
    const Value share = 1.f - emit(*x.graph, InverseSize{others});
    track(running_variance.value, variance / maximum(share, 1e-12f));
    return when_training(in_training, scaled(x - running_mean.value, running_variance.value));
  }
  Value scaled(Value away, Value variance) const {
    return away * (gain.value / sqrt(variance + static_cast<float>(Eps))) + bias.value;
  }
  static void track(Value running, Value now) {
    constexpr float share = Momentum;
    running.graph->update(running, (1.f - share) * running + share * now);
  }
};

}  // namespace vitrine
