// Layers against their definitions; what reflection sees of them; Sequential.
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/compile.hpp"
#include "compiler/gradients.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "runtime/random.hpp"
#include "tests/derivative_law.hpp"
#include "tests/training_by_reference.hpp"
#include "vitrine/layers/dropout.hpp"
#include "vitrine/layers/layer_norm.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/layers/sequential.hpp"
#include "vitrine/ops.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;

namespace {

constexpr Axis batch{"batch", 3}, pixel{"pixel", 5}, wide{"wide", 4}, kind{"kind", 2};

struct Norms {
  using L = LayerNorm<pixel, 0.01f>;
  using R = RmsNorm<pixel, 0.01f>;
  BOOST_HANA_DEFINE_STRUCT(Norms, (L, layer), (R, rms));
};

std::vector<double> some(std::size_t n, double shift = 0) {
  std::vector<double> made;
  for (std::size_t i = 0; i < n; ++i) made.push_back(std::sin(double(7 * i + 1)) + shift);
  return made;
}

}  // namespace

TEST_CASE("layer norm and RMS norm are what their formulas say, of rows with a large mean too") {
  Graph graph("norms");
  const auto x = input<Tensor<batch, pixel>>(graph, "x");
  const Norms norms = bind<Norms>(graph);
  const Tensor<batch, pixel> a = norms.layer(x), b = norms.rms(x);
  graph.output("layer", a.value);
  graph.output("rms", b.value);
  const std::vector<double> gain{1, -2, 0.5, 3, 1}, bias{0, 1, 2, -1, 0.5};
  for (const double shift : {0.0, 1e6}) {
    const auto in = some(15, shift);
    TrainingByReference run(graph, {{"layer.gain", gain}, {"layer.bias", bias}, {"rms.gain", gain}});
    const auto made = run.run({{"x", in}});
    for (std::size_t r = 0; r < 3; ++r) {
      double mean = 0, variance = 0, squares = 0;
      for (std::size_t i = 0; i < 5; ++i) mean += in[5 * r + i] / 5;
      for (std::size_t i = 0; i < 5; ++i) variance += std::pow(in[5 * r + i] - mean, 2) / 5;
      for (std::size_t i = 0; i < 5; ++i) squares += std::pow(in[5 * r + i], 2) / 5;
      for (std::size_t i = 0; i < 5; ++i) {
        const double from = in[5 * r + i];
        CHECK(made.at("layer")[5 * r + i] ==
              Approx((from - mean) / std::sqrt(variance + 0.01) * gain[i] + bias[i]).epsilon(1e-6));
        CHECK(made.at("rms")[5 * r + i] == Approx(from / std::sqrt(squares + 0.01) * gain[i]).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("a program's layer norm keeps its digits where the mean is large, and has one set of bits") {
  for (const bool gradient : {false, true}) {
    Graph graph("rows");
    const Value x = graph.input("x", f32<37, 130>), t = graph.input("t", f32<37, 130>);
    const Value n = layer_norm(x), r = rms_norm(x);
    graph.output("loss", sum(n * t + r * t * t));
    graph.output("n", n);
    graph.output("r", r);
    if (gradient) {
      const Gradients made = gradients(output_of(graph, "loss"), std::array{x});
      graph.output("d x", made[0]);
    }
    const Graph before = graph;
    optimize(graph);
    const RandomStream random(1, 2);
    std::vector<float> in(37 * 130), to(in.size());
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = random.normal(i) + 1000, to[i] = random.normal(i + in.size());
    std::map<std::string, std::vector<std::byte>> first;
    for (const Isa isa : all_isas())
      for (const int threads : {1, 2, 4}) {
        Pool pool(threads);
        States states(0);
        Program program(compile(graph, CpuTarget(isa)), states, pool, isa);
        program.bind_input("x", in.data());
        program.bind_input("t", to.data());
        program.run();
        for (const auto& [name, v] : graph.outputs()) {
          const auto bytes = program.output(name);
          const std::vector<std::byte> made(bytes.begin(), bytes.end());
          CHECK(first.try_emplace(name, made).first->second == made);
        }
      }
    const auto wanted = evaluate<double>(
        before, leaves<double>(before, {{"x", {in.begin(), in.end()}}, {"t", {to.begin(), to.end()}}}));
    for (const std::string name : {"n", "r", "d x"}) {
      if (!first.contains(name)) continue;
      const auto* made = reinterpret_cast<const float*>(first.at(name).data());
      const auto exact = numbers<double>(wanted, output_of(before, name));
      double largest = 0, off = 0;
      for (std::size_t i = 0; i < exact.size(); ++i) {
        largest = std::max(largest, std::abs(exact[i]));
        off = std::max(off, std::abs(static_cast<double>(made[i]) - exact[i]));
      }
      CAPTURE(name, largest, off);
      CHECK(off < 2e-4 * largest);  // the input's own rounding, 1000 * 2^-24, is 6e-5
    }
  }
}

TEST_CASE("a program's row norms add eps, and a row of equal numbers is 0 and not NaN") {
  Graph graph("eps");
  const Value x = graph.input("x", f32<3, 4>);
  graph.output("layer", layer_norm<Float(0.5f)>(x));
  graph.output("rms", rms_norm<Float(0.5f)>(x));
  graph.output("rstd", emit(RowNormScale<true>{0.25f}, {x * 1.f}));
  const std::vector<float> in{1, 2, 3, 4, 5, 5, 5, 5, 0, 0, 0, 0};
  Pool pool(1);
  States states(0);
  Program program(compile(graph, CpuTarget(best_isa())), states, pool, best_isa());
  program.bind_input("x", in.data());
  program.run();
  const auto wanted = evaluate<double>(graph, leaves<double>(graph, {{"x", {in.begin(), in.end()}}}));
  for (const auto& [name, v] : graph.outputs()) {
    const auto exact = numbers<double>(wanted, v);
    const auto* made = reinterpret_cast<const float*>(program.output(name).data());
    for (std::size_t i = 0; i < exact.size(); ++i) {
      CAPTURE(name, i);
      CHECK(static_cast<double>(made[i]) == Approx(exact[i]).epsilon(1e-6).margin(1e-7));
    }
  }
  CHECK(numbers<double>(wanted, output_of(graph, "layer"))[4] == 0);
  CHECK(numbers<double>(wanted, output_of(graph, "rstd"))[1] == Approx(2));
}

TEST_CASE("a row norm and what it divides by run as one step") {
  Graph graph("companions");
  const Value x = graph.state("x", f32<8, 16>, normal(1));
  graph.output("loss", sum(layer_norm(x) * graph.input("t", f32<8, 16>)));
  Graph step = with_gradients(graph);
  optimize(step);
  std::size_t together = 0;
  for (const Step& s : compile(step, CpuTarget(best_isa())).steps) together += s.companions.size();
  CHECK(together == 1);
}

TEST_CASE("a row norm's gradient is a handful of nodes, and rows of no numbers are NaN") {
  Graph graph("nodes");
  const Value x = graph.state("x", f32<8, 16>);
  graph.output("loss", sum(layer_norm(x) * graph.input("t", f32<8, 16>)));
  const std::size_t forward = graph.topological().size();
  CHECK(with_gradients(graph).topological().size() - forward < 14);
  Graph empty("empty");
  empty.output("y", emit(RowNormScale<true>{1e-5f}, {empty.input("x", f32<2, 0>)}));
  const auto values = evaluate<float>(empty, leaves<float>(empty, {{"x", {}}}));
  CHECK(std::isnan(numbers<float>(values, output_of(empty, "y"))[0]));
}

namespace {

struct Stack {
  using Net =
      Sequential<Linear<pixel, wide>, Relu, Sequential<LayerNorm<wide>, Tanh>, Dropout<0.5f>, Linear<wide, kind>>;
  BOOST_HANA_DEFINE_STRUCT(Stack, (Net, net));
  Tensor<batch, kind> operator()(Tensor<batch, pixel> x) const { return net(x); }
};
struct ByHand {
  using A = Linear<pixel, wide>;
  using N = LayerNorm<wide>;
  using D = Dropout<0.5f>;
  using B = Linear<wide, kind>;
  BOOST_HANA_DEFINE_STRUCT(ByHand, (A, a), (N, n), (D, d), (B, b));
  Tensor<batch, kind> operator()(Tensor<batch, pixel> x) const { return b(d(tanh(n(relu(a(x)))))); }
};

using Ten = Sequential<Relu, Relu, Relu, Relu, Relu, Relu, Relu, Relu, Relu, Relu, Linear<pixel, wide>>;

}  // namespace

TEST_CASE("Sequential names parameters by place, counts them and says what a model by hand says") {
  static_assert(parameter_count<Stack>() == 5 * 4 + 4 + 4 + 4 + 4 * 2 + 2);
  static_assert(parameter_count<Stack>() == parameter_count<ByHand>());
  static_assert(parameter_count<Stack::Net>() == parameter_count<Stack>());
  std::vector<std::string> paths;
  for (const FoundParameter& p : parameters_of(Stack{})) paths.push_back(p.path);
  CHECK(paths == std::vector<std::string>{"net.0.weight", "net.0.bias", "net.2.0.gain", "net.2.0.bias", "net.4.weight",
                                          "net.4.bias"});
  CHECK(parameters_of(Ten{})[0].path == "10.weight");

  const Graph stack = trace<Stack>("stack", "x"), by_hand = trace<ByHand>("stack", "x");
  const auto ops = [](const Graph& graph) {
    std::vector<std::string> names;
    for (Value v : graph.topological())
      if (v.op()) names.emplace_back(v.op()->name());
    return names;
  };
  CHECK(ops(stack) == ops(by_hand));
  for (Value v : stack.topological())
    if (v.op() && v.op()->name() == "layer_norm") CHECK(v.node().at.module == "net.2.0");
}

TEST_CASE("a frozen layer of a Sequential stays while the others learn") {
  const Graph forward = trace_classifier<Stack>("stack", "x");
  const std::vector<std::string> frozen{"net.0.weight", "net.0.bias"};
  const Graph step = training_step(forward, Sgd{}, frozen);
  std::vector<std::string> updated;
  for (const auto& [state, next] : step.updates()) updated.push_back(state.node().name);
  CHECK(updated ==
        std::vector<std::string>{"random.step", "net.2.0.gain", "net.2.0.bias", "net.4.weight", "net.4.bias"});
}
