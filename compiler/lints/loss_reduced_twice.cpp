// A loss that is a mean is done: reduced again it stays what it is, divided by the number of examples again it is so
// many times too small, and the rate of learning with it.
//   mean(mean(x)), sum(mean(x))              => the outer one reduces one number
//   div(mean(x [batch 64]), 64.0)            => a mean over 64, divided by 64 again
#include <cmath>

#include "compiler/lint.hpp"
#include "compiler/value_range.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/max_to.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sum_to.hpp"

namespace vitrine {

namespace {

/// By what a node divides its first operand, if that is a number: x / 64, x * (1 / 64), (1 / 64) * x.
double divisor_of(Value v, Value& divided, const ValueRanges& ranges) {
  if (!as<Div>(v) && !as<Mul>(v)) return 0;
  const bool turned = as<Mul>(v) && ranges.of(v.operands()[0]).one_number();
  divided = v.operands()[turned ? 1 : 0];
  const NumberRange by = ranges.of(v.operands()[turned ? 0 : 1]);
  if (!by.one_number() || by.least == 0) return 0;
  return as<Div>(v) ? by.least : 1 / by.least;
}

/// The mean that a scalar is, looked at through what is computed from it alone.
Value mean_behind(Value v) {
  while (v.op() && !as<Mean>(v) && v.op()->info->elementwise() && v.type().shape.empty()) {
    Value next;
    for (Value operand : v.operands())
      if (operand.op() && !next) next = operand;
    if (!next) return {};
    v = next;
  }
  return as<Mean>(v) ? v : Value{};
}

}  // namespace

void loss_reduced_twice(const Linted& model, Findings& found) {
  const Value loss = output_named(model.graph, "loss");
  if (!loss) return;
  const ValueRanges ranges(model.graph);
  const std::vector<bool> behind = all_behind(model.graph, std::array{loss});
  for (Value v : model.graph.topological()) {
    if (!behind[v.id] || !v.op()) continue;
    if ((as<Mean>(v) || as<SumTo>(v) || as<MaxTo>(v)) && v.operands()[0].type().shape.empty()) {
      found.push_back(finding_at("loss_reduced_twice", v,
                                 node_name(v.operands()[0]) + ", which it reduces, is one number already",
                                 "take it out: losses are means over all rows as they come"));
      continue;
    }
    Value divided;
    const double by = divisor_of(v, divided, ranges);
    const Value mean = by > 2 ? mean_behind(divided) : Value{};
    if (!mean) continue;
    const Shape over = reduced_axes(mean.operands()[0].type().shape, as<Mean>(mean)->to);
    const double all = static_cast<double>(over.elements()),
                 first = over.empty() ? 0 : static_cast<double>(over[0].size);
    if (std::abs(by - all) < 1e-3 * all || std::abs(by - first) < 1e-3 * first)
      found.push_back(finding_at(
          "loss_reduced_twice", v,
          fmt::format("{} is a mean over {} already, and is divided by {} again", node_name(mean), all, std::round(by)),
          "leave the division out, or take sum in the place of mean"));
  }
}

}  // namespace vitrine
