#pragma once
#include <boost/hana/at.hpp>
#include <boost/hana/pair.hpp>

#include "vitrine/model.hpp"

namespace vitrine {

/// One layer after the other: Sequential<Linear<pixel, hidden>, Relu, Dropout<0.5f>, Linear<hidden, kind>>. A layer is
/// what can be called, or an op of one operand. Parameters are named by place: "0.weight", "3.bias".
template <class... Layers> struct Sequential {
  static constexpr bool hands_out_its_members = true;
  hana::tuple<Layers...> layers{};

  template <Shaped X> auto operator()(X&& x) const { return from<0>(std::forward<X>(x)); }

  struct hana_accessors_impl {
    static constexpr auto apply() {
      return []<std::size_t... I>(std::index_sequence<I...>) {
        return hana::make_tuple(hana::make_pair(place<I>(), Member<I>{})...);
      }
      (std::make_index_sequence<sizeof...(Layers)>{});
    }
  };

 private:
  template <std::size_t I> static constexpr auto place() {
    static_assert(I < 100, "sequential: takes up to 100 layers; put some into a Sequential of their own");
    if constexpr (I < 10)
      return hana::string_c<'0' + I>;
    else
      return hana::string_c<'0' + I / 10, '0' + I % 10>;
  }
  template <std::size_t I> struct Member {
    constexpr auto& operator()(auto& whole) const { return hana::at_c<I>(whole.layers); }
  };

  template <std::size_t I, class X> auto from(X&& x) const {
    if constexpr (I == sizeof...(Layers)) {
      return std::forward<X>(x);
    } else {
      const auto& layer = hana::at_c<I>(layers);
      using Layer = std::remove_cvref_t<decltype(layer)>;
      if constexpr (requires { Layer::doc; })
        return from<I + 1>(apply<Layer{}>(std::forward<X>(x)));
      else
        return from<I + 1>(layer(std::forward<X>(x)));
    }
  }
};

}  // namespace vitrine
