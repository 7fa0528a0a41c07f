#include "tools/report/op_math.hpp"

namespace vitrine {

namespace {

std::string sign_of(const Symbol& formula) {
  const auto reads = [&](std::size_t i) {
    return formula->from[i] && formula->from[i]->op == Scalar::input && formula->from[i]->index == i;
  };
  if (!reads(0) || !reads(1)) return "";
  switch (formula->op) {
    case Scalar::add: return "+";
    case Scalar::subtract: return "−";
    case Scalar::multiply: return "×";
    case Scalar::divide: return "÷";
    default: return "";
  }
}

/// What reaches the result, times a derivative, without the brackets and ones that a person would not write.
std::string times(const std::string& upstream, const Symbol& d) {
  if (!d) return "0";
  if (d->op == Scalar::constant && d->number == 1) return upstream;
  if (d->op == Scalar::constant && d->number == -1) return "-" + upstream;
  const bool several =
      d->op == Scalar::add || d->op == Scalar::subtract || d->op == Scalar::multiply || d->op == Scalar::divide;
  return several ? fmt::format("{} * ({})", upstream, print(d)) : fmt::format("{} * {}", upstream, print(d));
}

}  // namespace

OpMath math_of(const Op& op, std::span<const Type> in, const Type& result) {
  OpMath made{std::string(op.info->doc.rule), std::string(op.info->doc.derivative), {}};
  if (!op.info->elementwise()) return made;
  const Symbol formula = op.formula(in.size());
  if (in.size() == 2) made.sign = sign_of(formula);
  if (!made.rule.empty()) return made;
  const std::string name = in.size() < 2 ? "y" : "r";  // y is the second operand
  made.rule = name + " = " + print(formula);
  if (result.dtype == DType::boolean) {
    made.derivative = "none: a mask is flat wherever it does not jump";
    return made;
  }
  for (std::size_t i = 0; i < in.size(); ++i)
    if (in[i].dtype == DType::f32)
      made.derivative += fmt::format("{}d{} = {}", made.derivative.empty() ? "" : ", ", print(variable(i)),
                                     times("d" + name, derivative(formula, i)));
  return made;
}

}  // namespace vitrine
