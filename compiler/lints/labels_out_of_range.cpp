// Labels and indices count elements of an axis. Where what they are made of says that they cannot all lie in it, a run
// would stop (or, of one_hot, give rows of zeros). Of labels that are given at run time nothing is known here.
//   cross_entropy(y [batch, kind 10], argmax(x [batch, 12]))   => labels 0 to 11 for the classes 0 to 9
#include "compiler/lint.hpp"
#include "compiler/value_range.hpp"

namespace vitrine {

void labels_out_of_range(const Linted& model, Findings& found) {
  const ValueRanges ranges(model.graph);
  for (Value v : model.graph.topological()) {
    if (!v.op() || !v.op()->info->indexed || v.node().phase != Phase::forward) continue;
    std::vector<Type> in;
    for (Value operand : v.operands()) in.push_back(operand.type());
    const Indexed indexed = v.op()->info->indexed(v.op()->attributes.get(), in, v.type());
    const Value index = v.operands()[indexed.operand];
    const NumberRange range = ranges.of(index);
    const double below = static_cast<double>(indexed.below);
    if (range.most < NumberRange::infinity && range.most >= below)
      found.push_back(finding_at("labels_out_of_range", v,
                                 fmt::format("{} goes up to {}, but there are {}, 0 to {}", node_name(index),
                                             range.most, indexed.below, below - 1),
                                 "make the axis longer or the numbers smaller"));
    else if (range.least > -NumberRange::infinity && range.least < 0)
      found.push_back(finding_at(
          "labels_out_of_range", v,
          fmt::format("{} goes down to {}, but numbers of elements begin with 0", node_name(index), range.least),
          "count from 0"));
  }
}

}  // namespace vitrine
