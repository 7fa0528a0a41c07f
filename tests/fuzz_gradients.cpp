// What must hold of gradients: declared in fuzz_checks.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "compiler/gradients.hpp"
#include "compiler/passes.hpp"
#include "tests/allowed_rounding.hpp"
#include "tests/draw.hpp"
#include "tests/fuzz_checks.hpp"
#include "tests/graph_results.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/mul.hpp"

namespace vitrine {

namespace {

double* numbers(std::vector<std::byte>& bytes) { return reinterpret_cast<double*>(bytes.data()); }

/// The gradients of a graph with gradients, by the name of the leaf.
std::map<std::string, Value> gradients_in(const Graph& graph) {
  std::map<std::string, Value> found;
  for (const auto& [name, v] : graph.outputs())
    if (name.starts_with("d ")) found[name.substr(2)] = v;
  return found;
}

/// The gradients of the optimized graph are those of the graph as it was, but for the rounding of folded constants.
std::string optimized_disagree(const Graph& derived, const Graph& with_loss, const Leaves& leaves, Tally& tally) {
  Graph forward(with_loss);
  optimize(forward);
  const Graph other = with_gradients(forward);
  const auto given = leaves_of<double>(derived, leaves);
  const auto wanted = evaluate<double>(derived, given);
  const auto made = evaluate<double>(other, leaves_of<double>(other, leaves));
  const auto others = gradients_in(other);
  const auto far = [&](int samples) -> std::string {
    const auto allowed = allowed_rounding(derived, given, samples);
    for (const auto& [leaf, gradient] : gradients_in(derived)) {
      const auto a = as_numbers<double>(gradient.type(), wanted.at(gradient.id));
      auto b = std::vector<double>(a.size());  // a leaf that the optimized graph does not read has none
      if (others.contains(leaf)) b = as_numbers<double>(gradient.type(), made.at(others.at(leaf).id));
      for (std::size_t i = 0; i < a.size(); ++i)
        if (const double bound = allowed.at(gradient.id)[i]; !std::isinf(bound) && !(std::abs(a[i] - b[i]) <= bound))
          return fmt::format("d {} is {} at element {} by the optimized graph, and {} by the graph as it was", leaf,
                             b[i], i, a[i]);
    }
    return "";
  };
  ++tally["gradients of optimized graphs"];
  const std::string found = far(6);
  return found.empty() ? found : far(100);
}

/// A loss along a line through the leaves.
class Line {
 public:
  Line(const Graph& derived, Values<double> at, Draw& draw) : graph_(derived), at_(std::move(at)) {
    for (const auto& [name, v] : graph_.outputs())
      if (name == "loss") loss_ = v;
    for (const auto& [name, gradient] : gradients_in(graph_)) {
      const Value leaf = graph_.find(name);
      std::vector<double>& by = direction_[leaf.id];
      for (std::size_t i = 0; i < leaf.type().shape.elements(); ++i) {
        // A little aside: leaves that are equal would tie, and a derivative there is a matter of choice.
        numbers(at_.at(leaf.id))[i] += 0.01 * draw.unit();
        by.push_back(2 * draw.unit() - 1);
      }
    }
  }
  double loss(double step) const {
    Values<double> there = at_;
    for (const auto& [leaf, by] : direction_)
      for (std::size_t i = 0; i < by.size(); ++i) numbers(there.at(leaf))[i] += step * by[i];
    return as_numbers<double>({}, evaluate<double>(graph_, there).at(loss_.id))[0];
  }
  /// What the gradients say of the slope at 0, and the sizes of what that is the sum of.
  std::pair<double, double> slope() const {
    const Values<double> values = evaluate<double>(graph_, at_);
    double sum = 0, size = 0;
    for (const auto& [name, gradient] : gradients_in(graph_)) {
      const auto g = as_numbers<double>(gradient.type(), values.at(gradient.id));
      const std::vector<double>& by = direction_.at(graph_.find(name).id);
      for (std::size_t i = 0; i < g.size(); ++i) sum += g[i] * by[i], size += std::abs(g[i] * by[i]);
    }
    return {sum, size};
  }

 private:
  const Graph& graph_;
  Values<double> at_;
  Value loss_{};
  std::map<std::uint32_t, std::vector<double>> direction_{};
};

/// The slope is what central differences say, where the loss is smooth: where left and right differ less, the nearer
/// one looks.
std::string differences_disagree(const Graph& derived, const Leaves& leaves, Draw& draw, Tally& tally) {
  const Line line(derived, leaves_of<double>(derived, leaves), draw);
  constexpr double far = 1e-4, near = far / 4;
  const double here = line.loss(0), right_far = line.loss(far), left_far = line.loss(-far), right = line.loss(near),
               left = line.loss(-near);
  const auto [slope, size] = line.slope();
  const double noise = 1e-14 * std::max(1.0, std::abs(here)) / near;
  const double by_far = (right_far - left_far) / (2 * far), by_near = (right - left) / (2 * near);
  const double bend_far = std::abs(right_far - 2 * here + left_far) / far,
               bend = std::abs(right - 2 * here + left) / near;
  const double scale = std::max(size, std::abs(by_near));
  const bool smooth = bend <= 0.3 * bend_far + 10 * noise && std::abs(by_far - by_near) <= 1e-4 * scale + 10 * noise;
  if (!smooth || !(size < 1e8) || !(std::abs(here) < 1e8)) {
    ++tally["slopes at a kink or of no number"];
    return "";
  }
  ++tally["slopes held to differences"];
  if (std::abs(slope - by_near) <= 1e-4 * scale + 100 * noise) return "";
  return fmt::format("the loss's slope along a random direction is {} by its gradients, and {} by differences", slope,
                     by_near);
}

}  // namespace

Graph with_loss(const Graph& graph) {
  Graph made(graph);
  Value loss;
  const auto outputs = made.outputs();  // a copy: the list grows
  for (const auto& [name, v] : outputs) {
    if (v.type().dtype != DType::f32 || v.type().shape.elements() == 0) continue;
    const Value part = emit(Mean{}, {v * v});
    loss = loss ? loss + part : part;
  }
  if (loss) made.output("loss", loss);
  return made;
}

Graph with_gradients(const Graph& with_loss) {
  Graph made(with_loss);
  Value loss;
  for (const auto& [name, v] : made.outputs())
    if (name == "loss") loss = v;
  for (Value leaf : made.topological()) {
    if (!loss || leaf.op() || leaf.node().leaf == Leaf::constant || leaf.type().dtype != DType::f32) continue;
    try {
      made.output("d " + leaf.node().name, gradients(loss, std::array{leaf})[0]);
    } catch (const UsageError&) {  // the loss does not depend on it, or not smoothly
    }
  }
  return made;
}

std::string check_gradients(const RandomGraph& given, std::uint64_t seed, Tally& tally) {
  Draw draw(seed);
  const Graph forward = with_loss(given.graph);
  const RandomGraph derived{with_gradients(forward), given.leaves};
  if (gradients_in(derived.graph).empty()) {
    ++tally["graphs without a derivative"];
    return "";
  }
  ++tally["graphs with a derivative"];
  std::string found;
  try {
    found = differences_disagree(derived.graph, given.leaves, draw, tally);
    if (found.empty()) found = optimized_disagree(derived.graph, forward, given.leaves, tally);
  } catch (const InputError&) {
    ++tally["graphs in which a number moved is an index outside of its axis"];
  }
  if (found.empty()) found = check_passes(derived, seed, tally);
  if (found.empty()) found = check_compiled(derived, seed + 1, tally);
  return found;
}

}  // namespace vitrine
