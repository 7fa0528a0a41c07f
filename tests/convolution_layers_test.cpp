// Layers for images against loops over pixels, with channels last and channels first.
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "tests/training_by_reference.hpp"
#include "vitrine/layers/batch_norm.hpp"
#include "vitrine/layers/convolution.hpp"
#include "vitrine/layers/nchw.hpp"
#include "vitrine/layers/pooling.hpp"
#include "vitrine/layers/sequential.hpp"
#include "vitrine/ops.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;

namespace {

constexpr Axis batch{"batch", 2}, colour{"colour", 4}, feature{"feature", 6}, more{"more", 3};
constexpr std::size_t rows = 17, columns = 13;  // enough that a weight is smaller than what it makes

constexpr Sliding slanted{.stride = {2, 1}, .padding = {1, 0}, .groups = 2};
struct Convolved {
  using Layer = Convolution2d<colour, feature, Extent{3, 2}, slanted>;
  BOOST_HANA_DEFINE_STRUCT(Convolved, (Layer, layer));
  Tensor<batch, 9, 12, feature> operator()(Tensor<batch, rows, columns, colour> x) const { return layer(x); }
};

template <template <class> class Wrapped, class Images, class Result> struct Tower {
  using First = Wrapped<Sequential<Convolution2d<colour, feature, Extent{3, 3}, Sliding{.padding = {1, 1}}>, Relu,
                                   MaxPooling2d<Extent{2, 2}>>>;
  using Second = Wrapped<Sequential<UnbiasedConvolution2d<feature, more, Extent{2, 2}>, BatchNorm2d<more>, Relu>>;
  using Third = Wrapped<AveragePooling2d<Extent{3, 2}>>;
  BOOST_HANA_DEFINE_STRUCT(Tower, (First, first), (Second, second), (Third, third));
  Result operator()(Images x) const { return third(second(first(x))); }
};
template <class Layer> struct Plain : Layer { using Layer::operator(); };
using ChannelsLast = Tower<Plain, Tensor<batch, rows, columns, colour>, Tensor<batch, 2, 2, more>>;
using ChannelsFirst = Tower<Nchw, Tensor<batch, colour, rows, columns>, Tensor<batch, more, 2, 2>>;

std::vector<double> some(std::size_t n) {
  std::vector<double> made;
  for (std::size_t i = 0; i < n; ++i) made.push_back(std::sin(double(5 * i + 2)));
  return made;
}
std::size_t count(const Graph& graph, std::string_view op) {
  std::size_t found = 0;
  for (Value v : graph.topological()) found += v.op() && v.op()->name() == op;
  return found;
}
/// Every state with numbers of its own.
Named states_of(const Graph& graph) {
  Named made;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::state) {
      made.emplace_back(v.node().name, some(v.type().shape.elements()));
      for (double& x : made.back().second)
        if (v.node().name.ends_with("running_variance")) x = x * x + 0.5;
    }
  return made;
}

}  // namespace

TEST_CASE("a convolution layer is the sum over its window, with stride, padding, groups and bias") {
  static_assert(parameter_count<Convolved>() == 3 * 2 * 2 * 6 + 6);
  const Graph graph = trace<Convolved>("convolved", "x");
  const Value weight = graph.find("layer.weight");
  CHECK(weight.type() == f32<3, 2, 2, feature>);
  CHECK(float(weight.node().init.scale) == Approx(std::sqrt(2.0 / 12)));
  const auto x = some(2 * rows * columns * 4), w = some(3 * 2 * 2 * 6), b = some(6);
  const auto y = TrainingByReference(graph, {{"layer.weight", w}, {"layer.bias", b}}).run({{"x", x}}).at("y");
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t i = 0; i < 9; ++i)
      for (std::size_t j = 0; j < 12; ++j)
        for (std::size_t o = 0; o < 6; ++o) {
          double wanted = b[o];
          for (std::size_t a = 0; a < 3; ++a)
            for (std::size_t k = 0; k < 2; ++k)
              for (std::size_t c = 0; c < 2; ++c) {
                const std::size_t row = 2 * i + a, column = j + k;  // row counts the padding above
                if (row < 1 || row > rows) continue;
                wanted +=
                    x[((n * rows + row - 1) * columns + column) * 4 + o / 3 * 2 + c] * w[((a * 2 + k) * 2 + c) * 6 + o];
              }
          REQUIRE(y[((n * 9 + i) * 12 + j) * 6 + o] == Approx(wanted).epsilon(1e-9).margin(1e-12));
        }
}

TEST_CASE("layers for channels first make the numbers of those for channels last, from the same parameters") {
  const Graph last = trace<ChannelsLast>("tower", "x"), first = trace<ChannelsFirst>("tower", "x");
  const auto x = some(2 * rows * columns * 4);
  std::vector<double> turned(x.size());
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t p = 0; p < rows * columns; ++p)
      for (std::size_t c = 0; c < 4; ++c)
        turned[(n * 4 + c) * rows * columns + p] = x[(n * rows * columns + p) * 4 + c];
  CHECK(parameter_count<ChannelsFirst>() == parameter_count<ChannelsLast>());
  const Named states = states_of(last);
  const auto a = TrainingByReference(last, states).run({{"x", x}}).at("y"),
             b = TrainingByReference(first, states).run({{"x", turned}}).at("y");
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t p = 0; p < 4; ++p)
      for (std::size_t c = 0; c < 3; ++c) CHECK(a[(n * 4 + p) * 3 + c] == b[(n * 3 + c) * 4 + p]);
}

TEST_CASE("between layers for channels first no permute is left, forward or back") {
  Graph forward = trace<ChannelsFirst>("tower", "x");
  CHECK(count(forward, "permute") == 6);
  forward.output("loss", sum(forward.outputs()[0].second * forward.outputs()[0].second));
  Graph step = training_step(forward, Sgd{});
  optimize(forward);
  CHECK(count(forward, "permute") == 2);
  optimize(step);
  CHECK(count(step, "permute") <= 3);
}

TEST_CASE("in use, the batch norm between layers for channels first is in the convolution before it") {
  const Graph traced = trace<ChannelsFirst>("tower", "x");
  Graph use = traced;
  const Record record = optimize(use, inference_pipeline);
  CHECK(std::ranges::count(record.rewrites, "fold_batch_norm", &Rewrite::pass) == 1);
  std::size_t on_images = 0;
  for (Value v : use.topological())
    on_images += v.op() && v.type().shape.rank() == 4 && v.type().shape[0].label() == "batch";
  CHECK(on_images == 2 + 2 + 1 + 1 + 2 + 2);  // permutes, convolutions, pools, biases, relus
  // The same numbers as before the fold.
  Graph plain = traced;
  optimize(plain, passes_named("inference"));
  const auto x = some(2 * rows * columns * 4);
  const Named all = states_of(use);
  const auto a = TrainingByReference(use, all).run({{"x", x}}).at("y"),
             b = TrainingByReference(plain, all).run({{"x", x}}).at("y");
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(b[i]).epsilon(1e-9).margin(1e-12));
}
