#pragma once
// A training step walked by the reference in double, run after run, its states carried over.
#include "compiler/optimizers.hpp"
#include "tests/named_values.hpp"

namespace vitrine {

class TrainingByReference {
 public:
  /// States begin as given, or at 0.
  TrainingByReference(Graph step, const Named& begin) : graph_(std::move(step)) {
    for (Value v : graph_.topological())
      if (v.node().leaf == Leaf::state) held_[v.node().name].resize(v.type().shape.elements(), 0.0);
    for (const auto& [name, numbers] : begin) held_.at(name) = numbers;
  }

  /// One run on these inputs; hands out the outputs.
  std::map<std::string, std::vector<double>> run(Named inputs) {
    for (const auto& [name, numbers] : held_) inputs.emplace_back(name, numbers);
    const auto values = evaluate<double>(graph_, leaves<double>(graph_, inputs));
    for (const auto& [state, next] : graph_.updates()) held_[state.node().name] = numbers<double>(values, next);
    std::map<std::string, std::vector<double>> made;
    for (const auto& [name, v] : graph_.outputs()) made[name] = numbers<double>(values, v);
    return made;
  }
  const std::vector<double>& state(const std::string& name) const { return held_.at(name); }
  bool has(const std::string& name) const { return held_.contains(name); }

 private:
  Graph graph_;
  std::map<std::string, std::vector<double>> held_{};
};

}  // namespace vitrine
