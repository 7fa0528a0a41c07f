#include "compiler/update_rules.hpp"

#include <cmath>
#include <limits>

#include "compiler/clipping.hpp"
#include "compiler/parameter_groups.hpp"
#include "compiler/schedules.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/abs.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sqrt.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/tanh.hpp"
#include "vitrine/ops/where.hpp"

namespace vitrine {

namespace {

/// One weight on its way through an update.
struct Update {
  Value weight, gradient;
  Value rate;   // of its group
  float decay;  // 0 where its group has none
  Clock& clock;

  Value helper(const std::string& kind) const {
    return weight.graph->state(kind + ":" + weight.node().name, weight.type());
  }
  Value decayed_gradient() const { return decay == 0 ? gradient : gradient + decay * weight; }
};

void demand(bool holds, const std::string& what) {
  if (!holds) throw UsageError("optimizer: " + what);
}
void demand_fraction(float x, const std::string& name) {
  demand(x >= 0 && x < 1, name + " is " + std::to_string(x) + ", but it is a share from 0 to below 1");
}

/// A moment, or 0 where its size is below the smallest normal number. Of a weight that gets no gradient any more, 0.9 m
/// would never become 0: of a few units of the smallest subnormal it rounds to as many, and every operation on a
/// subnormal costs a hundred others. A NaN stays.
Value moment_or_zero(Value moment, Value size) {
  const Value least = number(*moment.graph, std::numeric_limits<float>::min());
  return where(greater(least, size), 0.f, moment);
}

/// What a rule knows before it sees a weight.
struct SgdRule {
  const Sgd& sgd;
  SgdRule(const Sgd& given, Clock&) : sgd(given) {
    demand_fraction(sgd.momentum, "momentum");
    demand(!sgd.nesterov || sgd.momentum > 0, "nesterov looks ahead along the momentum, which is 0; give both");
  }
  void operator()(const Update& u) const {
    const Value g = u.decayed_gradient();
    Value v = g;
    if (sgd.momentum != 0) {
      const Value before = u.helper("momentum");
      v = sgd.momentum * before + g;
      v = moment_or_zero(v, abs(v));
      u.clock.update(before, v);
      if (sgd.nesterov) v = g + sgd.momentum * v;
    }
    u.clock.update(u.weight, u.weight - u.rate * v);
  }
};

/// 1 - beta^(t+1) = 1 - e^-a with a = -(t+1) ln(beta), as 2h / (1 + h) with h = tanh(a / 2): the plain difference would
/// lose four digits at the first steps.
Value start_correction(float beta, Value t) {
  const Value h = tanh((t + 1.f) * static_cast<float>(-std::log(static_cast<double>(beta)) / 2));
  return (2.f * h) / (1.f + h);
}

/// Adam and AdamW: they differ in where the decay goes.
template <class A> struct AdamRule {
  const A& adam;
  Value start1, start2;
  AdamRule(const A& given, Clock& clock) : adam(given) {
    demand_fraction(adam.beta1, "beta1");
    demand_fraction(adam.beta2, "beta2");
    const Value t = clock.step();
    start1 = start_correction(adam.beta1, t), start2 = start_correction(adam.beta2, t);
  }
  void operator()(const Update& u) const {
    const bool beside = std::same_as<A, AdamW>;
    const Value g = beside ? u.gradient : u.decayed_gradient();
    const Value m_before = u.helper("adam.m"), v_before = u.helper("adam.v");
    const Value first = adam.beta1 * m_before + (1.f - adam.beta1) * g;
    const Value second = adam.beta2 * v_before + (1.f - adam.beta2) * (g * g);
    const Value m = moment_or_zero(first, abs(first)), v = moment_or_zero(second, second);
    u.clock.update(m_before, m);
    u.clock.update(v_before, v);
    const Value w = beside && u.decay != 0 ? u.weight * (1.f - u.rate * u.decay) : u.weight;
    u.clock.update(u.weight, w - u.rate * ((m / start1) / (sqrt(v / start2) + adam.epsilon)));
  }
};

auto rule_of(const Sgd& sgd, Clock& clock) { return SgdRule(sgd, clock); }
template <class A> auto rule_of(const A& adam, Clock& clock) { return AdamRule<A>(adam, clock); }

}  // namespace

void add_updates(const Optimizer& optimizer, Graph& graph, std::span<const Value> weights, Gradients gradients) {
  std::visit(
      [&](const auto& settings) {
        demand(settings.weight_decay >= 0, "weight_decay is negative, which would make weights grow");
        const auto group_of = groups_of(settings.groups, weights);
        Clock clock(graph, settings.accumulate);
        const Value rate = learning_rate(settings.rate, graph, clock);
        if (clock.accumulates()) gradients = accumulated(graph, weights, gradients, clock);
        gradients = clipped(settings.clip, gradients);
        const auto apply = rule_of(settings, clock);
        for (std::size_t i = 0; i < weights.size(); ++i) {
          const Graph::Scope scope(graph, weights[i].node().at.module, Phase::update, {weights[i].id});
          const ParameterGroup& group = group_of[i];
          apply({.weight = weights[i],
                 .gradient = gradients[i],
                 .rate = group.rate == 1 ? rate : rate * group.rate,
                 .decay = group.decay ? settings.weight_decay : 0,
                 .clock = clock});
        }
      },
      optimizer);
}

}  // namespace vitrine
