// Reductions over any axes: by definition, at ties and at nothing, and in compiled programs.
#include "runtime/reductions.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "compiler/gradients.hpp"
#include "compiler/specialize.hpp"
#include "tests/named_values.hpp"
#include "tests/program_bits.hpp"
#include "vitrine/error.hpp"
#include "vitrine/model.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using Numbers = std::vector<double>;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), not_a_number = std::numeric_limits<double>::quiet_NaN();

/// What a function makes of an input x, in double.
template <class F> Numbers made_of(const Shape& shape, const Numbers& x, F function) {
  Graph graph("reduction");
  const Value y = function(graph.input("x", {DType::f32, shape}));
  return numbers<double>(evaluate<double>(graph, leaves<double>(graph, {{"x", x}})), y);
}
/// The gradient of the sum of what it makes.
template <class F> Numbers gradient_of(const Shape& shape, const Numbers& x, F function) {
  Graph graph("gradient");
  const Value in = graph.input("x", {DType::f32, shape}), g = gradients(sum(function(in)), std::array{in})[0];
  return numbers<double>(evaluate<double>(graph, leaves<double>(graph, {{"x", x}})), g);
}

/// Small whole numbers: their sums are exact in every order.
Numbers whole_numbers(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  Numbers made(count);
  for (double& x : made) x = static_cast<double>(random() % 17) - 8;
  return made;
}

}  // namespace

TEST_CASE("reductions over named axes drop them, or keep them as 1") {
  constexpr Axis batch{"batch", 2}, time{"time", 3}, width{"width", 4};
  Graph graph("axes");
  const auto x = input<Tensor<batch, time, width>>(graph, "x");
  const Tensor<width> a = sum<batch, time>(x);
  const Tensor<batch, width> b = mean<time>(x);
  const Tensor<batch, 1, width> c = max<time>(x, keep_axes);
  const Tensor<batch, time> d = variance<-1>(x);
  const Tensor<> e = min(x), f = sum<0, 1, 2>(x);
  const Tensor<1, 1, 1> g = mean(x, keep_axes);
  const Indices<batch, width> i = argmax<time>(x);
  const Numbers counted{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};
  const auto values = evaluate<double>(graph, leaves<double>(graph, {{"x", counted}}));
  CHECK(numbers<double>(values, a.value) == Numbers{60, 66, 72, 78});
  CHECK(numbers<double>(values, b.value) == Numbers{4, 5, 6, 7, 16, 17, 18, 19});
  CHECK(numbers<double>(values, c.value) == Numbers{8, 9, 10, 11, 20, 21, 22, 23});
  CHECK(numbers<double>(values, d.value) == Numbers(6, 1.25));
  CHECK(numbers<double>(values, e.value) == Numbers{0});
  CHECK(numbers<double>(values, f.value) == Numbers{276});
  CHECK(numbers<double>(values, g.value) == Numbers{11.5});
  CHECK(numbers<double>(values, i.value) == Numbers(8, 2));
}

TEST_CASE("where several are the largest, each gets the same share of the gradient") {
  const auto largest = [](Value x) { return max<1>(x); };
  CHECK(gradient_of(shape_of<2, 4>, {3, 1, 3, 0, -1, -1, -1, -1}, largest) ==
        Numbers{0.5, 0, 0.5, 0, 0.25, 0.25, 0.25, 0.25});
  CHECK(gradient_of(shape_of<3>, {0, -0.0, -1}, [](Value x) { return max(x); }) == Numbers{0.5, 0.5, 0});
  CHECK(gradient_of(shape_of<3>, {2, 1, 1}, [](Value x) { return min(x); }) == Numbers{0, 0.5, 0.5});
}

TEST_CASE("argmax takes the first of equals and the first NaN, and the maximum of a NaN is NaN") {
  const auto place = [](Value x) { return argmax<-1>(x); };
  CHECK(made_of(shape_of<3, 3>, {1, 2, 2, 0, 0, 0, -1, -3, -2}, place) == Numbers{1, 0, 0});
  CHECK(made_of(shape_of<2, 4>, {inf, not_a_number, 1, not_a_number, -inf, -inf, 0, 0}, place) == Numbers{1, 2});
  CHECK(std::isnan(made_of(shape_of<3>, {inf, not_a_number, 1}, [](Value x) { return max(x); })[0]));
}

TEST_CASE("argmax over all axes is the place among all elements, and refused of nothing") {
  constexpr Axis batch{"batch", 2}, time{"time", 3};
  Graph graph("all");
  const auto x = input<Tensor<batch, time>>(graph, "x");
  const Indices<> typed = argmax(x);
  const auto values = evaluate<double>(graph, leaves<double>(graph, {{"x", {0, 7, 1, 2, 9, 9}}}));
  CHECK(numbers<double>(values, typed.value) == Numbers{4});
  CHECK(made_of(shape_of<>, {5}, [](Value v) { return argmax(v); }) == Numbers{0});
  CHECK_THROWS_WITH(argmax(graph.input("none", f32<2, 0>)), Catch::Contains("no element that could be the largest"));
}

TEST_CASE("softmax along another axis is softmax of the transposed, and along the last it is one node") {
  constexpr Axis batch{"batch", 2}, time{"time", 3}, width{"width", 4};
  Graph graph("softmax");
  const auto x = input<Tensor<batch, time, width>>(graph, "x");
  const Tensor<batch, time, width> a = softmax<batch>(x), b = log_softmax<1>(x), c = softmax<width>(x), d = softmax(x);
  CHECK(c.value == d.value);
  Numbers at(24);
  for (std::size_t i = 0; i < 24; ++i) at[i] = std::sin(static_cast<double>(3 * i));
  const auto values = evaluate<double>(graph, leaves<double>(graph, {{"x", at}}));
  const Numbers of_a = numbers<double>(values, a.value), of_b = numbers<double>(values, b.value);
  for (std::size_t i = 0; i < 24; ++i) {
    CHECK(of_a[i] == Approx(std::exp(at[i]) / (std::exp(at[i % 12]) + std::exp(at[12 + i % 12]))));
    const std::size_t column = i / 12 * 12 + i % 4;
    const double sum = std::exp(at[column]) + std::exp(at[column + 4]) + std::exp(at[column + 8]);
    CHECK(of_b[i] == Approx(at[i] - std::log(sum)));
  }
  // Values too, with the same sentence.
  CHECK(softmax<0>(x.value).operands()[0].op()->name() == "softmax");
  CHECK_THROWS_WITH(softmax<3>(x.value), Catch::Contains("softmax: there is no axis 3 in [batch 2, time 3, width 4]"));
  CHECK_THROWS_WITH(log_softmax<-1>(graph.input("one", f32<>)), Catch::Contains("log_softmax: there is no axis -1"));
}

TEST_CASE("reductions of nothing: 0 as the sum, -infinity as the maximum, NaN as the mean, and of one number, itself") {
  const auto nothing = [](auto function) { return made_of(shape_of<2, 0>, {}, function); };
  CHECK(nothing([](Value x) { return sum<1>(x); }) == Numbers{0, 0});
  CHECK(nothing([](Value x) { return max<1>(x); }) == Numbers{-inf, -inf});
  CHECK(std::isnan(nothing([](Value x) { return mean<1>(x); })[0]));
  CHECK(std::isnan(nothing([](Value x) { return variance<1>(x); })[1]));
  CHECK(nothing([](Value x) { return sum<0>(x); }).empty());
  Graph graph("nothing");
  CHECK(complaint<UsageError>([&] { argmax<1>(graph.input("x", f32<2, 0>)); }) ==
        "argmax: axis 1 of [2, 0] has no element that could be the largest");
  const auto one = [](auto function) { return made_of(shape_of<2, 1>, {5, -7}, function); };
  CHECK(one([](Value x) { return sum<1>(x); }) == Numbers{5, -7});
  CHECK(one([](Value x) { return mean<1>(x); }) == Numbers{5, -7});
  CHECK(one([](Value x) { return variance<1>(x); }) == Numbers{0, 0});
  CHECK(std::isnan(one([](Value x) { return sample_variance<1>(x); })[0]));
}

TEST_CASE("variance keeps its digits where the mean is large, and a sample's divides by one less") {
  Graph graph("variance");
  const Value x = graph.input("x", f32<4>);
  graph.output("v", variance(x));
  graph.output("s", sample_variance(x));
  // Squares of about 2e13, known to 1e6 in f32, would leave nothing of a variance of 5.
  const auto given = leaves<float>(graph, {{"x", {4194304, 4194306, 4194308, 4194310}}});
  const auto values = evaluate<float>(graph, given);
  CHECK(numbers<float>(values, output_of(graph, "v"))[0] == 5);
  CHECK(std::abs(numbers<float>(values, output_of(graph, "s"))[0] - 20.0 / 3) < 1e-5);
  check_compiled_is_reference(graph, given);
}

TEST_CASE("a cumulative sum runs along any axis, from either end, with or without the element itself") {
  const Numbers x{1, 2, 3, 4, 5, 6};
  const auto along = [&](auto function) { return made_of(shape_of<2, 3>, x, function); };
  CHECK(along([](Value v) { return cumulative_sum<1>(v); }) == Numbers{1, 3, 6, 4, 9, 15});
  CHECK(along([](Value v) { return cumulative_sum<1, true>(v); }) == Numbers{0, 1, 3, 0, 4, 9});
  CHECK(along([](Value v) { return cumulative_sum<1, false, true>(v); }) == Numbers{6, 5, 3, 15, 11, 6});
  CHECK(along([](Value v) { return cumulative_sum<0, true, true>(v); }) == Numbers{4, 5, 6, 0, 0, 0});
}

TEST_CASE("the mean over a batch follows when a graph is specialized, and so does its gradient") {
  constexpr Axis batch{"batch", 4}, width{"width", 2};
  Graph forward("batch mean");
  const auto z = input<Tensor<batch, width>>(forward, "x");
  const Tensor<> y = sum(mean<batch>(z) + variance<batch>(z));
  forward.output("y", y.value);
  Graph small = specialize(forward, std::array{Axis{"batch", 2}});
  const Value in = small.find("x"), g = gradients(output_of(small, "y"), std::array{in})[0];
  const auto values = evaluate<double>(small, leaves<double>(small, {{"x", {1, 2, 5, -4}}}));
  CHECK(numbers<double>(values, output_of(small, "y")) == Numbers{2 + 13.0});
  CHECK(numbers<double>(values, g) == Numbers{0.5 - 2, 0.5 + 3, 0.5 + 2, 0.5 - 3});
}

TEST_CASE("compiled reductions over every choice of axes are the reference's") {
  // Axes of size 1, runs of axes that are reduced and kept in turn, more rows than one block, and views of an input.
  Graph graph("all axes");
  const Value x = graph.input("x", f32<3, 4, 1, 5, 2>), wide = graph.input("wide", f32<5000, 3>),
              row = graph.input("row", f32<20000>);
  const Value view = permute<3, 0, 4, 1, 2>(flip<1>(slice<3, 1, 5, 2>(x)));
  for (unsigned over = 0; over < 32; ++over)
    for (const auto& [name, in] : {std::pair{"x", x}, std::pair{"view", view}}) {
      Shape to = in.type().shape;
      for (int i = 0; i < to.rank(); ++i)
        if ((over >> i & 1u) != 0) to = to.with(i, 1);
      const std::string of = std::string(name) + " " + std::to_string(over);
      graph.output("sum " + of, emit(SumTo{to}, {in}));
      graph.output("max " + of, emit(MaxTo{to}, {in}));
      graph.output("mean " + of, emit(Mean{to}, {in}));
    }
  graph.output("columns", sum<0>(wide));
  graph.output("largest", max<0>(wide));
  graph.output("all", sum(row));
  graph.output("top", max(row));
  graph.output("joined", mean<0>(wide) * 2.f + 1.f);
  check_compiled_is_reference(graph, leaves<float>(graph, {{"x", whole_numbers(120, 1)},
                                                           {"wide", whole_numbers(15000, 2)},
                                                           {"row", whole_numbers(20000, 3)}}));
}

TEST_CASE("compiled variances over every choice of axes agree with double") {
  Graph graph("variances");
  const Value x = graph.input("x", f32<3, 4, 5, 2>), wide = graph.input("wide", f32<5000, 3>);
  for (unsigned over = 0; over < 16; ++over) {
    Shape to = x.type().shape;
    for (int i = 0; i < to.rank(); ++i)
      if ((over >> i & 1u) != 0) to = to.with(i, 1);
    graph.output("x " + std::to_string(over), emit(Variance{to}, {x}));
  }
  graph.output("columns", variance<0>(wide));
  graph.output("all", variance(wide));
  const Named given{{"x", whole_numbers(120, 4)}, {"wide", whole_numbers(15000, 5)}};
  const auto wanted = evaluate<double>(graph, leaves<double>(graph, given));
  const auto made = run_compiled(graph, leaves<float>(graph, given), 1);
  CHECK(run_compiled(graph, leaves<float>(graph, given), 4) == made);
  for (const auto& [name, v] : graph.outputs()) {
    INFO(name);
    const Numbers right = numbers<double>(wanted, v);
    bool near = true;
    for (std::size_t i = 0; i < right.size(); ++i) {
      float got = 0;
      std::memcpy(&got, made.at(name).data() + i * sizeof got, sizeof got);
      near = near && std::abs(got - right[i]) <= 1e-6 * (1 + right[i]);
    }
    CHECK(near);
  }
}

TEST_CASE("reductions give the same bits for 1, 2 and 4 threads and on every instruction set") {
  struct Sizes {
    std::size_t outer, rows, columns;
  };
  for (const auto& [outer, rows, columns] :
       {Sizes{1, 20000, 1}, Sizes{1, 5000, 70}, Sizes{7, 33, 130}, Sizes{300, 2, 3}, Sizes{500, 9, 1}}) {
    std::mt19937 random(9);
    std::vector<float> x(outer * rows * columns), shifts(outer * columns);
    for (float& v : x) v = static_cast<float>(random() % 1000) / 7;
    for (float& v : shifts) v = static_cast<float>(random() % 1000) / 9;
    x[rows / 2] = -0.f;
    std::vector<std::size_t> at(outer);
    for (std::size_t o = 0; o < outer; ++o) at[o] = o * columns;
    for (const Reduction how : {Reduction::sum, Reduction::maximum, Reduction::squares}) {
      std::vector<float> first;
      for (const Isa isa : all_isas())
        for (const int threads : {1, 2, 4}) {
          Pool pool(threads);
          std::vector<float> y(outer * columns, 99);
          reduce_rows(pool, isa, how, outer, rows, columns, x.data(), {shifts.data(), at.data()}, y.data());
          if (first.empty()) first = y;
          CHECK(std::memcmp(first.data(), y.data(), y.size() * sizeof(float)) == 0);
        }
      bool right = true;
      for (std::size_t o = 0; o < outer; ++o)
        for (std::size_t c = 0; c < columns; ++c) {
          double wanted = how == Reduction::maximum ? -inf : 0;
          for (std::size_t r = 0; r < rows; ++r) {
            const double v = x[(o * rows + r) * columns + c], off = v - shifts[o * columns + c];
            wanted = how == Reduction::maximum ? std::max(wanted, v) : wanted + (how == Reduction::sum ? v : off * off);
          }
          right = right && std::abs(first[o * columns + c] - wanted) <= 2e-6 * std::abs(wanted);
        }
      CHECK(right);
    }
  }
}
