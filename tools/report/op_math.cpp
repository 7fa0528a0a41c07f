#include "tools/report/op_math.hpp"

#include "tools/op_pages.hpp"

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

}  // namespace

OpMath math_of(const Op& op, std::span<const Type> in) {
  auto [rule, derivative] = mathematics_of(op, in);
  OpMath made{std::move(rule), std::move(derivative), {}};
  if (op.info->elementwise() && in.size() == 2) made.sign = sign_of(op.formula(in.size()));
  return made;
}

}  // namespace vitrine
