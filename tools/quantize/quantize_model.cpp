#include "tools/quantize/quantize_model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/quantized_cache.hpp"
#include "tools/measured.hpp"

namespace vitrine {

namespace {

Quality measured(const Subject& subject, ModelInFewBits& model) {
  Progress progress(subject.name + ": beside f32", subject.groups);
  // Texts are measured whole; what a cache in eight bits would round is rounded all the same.
  const Graph graph = model.scheme().cache ? with_rounded_keys_and_values(model.graph()) : model.graph();
  return subject.measure(graph, model.states(), [&](std::size_t n) { progress.advance(n, ""); });
}

/// What each weight costs alone. Those whose divergence is known already are not looked at again.
class Attribution {
 public:
  Attribution(const Subject& subject, ModelInFewBits& model) : subject_(subject), model_(model) {
    Progress progress(subject.name + ": weight by weight", model.formats().size());
    for (const auto& [name, format] : model.formats()) {
      look(name);
      progress.advance(1, name);
    }
  }
  void look(const std::string& name) {
    divergence_.erase(name);
    if (!model_.formats().contains(name)) return;
    const Graph graph = model_.alone(name);
    States states = model_.states_of(graph);
    divergence_[name] = std::max(0., subject_.glance(graph, states));
  }
  double divergence(const std::string& name) const {
    const auto found = divergence_.find(name);
    return found == divergence_.end() ? 0 : found->second;
  }
  /// In percent.
  double share(const std::string& name) const {
    double sum = 0;
    for (const auto& [each, divergence] : divergence_) sum += divergence;
    return sum == 0 ? 0 : 100 * divergence(name) / sum;
  }

 private:
  const Subject& subject_;
  ModelInFewBits& model_;
  std::map<std::string, double> divergence_{};
};

std::vector<WeightReport> reports(const ModelInFewBits& model, const Attribution& attribution) {
  std::vector<WeightReport> made;
  for (const QuantizableWeight& weight : model.weights()) {
    const WeightFormat format = model.format(weight.name);
    made.push_back({.name = weight.name,
                    .shape = weight.type.shape,
                    .format = format,
                    .bytes = bytes_of(weight, format),
                    .decibels = model.decibels(weight.name),
                    .divergence = attribution.divergence(weight.name),
                    .share = attribution.share(weight.name)});
  }
  std::ranges::stable_sort(made, std::greater{}, &WeightReport::share);
  return made;
}

/// The bytes that a weight's next format of more bits takes more.
std::int64_t cost_of_more(const QuantizableWeight& weight, const ModelInFewBits& model) {
  const WeightFormat now = model.format(weight.name);
  return static_cast<std::int64_t>(bytes_of(weight, more_precise(now))) -
         static_cast<std::int64_t>(bytes_of(weight, now));
}

/// Share of the loss for each byte that more bits would cost.
double worth(const QuantizableWeight& weight, const ModelInFewBits& model, const Attribution& attribution) {
  return attribution.share(weight.name) / std::max(1., static_cast<double>(cost_of_more(weight, model)));
}

void give_back(const Subject& subject, QuantizedOutcome& made, Attribution& attribution) {
  ModelInFewBits& model = *made.model;
  while (!made.holds() && !model.formats().empty()) {
    const QuantizableWeight* worst = nullptr;
    for (const QuantizableWeight& weight : model.weights())
      if (model.formats().contains(weight.name) &&
          (!worst || worth(weight, model, attribution) > worth(*worst, model, attribution)))
        worst = &weight;
    Returned back{.weight = worst->name,
                  .from = model.format(worst->name),
                  .to = more_precise(model.format(worst->name)),
                  .share = attribution.share(worst->name)};
    back.bytes = cost_of_more(*worst, model);
    if (made.returned.empty())
      fmt::print("the budget is missed; the weights that lose most for each byte that more bits cost get them back:\n");
    model.set_format(worst->name, back.to);
    attribution.look(worst->name);
    made.quality = back.quality = measured(subject, model);
    std::string now;
    for (const Bound& bound : made.bounds)
      now += fmt::format("{}{} {}{}", now.empty() ? "" : ", ", bound.name(), bound.measured(made.quality),
                         bound.holds(made.quality) ? "" : " (too much)");
    fmt::print("  {:>3}. {}: {} => {}, {:.1f} % of the loss for {:.1f} KB; now {}\n", made.returned.size() + 1,
               back.weight, name_of(back.from.precision), name_of(back.to.precision), back.share,
               static_cast<double>(back.bytes) / 1e3, now);
    std::fflush(stdout);
    made.returned.push_back(std::move(back));
  }
}

std::size_t bytes_of_states(const Graph& graph) {
  std::size_t bytes = 0;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::state) bytes += v.type().bytes();
  return bytes;
}

void measure_size(const Subject& subject, QuantizedOutcome& made) {
  made.bytes_before = bytes_of_states(subject.forward);
  made.bytes_after = bytes_of_states(made.model->graph());
  made.arithmetic = static_cast<double>(made.bytes_before);
  for (const QuantizableWeight& weight : made.model->weights())
    made.arithmetic +=
        static_cast<double>(weight.type.shape.elements()) * (made.model->format(weight.name).bits() - 32) / 8;
}

void measure_speed(const Subject& subject, QuantizedOutcome& made) {
  std::vector<double> before, after;
  for (int turn = 0; turn < 3; ++turn) {
    before.push_back(subject.speed(subject.forward, subject.states, false));
    after.push_back(subject.speed(made.model->graph(), made.model->states(), made.model->scheme().cache));
  }
  made.speed_before = median(std::move(before)), made.speed_after = median(std::move(after));
}

}  // namespace

QuantizedOutcome quantize_model(const Subject& subject, const QuantizationScheme& scheme,
                                const std::vector<Bound>& bounds, bool may_return) {
  QuantizedOutcome made{.bounds = bounds};
  made.model = std::make_unique<ModelInFewBits>(subject.forward, scheme, subject.states, subject.pool);
  made.quality = measured(subject, *made.model);
  Attribution attribution(subject, *made.model);
  if (may_return) give_back(subject, made, attribution);
  made.weights = reports(*made.model, attribution);
  measure_size(subject, made);
  measure_speed(subject, made);
  return made;
}

}  // namespace vitrine
