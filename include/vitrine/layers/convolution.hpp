#pragma once
#include "vitrine/model.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/conv2d.hpp"

namespace vitrine {

/// How a convolution's kernel moves, and in how many groups the channels go their own ways.
struct Sliding {
  Extent stride{1, 1}, padding{0, 0};
  std::int64_t groups = 1;
};

/// What Convolution2d learns: [kernel row, kernel column, In / groups, Out], normal with deviation sqrt(2 / fan in), so
/// that a relu behind it keeps the variance (He et al., arXiv 1502.01852, equation 10).
template <Axis In, Axis Out, Extent Kernel, Sliding S> struct ConvolutionWeight {
  static constexpr std::size_t groups = static_cast<std::size_t>(S.groups);
  static_assert(S.groups >= 1 && In.size % groups == 0, "Convolution2d: the channels in do not go into the groups");
  static constexpr Axis in = groups == 1 ? In : Axis(In.size / groups);
  static constexpr double fan_in = static_cast<double>(in.size) * static_cast<double>(Kernel.rows * Kernel.columns);
  using type =
      Parameter<normal(static_cast<float>(root(2 / fan_in))), Axis(Kernel.rows), Axis(Kernel.columns), in, Out>;
};

/// y = conv2d(x, W) + b for images x [batch, row, column, In]: weight as ConvolutionWeight says, bias [Out] begins with
/// 0. Images that have their channels first go through Nchw<Convolution2d<...>>.
template <Axis In, Axis Out, Extent Kernel, Sliding S = Sliding{}> struct Convolution2d {
  using Weight = typename ConvolutionWeight<In, Out, Kernel, S>::type;
  using Bias = Tensor<Out>;
  BOOST_HANA_DEFINE_STRUCT(Convolution2d, (Weight, weight), (Bias, bias));

  /// [batch, row, column, In] -> [batch, row', column', Out]
  template <Shaped X> auto operator()(X&& x) const {
    return within(*this, conv2d<S.stride, S.padding, S.groups>(named(std::forward<X>(x)), weight) + bias);
  }
};

/// The same without a bias, as before a batch norm, which would take it away again.
template <Axis In, Axis Out, Extent Kernel, Sliding S = Sliding{}> struct UnbiasedConvolution2d {
  using Weight = typename ConvolutionWeight<In, Out, Kernel, S>::type;
  BOOST_HANA_DEFINE_STRUCT(UnbiasedConvolution2d, (Weight, weight));

  /// [batch, row, column, In] -> [batch, row', column', Out]
  template <Shaped X> auto operator()(X&& x) const {
    return within(*this, conv2d<S.stride, S.padding, S.groups>(named(std::forward<X>(x)), weight));
  }
};

}  // namespace vitrine
