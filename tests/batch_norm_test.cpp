// Batch norm against its definition, in training and in use, and folded into the layer before.
#include "vitrine/layers/batch_norm.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/compile.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "tests/training_by_reference.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;

namespace {

constexpr std::size_t images = 3, rows = 2, columns = 4, channels = 2, count = images * rows * columns;
constexpr Axis batch{"batch", images}, channel{"channel", channels};

struct Norm {
  using Layer = BatchNorm2d<channel, 0.001f, 0.2f>;
  BOOST_HANA_DEFINE_STRUCT(Norm, (Layer, norm));
  Tensor<batch, rows, columns, channel> operator()(Tensor<batch, rows, columns, channel> x) const { return norm(x); }
};

std::vector<double> images_of(std::size_t run) {
  std::vector<double> x;
  for (std::size_t i = 0; i < count * channels; ++i)
    x.push_back(std::sin(double(3 * i + 1) + 10 * double(run)) * (i % 2 ? 3 : 1) + (i % 2 ? -7 : 100));
  return x;
}
struct Moments {
  double mean = 0, variance = 0;  // biased
};
Moments moments(const std::vector<double>& x, std::size_t c) {
  Moments made;
  for (std::size_t i = c; i < x.size(); i += channels) made.mean += x[i] / count;
  for (std::size_t i = c; i < x.size(); i += channels) made.variance += std::pow(x[i] - made.mean, 2) / count;
  return made;
}

const std::vector<double> gain{1.5, -0.5}, bias{0.25, 2};
const Named parameters{{"norm.gain", gain}, {"norm.bias", bias}, {"norm.running_variance", {1, 1}}};

void check_normalized(const std::vector<double>& y, const std::vector<double>& x, const std::vector<Moments>& by) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % channels;
    const double wanted = (x[i] - by[c].mean) / std::sqrt(by[c].variance + 0.001) * gain[c] + bias[c];
    CAPTURE(i);
    REQUIRE(y[i] == Approx(wanted).epsilon(1e-6));
  }
}

Graph in_use(Graph graph) {
  optimize(graph, inference_pipeline);
  return graph;
}

}  // namespace

TEST_CASE("batch norm in training uses the batch's mean and biased variance, and keeps running ones, unbiased") {
  TrainingByReference steps(trace<Norm>("norm", "x"), parameters);
  std::vector<Moments> running{{0, 1}, {0, 1}};
  for (std::size_t run = 0; run < 4; ++run) {
    const auto x = images_of(run);
    const auto y = steps.run({{"x", x}}).at("y");
    const std::vector<Moments> now{moments(x, 0), moments(x, 1)};
    check_normalized(y, x, now);
    for (std::size_t c = 0; c < channels; ++c) {
      running[c].mean = 0.8 * running[c].mean + 0.2 * now[c].mean;
      running[c].variance = 0.8 * running[c].variance + 0.2 * now[c].variance * count / (count - 1);
      CHECK(steps.state("norm.running_mean")[c] == Approx(running[c].mean).epsilon(1e-6));
      CHECK(steps.state("norm.running_variance")[c] == Approx(running[c].variance).epsilon(1e-6));
    }
  }
}

TEST_CASE("batch norm in use takes the running statistics and leaves them alone") {
  Graph graph = in_use(trace<Norm>("norm", "x"));
  CHECK(graph.updates().empty());
  Named states = parameters;
  states.emplace_back("norm.running_mean", std::vector<double>{90, -5});
  for (auto& [name, numbers] : states)
    if (name == "norm.running_variance") numbers = {4, 0.25};
  TrainingByReference steps(graph, states);
  const auto x = images_of(5);
  check_normalized(steps.run({{"x", x}}).at("y"), x, {{90, 4}, {-5, 0.25}});
  CHECK(steps.state("norm.running_mean") == std::vector<double>{90, -5});
}

TEST_CASE("batch norm learns its gain and bias and not its statistics, and specializes to any batch") {
  static_assert(parameter_count<Norm>() == 2 * channels);
  Graph graph = trace<Norm>("norm", "x");
  graph.output("loss", sum(graph.outputs()[0].second * graph.outputs()[0].second));
  const Graph step = training_step(graph, Sgd{});
  std::vector<std::string> updated;
  for (const auto& [state, next] : step.updates()) updated.push_back(state.node().name);
  CHECK(updated == std::vector<std::string>{"norm.running_mean", "norm.running_variance", "norm.gain", "norm.bias"});
}

TEST_CASE("a batch norm of one number keeps a finite running variance") {
  struct One {
    using Layer = BatchNorm2d<channel>;
    BOOST_HANA_DEFINE_STRUCT(One, (Layer, norm));
    Tensor<1, channel> operator()(Tensor<1, channel> x) const { return norm(x); }
  };
  TrainingByReference steps(trace<One>("one", "x"), {{"norm.running_variance", {1, 1}}});
  steps.run({{"x", {5, 6}}});
  CHECK(steps.state("norm.running_variance")[0] == Approx(0.9));
}

namespace {

constexpr Axis many{"batch", 8}, pixel{"pixel", 4}, feature{"feature", 6};
struct Folded {
  using Up = Linear<pixel, feature>;
  using Layer = BatchNorm2d<feature>;
  BOOST_HANA_DEFINE_STRUCT(Folded, (Up, up), (Layer, norm));
  Tensor<many, feature> operator()(Tensor<many, pixel> x) const { return relu(norm(up(x))); }
};

}  // namespace

TEST_CASE("a batch norm in use goes into the layer before it: the same numbers from a product, a sum and a relu") {
  const Graph traced = trace<Folded>("folded", "x");
  Graph folded = in_use(traced), unfolded = traced;
  std::vector<Pass> passes;
  for (const Pass& pass : inference_pipeline)
    if (pass.name != "fold_batch_norm") passes.push_back(pass);
  optimize(unfolded, passes);
  const auto on_data = [](const Graph& graph) {  // ops whose result has a row for each example
    std::size_t found = 0;
    for (Value v : graph.topological())
      found += v.op() && v.type().shape.rank() == 2 && v.type().shape[0].label() == "batch";
    return found;
  };
  CHECK(on_data(folded) == 3);
  CHECK(on_data(unfolded) > 4);

  Named states{{"norm.gain", {1, -2, 0.5, 3, 1, 1}},
               {"norm.bias", {0.5, 0, 1, -1, 2, 0}},
               {"norm.running_mean", {1, 2, -3, 0.5, 0, 4}},
               {"norm.running_variance", {0.5, 1, 2, 4, 0.01, 1}},
               {"up.bias", {1, 1, 0, 0, -1, -1}}};
  std::vector<double> x, w;
  for (std::size_t i = 0; i < 32; ++i) x.push_back(std::sin(double(i)));
  for (std::size_t i = 0; i < 24; ++i) w.push_back(std::cos(double(i)));
  states.emplace_back("up.weight", w);
  const auto a = TrainingByReference(folded, states).run({{"x", x}}).at("y"),
             b = TrainingByReference(unfolded, states).run({{"x", x}}).at("y");
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(b[i]).epsilon(1e-9).margin(1e-9));
}

TEST_CASE("a program trains through a batch norm as the reference does, on 1, 2 and 4 threads") {
  Graph graph = trace_regression<Folded>("folded", "x");
  Graph step = training_step(graph, Sgd{.rate = {.rate = 0.05f}, .momentum = 0.9f});
  const Graph before = step;
  optimize(step);
  std::vector<float> x(32), target(48);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  for (std::size_t i = 0; i < target.size(); ++i) target[i] = std::cos(static_cast<float>(i));
  std::vector<std::vector<std::byte>> first;
  for (const int threads : {1, 2, 4}) {
    Pool pool(threads);
    States states(3);
    Program program(compile(step, CpuTarget(best_isa())), states, pool, best_isa());
    Named begin;
    for (const std::string& name : states.names()) {
      const auto* numbers = reinterpret_cast<const float*>(states.bytes(name).data());
      begin.emplace_back(name, std::vector<double>(numbers, numbers + states.bytes(name).size() / 4));
    }
    program.bind_input("x", x.data());
    program.bind_input("target", target.data());
    for (int run = 0; run < 5; ++run) program.run();
    std::vector<std::vector<std::byte>> made;
    for (const std::string& name : states.names())
      made.emplace_back(states.bytes(name).begin(), states.bytes(name).end());
    if (first.empty()) first = made;
    CHECK(made == first);
    if (threads > 1) continue;
    TrainingByReference wanted(before, begin);
    for (int run = 0; run < 5; ++run)
      wanted.run({{"x", {x.begin(), x.end()}}, {"target", {target.begin(), target.end()}}});
    for (const std::string& name : states.names()) {
      const auto* numbers = reinterpret_cast<const float*>(states.bytes(name).data());
      for (std::size_t i = 0; i < wanted.state(name).size(); ++i) {
        CAPTURE(name, i);
        CHECK(static_cast<double>(numbers[i]) == Approx(wanted.state(name)[i]).epsilon(1e-4).margin(1e-5));
      }
    }
  }
}
