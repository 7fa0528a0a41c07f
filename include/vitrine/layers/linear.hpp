#pragma once
#include "vitrine/model.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/matmul.hpp"

namespace vitrine {

/// y = x W + b for x [..., In]: weight [In, Out] begins normal with deviation 1/sqrt(In), bias [Out] with 0.
template <Axis In, Axis Out> struct Linear {
  using Weight = Tensor<In, Out>;  // aliases, because a macro argument may not hold a comma
  using Bias = Tensor<Out>;
  BOOST_HANA_DEFINE_STRUCT(Linear, (Weight, weight), (Bias, bias));

  /// [..., In] -> [..., Out]
  template <Shaped X> auto operator()(X&& x) const {
    return within(*this, matmul(named(std::forward<X>(x)), weight) + bias);
  }
};

/// The same without a bias.
template <Axis In, Axis Out> struct UnbiasedLinear {
  using Weight = Tensor<In, Out>;
  BOOST_HANA_DEFINE_STRUCT(UnbiasedLinear, (Weight, weight));

  /// [..., In] -> [..., Out]
  template <Shaped X> auto operator()(X&& x) const { return within(*this, matmul(named(std::forward<X>(x)), weight)); }
};

}  // namespace vitrine
