// Rotary positions: the paper's formula, how pairs lie, turning back, and the bits of the kernel.
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/gradients.hpp"
#include "tests/named_values.hpp"
#include "tests/program_bits.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

/// A graph of rotary on x f32[2, 3, 6] at given positions.
Graph turning(bool halves, bool backwards, const Shape& shape = shape_of<2, 3, 6>) {
  Graph graph("rotary");
  const Value x = graph.input("x", {DType::f32, shape}), at = graph.input("at", {DType::i32, Shape{} << shape[-2]});
  const Value y = emit(Rotary{100.f, halves, backwards}, {x, at});
  graph.output("y", y);
  graph.output("dx", gradients(sum(y * graph.input("dy", y.type())), std::array{x})[0]);
  return graph;
}

std::vector<double> some(std::size_t count) {
  std::vector<double> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(std::sin(static_cast<double>(3 * i + 1)));
  return made;
}

}  // namespace

TEST_CASE("rotary turns pair i at position m by m base^(-2 i / each)") {
  const std::vector<double> x = some(36), at{0, 1, 7};
  for (const bool halves : {false, true}) {
    const Graph graph = turning(halves, false);
    const auto made = numbers<double>(evaluate<double>(graph, leaves<double>(graph, {{"x", x}, {"at", at}, {"dy", x}})),
                                      output_of(graph, "y"));
    for (std::size_t row = 0; row < 6; ++row)
      for (std::size_t i = 0; i < 3; ++i) {
        const std::size_t a = row * 6 + (halves ? i : 2 * i), b = a + (halves ? 3 : 1);
        const double angle = at[row % 3] * std::pow(100.0, -static_cast<double>(i) / 3);
        CAPTURE(halves, row, i);
        CHECK(made[a] == Approx(x[a] * std::cos(angle) - x[b] * std::sin(angle)));
        CHECK(made[b] == Approx(x[a] * std::sin(angle) + x[b] * std::cos(angle)));
      }
  }
}

TEST_CASE("turned back, a row is what it was, and lengths stay") {
  for (const bool halves : {false, true}) {
    Graph graph("there and back");
    const Value x = graph.input("x", f32<4, 8>), at = graph.input("at", i32<4>);
    graph.output("y", emit(Rotary{10000.f, halves, true}, {emit(Rotary{10000.f, halves, false}, {x, at}), at}));
    const std::vector<double> given = some(32);
    const auto back =
        numbers<double>(evaluate<double>(graph, leaves<double>(graph, {{"x", given}, {"at", {0, 5, -3, 4095}}})),
                        output_of(graph, "y"));
    for (std::size_t i = 0; i < given.size(); ++i) CHECK(back[i] == Approx(given[i]).epsilon(1e-14));
  }
}

TEST_CASE("products of turned rows depend on the distance of their positions alone") {
  Graph graph("distance");
  const Value x = graph.input("x", f32<4, 8>), at = graph.input("at", i32<4>);
  graph.output("y", rotary(x, at));
  std::vector<double> twice = some(8), rows;
  for (int i = 0; i < 4; ++i) rows.insert(rows.end(), twice.begin(), twice.end());
  const auto y =
      numbers<double>(evaluate<double>(graph, leaves<double>(graph, {{"x", rows}, {"at", {3, 10, 1000, 1007}}})),
                      output_of(graph, "y"));
  CHECK(dot(y.data(), y.data() + 8, 8) == Approx(dot(y.data() + 16, y.data() + 24, 8)).epsilon(1e-12));
}

TEST_CASE("in float rotary is as exact at position 4095 as at 1") {
  Graph graph("far");
  const Value x = graph.input("x", f32<3, 64>), at = graph.input("at", i32<3>);
  graph.output("y", rotary(x, at));
  const Named given{{"x", some(192)}, {"at", {1, 4095, 100000}}};
  const auto wide = numbers<double>(evaluate<double>(graph, leaves<double>(graph, given)), output_of(graph, "y"));
  const auto narrow = numbers<float>(evaluate<float>(graph, leaves<float>(graph, given)), output_of(graph, "y"));
  for (std::size_t i = 0; i < wide.size(); ++i) REQUIRE(std::abs(narrow[i] - wide[i]) <= 3e-7);
}

TEST_CASE("the rotary kernel has the bits of the definition, for all sizes, strides and threads") {
  for (const Shape& shape : {shape_of<2, 3, 6>, shape_of<3, 2>, shape_of<2, 3, 5, 32>, shape_of<1, 1, 34>,
                             shape_of<2, 0, 4>, shape_of<2, 3, 0>, shape_of<0, 3, 4>})
    for (const bool halves : {false, true})
      for (const bool backwards : {false, true}) {
        const Graph graph = turning(halves, backwards, shape);
        std::vector<double> at;
        for (std::size_t i = 0; i < shape[-2].size; ++i) at.push_back(static_cast<double>(i * i * 7));
        check_compiled_is_reference(
            graph, leaves<float>(graph, {{"x", some(shape.elements())}, {"at", at}, {"dy", some(shape.elements())}}));
      }
  Graph split("heads");
  const Value x = split.input("x", f32<2, 3, 24>), at = split.input("at", i32<3>);
  split.output("y", rotary(permute<0, 2, 1, 3>(reshape<2, 3, 4, 6>(x)), at));
  check_compiled_is_reference(split, leaves<float>(split, {{"x", some(144)}, {"at", {0, 1, 2}}}));
}

TEST_CASE("rotary turns each sequence's rows by positions of its own, and its kernel has the same bits") {
  for (const Shape& shape : {shape_of<3, 2, 6>, shape_of<3, 5, 2, 6>, shape_of<3, 4, 300, 32>, shape_of<0, 2, 6>})
    for (const bool halves : {false, true}) {
      const std::size_t time = shape[-2].size, of_sequence = shape.elements() / std::max<std::size_t>(shape[0].size, 1);
      Graph all("sequences"), one("one");
      const Value x = all.input("x", {DType::f32, shape}),
                  at = all.input("at", {DType::i32, Shape{} << shape[0] << time});
      const Value y = emit(Rotary{100.f, halves, false}, {x, at});
      all.output("y", y);
      all.output("dx", gradients(sum(y * all.input("dy", y.type())), std::array{x})[0]);
      one.output("y", emit(Rotary{100.f, halves, false}, {one.input("x", {DType::f32, shape.with(0, 1)}),
                                                          one.input("at", {DType::i32, Shape{} << time})}));
      const std::vector<double> given = some(shape.elements());
      std::vector<double> positions, wanted;
      for (std::size_t b = 0; b < shape[0].size; ++b) {
        std::vector<double> own;
        for (std::size_t i = 0; i < time; ++i) own.push_back(static_cast<double>(100 * b + i));
        positions.insert(positions.end(), own.begin(), own.end());
        const auto from = given.begin() + static_cast<std::ptrdiff_t>(b * of_sequence);
        const auto made = numbers<float>(
            evaluate<float>(
                one, leaves<float>(one, {{"x", {from, from + static_cast<std::ptrdiff_t>(of_sequence)}}, {"at", own}})),
            output_of(one, "y"));
        wanted.insert(wanted.end(), made.begin(), made.end());
      }
      const Values<float> leaf = leaves<float>(all, {{"x", given}, {"at", positions}, {"dy", given}});
      CHECK(numbers<float>(evaluate<float>(all, leaf), output_of(all, "y")) == wanted);
      check_compiled_is_reference(all, leaf);
    }
}

TEST_CASE("the rotary kernel follows positions that change from run to run") {
  const Graph graph = turning(false, false);
  Pool pool(1);
  States states(1);
  Program program(compile(graph, CpuTarget(best_isa())), states, pool, best_isa());
  Values<float> given;
  for (const std::int32_t first : {0, 4, 0}) {
    const double m = first;
    given = leaves<float>(graph, {{"x", some(36)}, {"at", {m, m + 1, m + 2}}, {"dy", some(36)}});
    for (const char* name : {"x", "at", "dy"}) program.bind_input(name, given.at(graph.find(name).id).data());
    program.run();
    const auto wanted = evaluate<float>(graph, given).at(output_of(graph, "y").id);
    const auto made = program.output("y");
    CHECK(std::vector<std::byte>(made.begin(), made.end()) == wanted);
  }
}

TEST_CASE("rotary says what does not fit") {
  const auto said = [](Type x, Type at, float base = 10.f) { return Rotary{base, false, false}.type(x, at).why.str(); };
  CHECK(said(f32<2, 3, 4>, i32<3>) == "");
  CHECK(said(f32<4>, i32<4>).starts_with("rotary: wants f32[..., time, each]"));
  CHECK(said(f32<2, 3, 4>, i32<2>).find("differ: 3 != 2") != std::string::npos);
  CHECK(said(f32<2, 3, 4>, i32<2, 3>) == "");
  CHECK(said(f32<2, 3, 4>, i32<3, 3>).find("sequences of f32[2, 3, 4] and the positions i32[3, 3] differ: 2 != 3") !=
        std::string::npos);
  CHECK(said(f32<3, 4>, i32<1, 3>).starts_with("rotary: wants f32[..., time, each]"));
  CHECK(said(f32<2, 3, 5>, i32<3>).find("is odd") != std::string::npos);
  CHECK(said(f32<2, 3, 4>, i32<3>, 0.f) == "rotary: the base is not above 0");
}
