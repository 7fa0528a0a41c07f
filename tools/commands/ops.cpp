#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/op_table.hpp"
#include "tools/commands/commands.hpp"
#include "tools/text_file.hpp"
#include "vitrine/attribute.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

struct Page {
  std::string name, kind, colour, rule, derivative, example;
};

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

Page page_of(const OpInfo& info) {
  const ErasedExample e = info.example();
  Page page{std::string(info.doc.name), std::string(name_of(info.doc.kind)), std::string(colour_of(info.doc.kind)),
            std::string(info.doc.rule), std::string(info.doc.derivative),    {}};
  if (info.elementwise() && page.rule.empty()) {
    const Symbol formula = e.op.formula(e.in.size());
    page.rule = result_of(e.in.size()) + " = " + print(formula);
    page.derivative = e.op.type(e.in).type.dtype == DType::boolean ? "none: a mask is flat wherever it does not jump"
                                                                   : derivatives(formula, e.in.size(), e.in);
  }
  std::string operands;
  for (const Type& t : e.in) operands += (operands.empty() ? "" : ", ") + print_attribute(t);
  std::string attributes;
  for (const Attribute& a : info.print(e.op.attributes.get()))
    attributes += (attributes.empty() ? " {" : ", ") + a.name + " = " + a.text;
  page.example = fmt::format("{}({}){}{} : {}", page.name, operands, attributes, attributes.empty() ? "" : "}",
                             print_attribute(e.op.type(e.in).type));
  return page;
}

/// What a model may call that becomes nodes of other ops.
struct Composed {
  std::string_view name, means;
};
constexpr std::array composed{
    Composed{"clamp", "clamp(x, low, high) = minimum(maximum(x, low), high)"},
    Composed{"less", "less(x, y) = greater(y, x)"},
    Composed{"less_equal", "less_equal(x, y) = greater_equal(y, x)"},
    Composed{"not_equal", "not_equal(x, y) = logical_not(equal(x, y))"},
    Composed{"stack", "stack<New>(x, y, ...): each under a new axis of size 1, then concat along it"},
    Composed{"split", "split<axis, to axes...>(x): reshape, with the axes' names checked"},
    Composed{"merge", "merge<axes..., to axis>(x): reshape, with the axes' names checked"},
    Composed{"sum", "sum<axes...>(x) = sum_to(x), of all axes without any"},
    Composed{"max", "max<axes...>(x) = max_to(x), of all axes without any"},
    Composed{"min", "min<axes...>(x) = -max_to(-x)"},
    Composed{"sample_variance", "variance(x) scaled to a division by N - 1"},
    Composed{"batch_norm", "BatchNorm2d: mean, sub, mul, sqrt, div, add and when_training, folded by fold_batch_norm"},
    Composed{"mean_squared_error", "mean(map((x - y) * (x - y)))"},
    Composed{"mean_absolute_error", "mean(abs(x - y))"},
    Composed{"label_smoothing",
             "cross_entropy<Labels{.smoothing = 0.1f}>(x, label): cross_entropy, log_softmax, gather, where"},
    Composed{"ignored_index",
             "cross_entropy<Labels{.ignored = -100}>(x, label): cross_entropy, log_softmax, gather, where"},
    Composed{"class_weights", "cross_entropy<Labels{}>(x, label, weights): cross_entropy, log_softmax, gather, where"}};

const Composed* find_composed(std::string_view name) {
  if (find_op(name)) return nullptr;
  const auto at = std::ranges::find(composed, name, &Composed::name);
  return at == composed.end() ? nullptr : &*at;
}

}  // namespace

int list_ops(const std::string& name, const std::string& json) {
  std::vector<std::string_view> names;
  for (const OpInfo* info : every_op()) names.push_back(info->doc.name);
  if (const Composed* function = find_composed(name)) {
    fmt::print("{}: a C++ function that makes nodes of other ops, and no op of its own\n  {}\n", name, function->means);
    return 0;
  }
  if (!name.empty() && !find_op(name)) {
    const std::string_view near = nearest(name, names);
    throw UsageError(fmt::format("ops: there is no op named '{}'{}", name,
                                 near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  nlohmann::json rows = nlohmann::json::array();
  for (const OpInfo* info : every_op()) {
    if (!name.empty() && info->doc.name != name) continue;
    const Page page = page_of(*info);
    fmt::print("{:<14} {} ({}){}\n  {}\n  {}\n  {}\n", page.name, page.kind, page.colour,
               info->elementwise() ? ", elementwise"
               : info->view        ? ", a view"
                                   : "",
               page.rule, page.derivative, page.example);
    rows.push_back({{"name", page.name},
                    {"kind", page.kind},
                    {"colour", page.colour},
                    {"rule", page.rule},
                    {"derivative", page.derivative},
                    {"example", page.example}});
  }
  if (name.empty()) {
    std::string functions;
    for (const Composed& c : composed) functions += (functions.empty() ? "" : ", ") + std::string(c.name);
    fmt::print("functions made of these (vitrine ops NAME tells of what): {}\n", functions);
  }
  if (!json.empty()) write_text(json, rows.dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
