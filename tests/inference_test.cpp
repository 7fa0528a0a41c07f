// A model is traced once, in training form; the passes make of it the one that trains and the one in use.
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/compile.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "vitrine/layers/batch_norm.hpp"
#include "vitrine/layers/dropout.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;

namespace {

constexpr Axis batch{"batch", 16}, pixel{"pixel", 6}, wide{"wide", 8}, kind{"kind", 3};
struct Network {
  using Up = Linear<pixel, wide>;
  using Norm = BatchNorm2d<wide>;
  using Drop = Dropout<0.5f>;
  using Down = Linear<wide, kind>;
  BOOST_HANA_DEFINE_STRUCT(Network, (Up, up), (Norm, norm), (Drop, drop), (Down, down));
  Tensor<batch, kind> operator()(Tensor<batch, pixel> x) const { return down(drop(relu(norm(up(x))))); }
};

std::vector<std::string> states_of(const Graph& graph) {
  std::vector<std::string> names;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::state) names.push_back(v.node().name);
  return names;
}
std::size_t count(const Graph& graph, std::string_view op) {
  std::size_t found = 0;
  for (Value v : graph.topological()) found += v.op() && v.op()->name() == op;
  return found;
}
std::vector<float> numbers(std::span<const std::byte> bytes) {
  const auto* begin = reinterpret_cast<const float*>(bytes.data());
  return {begin, begin + bytes.size() / sizeof(float)};
}

}  // namespace

TEST_CASE("after inference nothing of training is left: no dropout, no counter, no update") {
  Graph graph = trace<Network>("network", "x");
  CHECK(count(graph, "dropout") == 1);
  optimize(graph, inference_pipeline);
  CHECK(count(graph, "dropout") == 0);
  CHECK(count(graph, "when_training") == 0);
  CHECK(count(graph, "mean") == 0);
  CHECK(graph.updates().empty());
  CHECK(states_of(graph) == std::vector<std::string>{"up.weight", "up.bias", "norm.gain", "norm.bias",
                                                     "norm.running_mean", "norm.running_variance", "down.weight",
                                                     "down.bias"});
}

TEST_CASE("inference of a whole training step is inference of its forward part") {
  const Graph forward = trace_classifier<Network>("network", "x");
  Graph a = forward, b = training_step(forward, Adam{});
  optimize(a, inference_pipeline);
  optimize(b, inference_pipeline);
  b.rename(a.name());
  CHECK(states_of(a) == states_of(b));
  CHECK(a.topological().size() == b.topological().size());
}

TEST_CASE("a training step keeps dropout and the batch's statistics, and nothing that only a model in use needs") {
  Graph graph = training_step(trace_classifier<Network>("network", "x"), Sgd{});
  optimize(graph);
  CHECK(count(graph, "when_training") == 0);
  CHECK(count(graph, "dropout") == 2);  // forward and back
  const Value running = graph.find("norm.running_variance");
  for (Value user : graph.users(running)) CHECK(user.op()->name() == "mul");  // its own average only
}

TEST_CASE("the default pipeline is what training needs, and the one for use is every pass") {
  const auto has = [](std::span<const Pass> pipeline, std::string_view name) {
    return std::ranges::any_of(pipeline, [&](const Pass& p) { return p.name == name; });
  };
  CHECK_FALSE(has(default_pipeline, "inference"));
  CHECK_FALSE(has(default_pipeline, "fold_batch_norm"));
  CHECK(has(default_pipeline, "training"));
  CHECK(inference_pipeline.size() == every_pass.size());
  for (const Pass& pass : default_pipeline) CHECK(pass.contract == Contract::exact);
}

TEST_CASE("training and use share their states: the one learns while the other stays as it is between runs") {
  const Graph forward = trace_classifier<Network>("network", "x");
  Graph trains = training_step(forward, Adam{.rate = {.rate = 0.02f}}), tells = forward;
  optimize(trains);
  optimize(tells, inference_pipeline);
  Pool pool(2);
  States states(1);
  Program training(compile(trains, CpuTarget(best_isa())), states, pool, best_isa());
  Program use(compile(tells, CpuTarget(best_isa())), states, pool, best_isa());
  std::vector<float> x(16 * 6);
  std::vector<std::int32_t> labels(16);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    labels[i] = static_cast<std::int32_t>(i % 3);
    for (std::size_t k = 0; k < 6; ++k)
      x[6 * i + k] = std::sin(static_cast<float>(i * k)) + 2 * static_cast<float>(k % 3 == i % 3);
  }
  for (Program* program : {&training, &use}) {
    program->bind_input("x", x.data());
    program->bind_input("label", labels.data());
  }
  use.run();
  const float before = use.scalar("loss");
  use.run();
  CHECK(use.scalar("loss") == before);
  const auto mean = numbers(states.bytes("norm.running_mean"));
  training.run();
  const float first = training.scalar("loss");
  training.run();
  CHECK(training.scalar("loss") != first);  // another mask
  CHECK(numbers(states.bytes("norm.running_mean")) != mean);
  for (int run = 0; run < 150; ++run) training.run();
  use.run();
  CHECK(use.scalar("loss") < 0.25f * before);
  const auto y = numbers(use.output("y"));
  use.run();
  CHECK(numbers(use.output("y")) == y);
}
