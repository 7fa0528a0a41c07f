// An op of a user's own, with its own table. One is right and one has a wrong derivative: the law that every op is held
// to lets the one pass and catches the other.
#include <boost/hana/define_struct.hpp>
#include <catch2/catch.hpp>

#include "tests/derivative_law.hpp"
#include "vitrine/op_table.hpp"

using namespace vitrine;

namespace {

/// y = factor x^3. Its derivative is `claimed` factor x^2: 3 is right.
template <int claimed> struct Cube {
  BOOST_HANA_DEFINE_STRUCT(Cube, (Float, factor));
  static constexpr Doc doc{
      .name = claimed == 3 ? "cube" : "wrong_cube", .kind = Kind::arithmetic, .rule = "y = factor x^3"};
  static constexpr auto example() { return Example<Cube, 1>{Cube{0.5f}, {f32<2, 3>}}; }
  bool operator==(const Cube&) const = default;
  constexpr Inferred type(Type x) const { return x; }
  Gradients vjp(Operands in, Value, Value g) const;
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Real x = in[0].reals()[i];
      out.reals()[i] = static_cast<Real>(factor) * x * x * x;
    }
  }
};

/// g factor claimed x^2, itself an op of the user's, which has no derivative.
template <int claimed> struct CubeBack {
  BOOST_HANA_DEFINE_STRUCT(CubeBack, (Float, factor));
  static constexpr Doc doc{.name = "cube_back", .kind = Kind::arithmetic, .rule = "y = 3 factor x^2 g"};
  static constexpr auto example() { return Example<CubeBack, 2>{CubeBack{0.5f}, {f32<2, 3>, f32<2, 3>}}; }
  bool operator==(const CubeBack&) const = default;
  constexpr Inferred type(Type x, Type) const { return x; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Real x = in[0].reals()[i];
      out.reals()[i] = Real(claimed) * static_cast<Real>(factor) * x * x * in[1].reals()[i];
    }
  }
};

template <int claimed> Gradients Cube<claimed>::vjp(Operands in, Value, Value g) const {
  return {emit(CubeBack<claimed>{factor}, {in[0], g})};
}

template <class O> std::string disagreement() {
  const auto [op, in] = info<O>().example();
  const Graph graph = loss_of(op, in);
  return derivative_disagreement(graph, random_leaves(graph, 1));
}

}  // namespace

TEST_CASE("a user's own op with a right derivative obeys the law of derivatives") {
  REQUIRE(disagreement<Cube<3>>() == "");
}

TEST_CASE("a user's own op with a wrong derivative is caught by the law of derivatives") {
  REQUIRE_THAT(disagreement<Cube<2>>(), Catch::StartsWith("d loss / d x0[0] is "));
}

TEST_CASE("a user's own op is one node for equal attributes and two for others") {
  Graph graph;
  const Value x = graph.input("x", f32<4>);
  REQUIRE(emit(Cube<3>{0.5f}, {x}) == emit(Cube<3>{0.5f}, {x}));
  REQUIRE(emit(Cube<3>{0.5f}, {x}) != emit(Cube<3>{0.25f}, {x}));
}
