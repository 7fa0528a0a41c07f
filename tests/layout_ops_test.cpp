// Ops that move elements about, by definition and in compiled programs.
#include <catch2/catch.hpp>

#include "compiler/gradients.hpp"
#include "compiler/specialize.hpp"
#include "compiler/verify.hpp"
#include "tests/named_values.hpp"
#include "tests/program_bits.hpp"
#include "vitrine/error.hpp"
#include "vitrine/model.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using Catch::Contains;
using Numbers = std::vector<double>;

namespace {

/// 0, 1, 2, ... as the elements of an input x of this shape; what a function of it makes.
template <class F> Numbers made_of_counted(const Shape& shape, F function) {
  Graph graph("counted");
  const Value x = graph.input("x", {DType::f32, shape}), y = function(x);
  Numbers counted(shape.elements());
  for (std::size_t i = 0; i < counted.size(); ++i) counted[i] = static_cast<double>(i);
  return numbers<float>(evaluate<float>(graph, leaves<float>(graph, {{"x", counted}})), y);
}

}  // namespace

TEST_CASE("permute, flip, slice and pad put every element where they say") {
  CHECK(made_of_counted(shape_of<2, 3>, [](Value x) { return permute<1, 0>(x); }) == Numbers{0, 3, 1, 4, 2, 5});
  CHECK(made_of_counted(shape_of<2, 2, 2>, [](Value x) { return permute<2, 0, 1>(x); }) ==
        Numbers{0, 2, 4, 6, 1, 3, 5, 7});
  CHECK(made_of_counted(shape_of<2, 3>, [](Value x) { return flip<1>(x); }) == Numbers{2, 1, 0, 5, 4, 3});
  CHECK(made_of_counted(shape_of<2, 3>, [](Value x) { return flip<0>(x); }) == Numbers{3, 4, 5, 0, 1, 2});
  CHECK(made_of_counted(shape_of<6>, [](Value x) { return slice<0, 1, 6, 2>(x); }) == Numbers{1, 3, 5});
  CHECK(made_of_counted(shape_of<6>, [](Value x) { return slice<0, 1, -1>(x); }) == Numbers{1, 2, 3, 4});
  CHECK(made_of_counted(shape_of<6>, [](Value x) { return slice<-1, -2>(x); }) == Numbers{4, 5});
  CHECK(made_of_counted(shape_of<6>, [](Value x) { return slice<0, 3, 3>(x); }).empty());
  CHECK(made_of_counted(shape_of<2, 2>, [](Value x) { return pad<1, 1, 2, 9.f>(x); }) ==
        Numbers{9, 0, 1, 9, 9, 9, 2, 3, 9, 9});
  CHECK(made_of_counted(shape_of<2, 2>, [](Value x) {
          return emit(Pad{0, 1, 0, 1, 7.f}, {x});
        }) == Numbers{7, 7, 0, 1, 7, 7, 2, 3});
}

TEST_CASE("concat and stack put tensors behind each other, also empty ones") {
  CHECK(made_of_counted(shape_of<2, 2>, [](Value x) { return concat<1>(x, slice<1, 0, 1>(x)); }) ==
        Numbers{0, 1, 0, 2, 3, 2});
  CHECK(made_of_counted(shape_of<2, 2>, [](Value x) { return concat<0>(x, flip<0>(x), x); }) ==
        Numbers{0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3});
  CHECK(made_of_counted(shape_of<2>, [](Value x) { return concat<0>(slice<0, 0, 0>(x), x); }) == Numbers{0, 1});
  CHECK(made_of_counted(shape_of<2>, [](Value x) {
          return stack<Axis{"part", 2}>(x, flip<0>(x));
        }) == Numbers{0, 1, 1, 0});
}

TEST_CASE("split and merge undo each other and keep the names") {
  constexpr Axis time{"time", 2}, width{"width", 6}, head{"head", 3}, each{"each", 2};
  Graph graph("heads");
  const Tensor<time, width> x = input<Tensor<time, width>>(graph, "x");
  const Tensor<time, head, each> parts = split<width, head, each>(x);
  const Tensor<head, time, each> turned = permute<head, time, each>(parts);
  const Tensor<time, width> whole = merge<width, head, each>(permute<1, 0, 2>(turned));
  const Numbers counted{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const auto values = evaluate<float>(graph, leaves<float>(graph, {{"x", counted}}));
  CHECK(numbers<float>(values, whole.value) == counted);
  CHECK(numbers<float>(values, turned.value) == Numbers{0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11});
  CHECK(complaint<UsageError>([&] { merge<width, each, head>(parts.value); }) ==
        "merge: [each 2, head 3] are no neighbours in this order in [time 2, head 3, each 2]; permute them first");
  CHECK(complaint<UsageError>([&] { merge<width, head, each>(turned.value); }) ==
        "merge: [head 3, each 2] are no neighbours in this order in [head 3, time 2, each 2]; permute them first");
}

TEST_CASE("of two axes without a name and of one size neither can be meant, but a position can") {
  Graph graph("square");
  const Value x = graph.input("x", f32<4, 4>);
  CHECK(complaint<UsageError>([&] { flip<Axis{4}>(x); }) ==
        "flip: two axes of [4, 4] are 4; say which by its position");
  CHECK(complaint<UsageError>([&] { flip<2>(x); }) == "flip: there is no axis 2 in [4, 4]");
  CHECK(complaint<UsageError>([&] { flip<-3>(x); }) == "flip: there is no axis -3 in [4, 4]");
  CHECK(complaint<UsageError>([&] { split<Axis{4}, Axis{2}, Axis{2}>(x); }) ==
        "split: axis 4 has no name, so that it could not be told from others; reshape is for axes without names");
  CHECK(complaint<UsageError>([&] { sum<1, -1>(x); }) == "sum_to: one axis of [4, 4] is named twice");
  CHECK(flip<1>(x).type() == x.type());
}

TEST_CASE("reshape works out the one axis that is left") {
  Graph graph("reshape");
  const Value x = graph.input("x", f32<4, 6>);
  CHECK(reshape<Axis{8}, Axis{-1}>(x).type() == f32<8, 3>);
  CHECK(complaint<UsageError>([&] { reshape<Axis{5}, Axis{-1}>(x); }) ==
        "reshape: the 24 elements of [4, 6] do not divide by 5, the axes that are given");
  CHECK(complaint<UsageError>([&] { reshape<Axis{-1}, Axis{-1}>(x); }) ==
        "reshape: of [4, 6] only one axis can be what is left");
}

TEST_CASE("an axis keeps its name where it keeps its size, because one name has one size") {
  constexpr Axis time{"time", 4};
  Graph graph("names");
  const Value x = graph.input("x", f32<time, 2>);
  CHECK(slice<time, 0, 4>(x).type() == f32<time, 2>);
  CHECK(slice<time, 1>(x).type() == f32<3, 2>);
  CHECK(pad<time, 0, 0>(x).type() == f32<time, 2>);
  CHECK(pad<time, 1, 0>(x).type() == f32<5, 2>);
  CHECK(concat<time>(x, x).type() == f32<8, 2>);
  CHECK(flip<time>(x).type() == f32<time, 2>);
}

TEST_CASE("gather picks rows along any axis, and scatter_add puts them back, those that meet added") {
  Graph graph("rows");
  const Value x = graph.input("x", f32<3, 2>), index = graph.input("index", i32<2, 2>);
  const Value rows = gather(x, index), columns = gather<1>(x, index);
  const Value back = scatter_add<Axis{"token", 3}>(rows, index);
  CHECK(rows.type() == f32<2, 2, 2>);
  CHECK(columns.type() == f32<3, 2, 2>);
  const auto values =
      evaluate<float>(graph, leaves<float>(graph, {{"x", {1, 2, 3, 4, 5, 6}}, {"index", {1, 0, 1, 1}}}));
  CHECK(numbers<float>(values, rows) == Numbers{3, 4, 1, 2, 3, 4, 3, 4});
  CHECK(numbers<float>(values, columns) == Numbers{2, 1, 2, 2, 4, 3, 4, 4, 6, 5, 6, 6});
  CHECK(numbers<float>(values, back) == Numbers{1, 2, 9, 12, 0, 0});
}

TEST_CASE("an index outside of its axis is refused with its position, in programs too") {
  for (const double bad : {-1.0, 3.0}) {
    Graph graph("rows");
    const Value x = graph.input("x", f32<3, 2>), index = graph.input("index", i32<2>), y = gather(x, index);
    graph.output("y", y);
    graph.output("z", scatter_add<3>(y, index));
    const auto given = leaves<float>(graph, {{"x", {1, 2, 3, 4, 5, 6}}, {"index", {0, bad}}});
    const std::string wanted = "index " + std::to_string(static_cast<int>(bad)) + " at position 1 is not one of 0 to 2";
    CHECK_THROWS_AS(evaluate<float>(graph, given), InputError);
    CHECK_THROWS_WITH(evaluate<float>(graph, given), Contains("gather: " + wanted));
    CHECK_THROWS_WITH(run_compiled(graph, given), Contains("gather: " + wanted));
    Graph other("updates");
    other.output("z", scatter_add<3>(other.input("y", f32<2, 2>), other.input("index", i32<2>)));
    const auto updates = leaves<float>(other, {{"y", {1, 2, 3, 4}}, {"index", {0, bad}}});
    CHECK_THROWS_WITH(run_compiled(other, updates), Contains("scatter_add: " + wanted));
  }
}

TEST_CASE("iota counts along an axis and follows when a graph is specialized") {
  constexpr Axis time{"time", 4}, width{"width", 2};
  Graph graph("positions");
  const auto x = input<Tensor<time, width>>(graph, "x");
  const auto table = input<Tensor<8, width>>(graph, "table");
  const Tensor<time, width> y = x + gather(table, iota<time>());
  graph.output("y", y.value);
  const Graph small = specialize(graph, std::array{Axis{"time", 2}});
  verify(small);
  const auto made = evaluate<float>(
      small,
      leaves<float>(small, {{"x", {0, 0, 10, 10}}, {"table", {1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}}));
  CHECK(numbers<float>(made, small.outputs()[0].second) == Numbers{1, 2, 13, 14});
}

TEST_CASE("whole numbers and masks are moved as they are, in programs too") {
  Graph graph("other types");
  const Value n = graph.input("n", i32<2, 3>), m = graph.input("m", boolean<2, 3>), i = graph.input("i", i32<2>);
  for (const auto& [name, x] : {std::pair{"n", n}, std::pair{"m", m}}) {
    const std::string of = name;
    graph.output("permute " + of, permute<1, 0>(x));
    graph.output("flip " + of, flip<1>(slice<1, 0, 3, 2>(x)));
    graph.output("pad " + of, pad<0, 1, 0>(x));
    graph.output("concat " + of, concat<1>(x, flip<0>(x)));
    graph.output("gather " + of, gather<1>(x, i));
  }
  Values<float> given = leaves<float>(graph, {{"n", {7, -1, 0, 2147483647, 5, -2147483647}}, {"i", {2, 0}}});
  for (const int bit : {1, 0, 1, 1, 0, 0}) given[m.id].push_back(static_cast<std::byte>(bit));
  check_compiled_is_reference(graph, given);
}

TEST_CASE("a slice of a slice, turned and flipped, is one view, and what reads it gets its elements") {
  Graph graph("views");
  const Value x = graph.input("x", f32<6, 5, 4>);
  const Value v = flip<2>(permute<2, 0, 1>(slice<1, 1, 5, 3>(flip<0>(slice<0, 1, 6, 2>(x)))));
  graph.output("y", v * 2.f);
  graph.output("v", v);
  Numbers counted(120);
  for (std::size_t i = 0; i < counted.size(); ++i) counted[i] = static_cast<double>(i);
  const auto given = leaves<float>(graph, {{"x", counted}});
  CHECK(numbers<float>(evaluate<float>(graph, given), v) == Numbers{116, 104, 76,  64,  36,  24,  117, 105,
                                                                    77,  65,  37,  25,  118, 106, 78,  66,
                                                                    38,  26,  119, 107, 79,  67,  39,  27});
  check_compiled_is_reference(graph, given);
  CHECK(compile(graph, CpuTarget(best_isa())).steps.size() == 2);  // the product, and the copy that an output is
}

TEST_CASE("rows that meet are added in the order of the index, however many threads add them") {
  Graph graph("embedding");
  const Value table = graph.input("table", f32<300, 40>), index = graph.input("index", i32<16, 70>);
  const Value rows = gather(table, index), columns = gather<1>(table, graph.input("places", i32<50>));
  graph.output("rows", rows);
  graph.output("columns", columns);
  graph.output("sums", scatter_add<300>(rows, index));
  graph.output("column sums", scatter_add<40, 1>(columns, graph.find("places")));
  std::map<std::string, Numbers> drawn;
  std::uint32_t draw = 3;
  const auto next = [&] { return (draw = draw * 1664525 + 1013904223) >> 8; };
  for (int i = 0; i < 12000; ++i)
    drawn["table"].push_back(std::ldexp(next() % 1000 / 7.0, static_cast<int>(next() % 20)));
  for (int i = 0; i < 1120; ++i) drawn["index"].push_back(next() % 3 == 0 ? 7 : next() % 300);
  for (int i = 0; i < 50; ++i) drawn["places"].push_back(next() % 40);
  check_compiled_is_reference(graph, leaves<float>(graph, {drawn.begin(), drawn.end()}));
}

TEST_CASE("attributes that no text should hold are refused, however large") {
  Graph graph("attributes");
  const Value x = graph.input("x", f32<4>), n = graph.input("n", i32<4>),
              u = graph.input("u", {DType::u8, shape_of<4>});
  const std::int64_t huge = INT64_MAX;
  CHECK(complaint<UsageError>([&] {
          emit(Slice{0, -1, 4, 1}, {x});
        }) == "slice: -1 to 4 does not lie within axis 0 of [4], 0 to 4");
  CHECK(complaint<UsageError>([&] {
          emit(Slice{0, 0, 4, 0}, {x});
        }) == "slice: wants a step of 1 or more, got 0; flip turns an axis round");
  for (const Pad& pad : {Pad{0, huge, 0, 0, 0.f}, Pad{0, 0, huge, 0, 0.f}, Pad{0, 0, 0, huge, 0.f}})
    CHECK_THAT(complaint<UsageError>([&] { emit(pad, {x}); }), Contains("more than 2^40 elements"));
  CHECK_THAT(complaint<UsageError>([&] { emit(Pad{0, -1, 0, 0, 0.f}, {x}); }), Contains("slice makes an axis shorter"));
  for (const float filled : {0.5f, 1e20f, std::nanf("")})
    CHECK(complaint<UsageError>([&] {
            emit(Pad{0, 1, 0, 0, filled}, {n});
          }) == "pad: knows f32, bool and, filled with whole numbers, i32, got i32[4]");
  CHECK_THAT(complaint<UsageError>([&] { emit(Pad{0, 1, 0, 0, 0.f}, {u}); }), Contains("got u8[4]"));
  CHECK_THAT(complaint<UsageError>([&] { emit(ScatterAdd{huge, 3}, {x, n}); }), Contains("scatter_add: from axis"));
  for (const std::int64_t axis : {huge, std::int64_t{-1}, std::int64_t{1}}) {
    CHECK_THAT(complaint<UsageError>([&] { emit(Gather{axis}, {x, n}); }), Contains("gather: there is no axis"));
    CHECK_THAT(complaint<UsageError>([&] { emit(Flip{axis}, {x}); }), Contains("flip: there is no axis"));
    CHECK_THAT(complaint<UsageError>([&] { emit(Argmax{axis}, {x}); }), Contains("argmax: there is no axis"));
    CHECK_THAT(complaint<UsageError>([&] {
                 emit(CumulativeSum{axis, false, false}, {x});
               }),
               Contains("cumulative_sum: there is no axis"));
    CHECK_THAT(complaint<UsageError>([&] { emit(Concat{axis}, {x, x}); }), Contains("concat: there is no axis"));
  }
  CHECK(complaint<UsageError>([&] { emit(Permute{{200}}, {x}); }) ==
        "permute: [200] is no order of the axes of [4]; name each position once");
}

TEST_CASE("a slice with a step beyond its axis is one element, and its gradient one place") {
  Graph graph("one");
  const Value x = graph.input("x", f32<4>), y = emit(Slice{0, 1, 4, INT64_MAX}, {x}) * 2.f;
  CHECK(y.type() == f32<1>);
  graph.output("y", y);
  graph.output("dx", gradients(sum(y), std::array{x})[0]);
  const auto given = leaves<float>(graph, {{"x", {1, 2, 3, 4}}});
  CHECK(numbers<float>(evaluate<float>(graph, given), output_of(graph, "dx")) == Numbers{0, 2, 0, 0});
  check_compiled_is_reference(graph, given);
}

TEST_CASE("cast knows every pair of f32, i32 and bool: towards 0, to the end of the range, NaN as 0 and as true") {
  Graph graph("casts");
  const Value x = graph.input("x", f32<8>), n = graph.input("n", i32<4>), m = graph.input("m", boolean<2>);
  for (const auto& [name, from] : {std::pair{"x", x}, std::pair{"n", n}, std::pair{"m", m}}) {
    graph.output(std::string(name) + " f32", cast<DType::f32>(from));
    graph.output(std::string(name) + " i32", cast<DType::i32>(from));
    graph.output(std::string(name) + " bool", cast<DType::boolean>(from));
  }
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  Values<float> given = leaves<float>(
      graph, {{"x", {-1.75, 0.99, 3e9, -3e9, inf, nan, -0.0, 2147483520}}, {"n", {0, -7, 2147483647, 16777217}}});
  given[m.id] = {std::byte{1}, std::byte{0}};
  const auto values = evaluate<float>(graph, given);
  const auto made = [&](const char* name) { return numbers<float>(values, output_of(graph, name)); };
  CHECK(made("x i32") == Numbers{-1, 0, 2147483647, -2147483648.0, 2147483647, 0, 0, 2147483520});
  CHECK(made("x bool") == Numbers{1, 1, 1, 1, 1, 1, 0, 1});
  CHECK(made("n f32") == Numbers{0, -7, 2147483648.0, 16777216});
  CHECK(made("n i32") == Numbers{0, -7, 2147483647, 16777217});
  CHECK(made("n bool") == Numbers{0, 1, 1, 1});
  CHECK(made("m f32") == Numbers{1, 0});
  CHECK(made("m i32") == Numbers{1, 0});
  CHECK(made("m bool") == Numbers{1, 0});
  check_compiled_is_reference(graph, given);
}
