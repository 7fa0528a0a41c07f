#include "tools/op_pages.hpp"

#include <fmt/format.h>

#include "compiler/op_table.hpp"
#include "tools/composed.hpp"
#include "vitrine/attribute.hpp"

namespace vitrine {

namespace {

/// The result's name in the pages: y, unless that is already the second operand.
std::string result_of(std::size_t operands) { return operands < 2 ? "y" : "r"; }

/// `upstream` times a derivative, without the brackets and ones that a person would not write.
std::string times(const std::string& upstream, const Symbol& d) {
  if (!d) return "0";
  const bool one = d->op == Scalar::constant && d->number == 1;
  if (one) return upstream;
  if (d->op == Scalar::constant && d->number == -1) return "-" + upstream;
  // Also around a product or a quotient: it is computed first, and rounding knows the difference.
  const bool several =
      d->op == Scalar::add || d->op == Scalar::subtract || d->op == Scalar::multiply || d->op == Scalar::divide;
  return fmt::format(fmt::runtime(several ? "{} * ({})" : "{} * {}"), upstream, print(d));
}

/// "dx = ..., dy = ...": read off the formula, so that it cannot differ from what is computed.
std::string derivatives(const Symbol& formula, std::size_t operands, std::span<const Type> types) {
  std::string made;
  for (std::size_t i = 0; i < operands; ++i) {
    if (types[i].dtype != DType::f32) continue;
    made += fmt::format("{}d{} = {}", made.empty() ? "" : ", ", print(variable(i)),
                        times("d" + result_of(operands), derivative(formula, i)));
  }
  return made;
}

OpPage page_of(const OpInfo& info) {
  const ErasedExample e = info.example();
  const auto [rule, derivative] = mathematics_of(e.op, e.in);
  OpPage page{.name = std::string(info.doc.name),
              .kind = std::string(name_of(info.doc.kind)),
              .colour = std::string(colour_of(info.doc.kind)),
              .rule = rule,
              .derivative = derivative,
              .sort = info.elementwise() ? "elementwise"
                      : info.view        ? "a view"
                                         : ""};
  std::string operands;
  for (const Type& t : e.in) operands += (operands.empty() ? "" : ", ") + print_attribute(t);
  std::string attributes;
  for (const Attribute& a : info.print(e.op.attributes.get()))
    attributes += (attributes.empty() ? " {" : ", ") + a.name + " = " + a.text;
  page.example = fmt::format("{}({}){}{} : {}", page.name, operands, attributes, attributes.empty() ? "" : "}",
                             print_attribute(e.op.type(e.in).type));
  return page;
}

OpPage page_of(const Composed& function) {
  return {.name = std::string(function.name),
          .kind = std::string(name_of(function.kind)),
          .colour = std::string(colour_of(function.kind)),
          .rule = std::string(function.means),
          .derivative = "that of the ops it is made of",
          .sort = "C++ that makes nodes of other ops",
          .composed = true};
}

}  // namespace

Mathematics mathematics_of(const Op& op, std::span<const Type> operands) {
  const Doc& doc = op.info->doc;
  if (!op.info->elementwise() || !doc.rule.empty()) return {std::string(doc.rule), std::string(doc.derivative)};
  const Symbol formula = op.formula(operands.size());
  return {result_of(operands.size()) + " = " + print(formula), op.type(operands).type.dtype == DType::boolean
                                                                   ? "none: a mask is flat wherever it does not jump"
                                                                   : derivatives(formula, operands.size(), operands)};
}

std::vector<OpPage> op_pages() {
  std::vector<OpPage> made;
  for (const OpInfo* info : every_op()) made.push_back(page_of(*info));
  for (const Composed& function : composed_functions()) made.push_back(page_of(function));
  return made;
}

}  // namespace vitrine
