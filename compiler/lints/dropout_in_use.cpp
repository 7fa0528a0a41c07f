// In use a model answers the same each time. What still draws random numbers there was not told that training is over:
// the layer Dropout says when_training(dropped, x), the bare op does not.
//   output y = dropout(x, %random.seed, %random.step)   => dropout: it drops in use too
#include <algorithm>

#include "compiler/lint.hpp"
#include "compiler/passes.hpp"

namespace vitrine {

void dropout_in_use(const Linted& model, Findings& found) {
  if (!is_forward(model.graph)) return;  // a training step has no form in use
  Graph in_use(model.graph);
  optimize(in_use, std::span(every_pass).first(1));
  std::vector<Value> outputs;
  for (const auto& [name, v] : in_use.outputs()) outputs.push_back(v);
  const std::vector<bool> behind = all_behind(in_use, outputs);
  for (Value v : in_use.topological()) {
    const auto seed =
        std::ranges::find_if(v.operands(), [](Value o) { return o.node().init.rule == Init::Rule::seed; });
    if (behind[v.id] && v.op() && seed != v.operands().end())
      found.push_back(finding_at("dropout_in_use", v,
                                 fmt::format("it draws from {} in the model in use too, so that an answer is another "
                                             "each time",
                                             node_name(*seed)),
                                 "take the layer Dropout, or when_training(dropped, x)"));
  }
}

}  // namespace vitrine
