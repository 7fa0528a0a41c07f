#include "compiler/optimizers.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "compiler/gradients.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/cos.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/minimum.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sqrt.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/tanh.hpp"

namespace vitrine {

namespace {

/// A state with a next value of its own in the forward graph (a running mean, a counter) is no parameter.
bool updates_itself(Value state) {
  return std::ranges::any_of(state.graph->updates(), [&](const auto& u) { return u.first == state; });
}

std::vector<Value> parameters(const Graph& graph, std::span<const std::string> without) {
  std::vector<Value> found;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::state && v.type().dtype == DType::f32 && !updates_itself(v) &&
        std::ranges::find(without, v.node().name) == without.end())
      found.push_back(v);
  return found;
}

Value loss_of(const Graph& graph) {
  for (const auto& [name, v] : graph.outputs())
    if (name == "loss") return v;
  throw UsageError("graph '" + graph.name() + "' has no output named 'loss' to train on");
}

Value whole_number(Graph& graph, std::int32_t n) {
  Constant c{{DType::i32, {}}, std::vector<std::byte>(sizeof n)};
  std::memcpy(c.bytes.data(), &n, sizeof n);
  return graph.constant(c);
}

/// The step number as f32[], 0 at the first step; counted in i32, where adding 1 never stops to count.
class Steps {
 public:
  explicit Steps(Graph& graph) : graph_(graph) {}
  Value now() {
    if (state_) return cast<DType::f32>(state_);
    state_ = graph_.state("step", {DType::i32, {}});
    graph_.update(state_, state_ + whole_number(graph_, 1));
    return cast<DType::f32>(state_);
  }

 private:
  Graph& graph_;
  Value state_{};
};

Value rate(const Schedule& schedule, Graph& graph, Steps& steps) {
  if (schedule.cosine_steps <= 0) return number(graph, schedule.rate);
  const float pi = 3.14159265f, per_step = pi / static_cast<float>(schedule.cosine_steps);
  const Value angle = minimum(steps.now() * per_step, pi);
  return 0.5f * schedule.rate * (1.f + cos(angle));
}

/// 1 - beta^(t+1) = 1 - e^-a with a = -(t+1) ln(beta), as 2h / (1 + h) with h = tanh(a / 2): the plain difference would
/// lose four digits at the first steps.
Value start_correction(float beta, Value t) {
  const Value h = tanh((t + 1.f) * static_cast<float>(-std::log(static_cast<double>(beta)) / 2));
  return (2.f * h) / (1.f + h);
}

void update(const Sgd& sgd, Graph& graph, std::span<const Value> weights, const Gradients& gradients) {
  Steps steps(graph);
  const Value speed = rate(sgd.rate, graph, steps);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Value w = weights[i];
    const Graph::Scope scope(graph, w.node().at.module, Phase::update, {w.id});
    Value v = gradients[i];
    if (sgd.momentum != 0) {
      const Value before = graph.state("momentum:" + w.node().name, w.type());
      v = sgd.momentum * before + v;
      graph.update(before, v);
    }
    graph.update(w, w - speed * v);
  }
}

void update(const Adam& adam, Graph& graph, std::span<const Value> weights, const Gradients& gradients) {
  Steps steps(graph);
  const Value t = steps.now(), speed = rate(adam.rate, graph, steps);
  const Value start1 = start_correction(adam.beta1, t), start2 = start_correction(adam.beta2, t);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Value w = weights[i], g = gradients[i];
    const Graph::Scope scope(graph, w.node().at.module, Phase::update, {w.id});
    const Value m_before = graph.state("adam.m:" + w.node().name, w.type());
    const Value v_before = graph.state("adam.v:" + w.node().name, w.type());
    const Value m = adam.beta1 * m_before + (1.f - adam.beta1) * g;
    const Value v = adam.beta2 * v_before + (1.f - adam.beta2) * (g * g);
    graph.update(m_before, m);
    graph.update(v_before, v);
    graph.update(w, w - speed * ((m / start1) / (sqrt(v / start2) + adam.epsilon)));
  }
}

}  // namespace

Graph training_step(const Graph& forward, const Optimizer& optimizer, std::span<const std::string> frozen) {
  Graph graph(forward);
  graph.rename(forward.name() + " training step");
  const std::vector<Value> weights = parameters(graph, frozen);
  const Gradients made = gradients(loss_of(graph), weights);
  const Graph::Scope scope(graph, "", Phase::update);
  std::visit([&](const auto& rule) { update(rule, graph, weights, made); }, optimizer);
  return graph;
}

Graph with_gradients(const Graph& forward, std::span<const std::string> without) {
  Graph graph(forward);
  graph.rename(forward.name() + " with gradients");
  const std::vector<Value> weights = parameters(graph, without);
  const Gradients made = gradients(loss_of(graph), weights);
  for (std::size_t i = 0; i < weights.size(); ++i) graph.output("d " + weights[i].node().name, made[i]);
  return graph;
}

}  // namespace vitrine
