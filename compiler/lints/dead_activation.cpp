// An activation that chooses, and has no choice: whatever goes in, one number comes out, and no gradient passes.
//   relu(neg(sigmoid(x)))   => its operand lies in [-1, 0], so it is 0
#include <algorithm>

#include "compiler/lint.hpp"
#include "compiler/value_range.hpp"

namespace vitrine {

namespace {

bool chooses(const Symbol& s) {
  if (s->op == Scalar::maximum || s->op == Scalar::minimum || s->op == Scalar::select) return true;
  return std::ranges::any_of(s->from, [](const Symbol& part) { return part && chooses(part); });
}

}  // namespace

void dead_activation(const Linted& model, Findings& found) {
  const ValueRanges ranges(model.graph);
  for (Value v : model.graph.topological()) {
    if (!v.op() || !v.op()->info->elementwise() || v.type().dtype != DType::f32 || v.node().phase != Phase::forward)
      continue;
    const NumberRange made = ranges.of(v);
    const auto varies = std::ranges::find_if(v.operands(), [&](Value o) { return !ranges.of(o).one_number(); });
    if (!made.one_number() || varies == v.operands().end() || !chooses(v.op()->formula(v.operands().size()))) continue;
    const NumberRange in = ranges.of(*varies);
    const auto number = [](double x) {  // and 0 without a sign
      const std::string sign = x < 0 ? "-" : "";
      return std::abs(x) == NumberRange::infinity ? sign + "infinity" : fmt::format("{:g}", x + 0.);
    };
    found.push_back(
        finding_at("dead_activation", v,
                   fmt::format("{} lies between {} and {}, so the result is {} everywhere and no gradient passes",
                               node_name(*varies), number(in.least), number(in.most), number(made.least)),
                   "look for a sign or an order that was meant otherwise"));
  }
}

}  // namespace vitrine
