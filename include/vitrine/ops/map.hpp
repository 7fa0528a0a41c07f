#pragma once
// A user's own elementwise op: map([](auto x, auto y) { return x * tanh(y); }, a, b). The lambda is read once, with
// symbols; from there the formula is an attribute that prints, parses, differentiates and compiles like any op's.
#include "vitrine/attributes.hpp"
#include "vitrine/elementwise.hpp"
#include "vitrine/formula.hpp"

namespace vitrine {

struct Map {
  VITRINE_ATTRIBUTES(Map, (std::string, by));
  static constexpr Doc doc{.name = "map", .kind = Kind::arithmetic};
  static auto example() { return Example<Map, 2>{Map{"x * tanh(y)"}, std::array{f32<2, 3>, f32<3>}}; }
  bool operator==(const Map&) const = default;

  Inferred type(std::span<const Type> in) const {
    const std::size_t wanted = operands_of(parse_formula(by));
    if (in.empty() || in.size() < wanted)
      return Sentence{} << "map: '" << by << "' reads " << wanted << " operands, got " << in.size();
    return elementwise_type(doc.name, false, in);
  }
  Symbol formula(std::size_t) const { return parse_formula(by); }
  Gradients vjp(Operands in, Value, Value g) const { return gradients_of(parse_formula(by), in, g); }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Symbol read = parse_formula(by);
    std::vector<BroadcastWalk<1>> at;
    for (std::size_t k = 0; k < in.size(); ++k) at.emplace_back(in.subspan(k, 1), out.shape());
    std::vector<Num<Real>> x(in.size(), Num<Real>(0));
    for (std::size_t i = 0; i < out.size(); ++i) {
      for (std::size_t k = 0; k < in.size(); ++k) x[k] = load<Real>(in[k], at[k][0]), at[k].next();
      out.reals()[i] = evaluate<Real>(read, x).value;
    }
  }
};

/// What map(...) is while the program compiles: a type rule, and the way to the op above.
template <class Formula, std::size_t N> struct MapOf {
  static constexpr Doc doc = Map::doc;
  bool operator==(const MapOf&) const = default;
  constexpr Inferred type(std::same_as<Type> auto... in) const {
    return elementwise_type(doc.name, false, std::array{in...});
  }
  Op lowered() const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return Op(Map{print(Formula{}(variable(I)...))}); }
    (std::make_index_sequence<N>{});
  }
};

template <class Formula> constexpr auto map(Formula, Operand auto&&... x) {
  return apply<MapOf<Formula, sizeof...(x)>{}>(std::forward<decltype(x)>(x)...);
}

}  // namespace vitrine
