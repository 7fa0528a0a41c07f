#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/op_table.hpp"
#include "tools/commands/commands.hpp"
#include "tools/composed.hpp"
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

Page page_of(const Composed& function) {
  return {std::string(function.name),  std::string(name_of(function.kind)), std::string(colour_of(function.kind)),
          std::string(function.means), "that of the ops it is made of",     {}};
}

/// Ops first, then what is made of them. A function with an op's name is the op's page.
struct Entry {
  Page page;
  const OpInfo* op;  // null for what is made of ops
};
std::vector<Entry> entries() {
  std::vector<Entry> made;
  for (const OpInfo* info : every_op()) made.push_back({page_of(*info), info});
  for (const Composed& function : composed_functions()) made.push_back({page_of(function), nullptr});
  return made;
}

void print_page(const Entry& entry) {
  const Page& page = entry.page;
  const char* const note = !entry.op                 ? ", C++ that makes nodes of other ops"
                           : entry.op->elementwise() ? ", elementwise"
                           : entry.op->view          ? ", a view"
                                                     : "";
  fmt::print("{:<14} {} ({}){}\n  {}\n", page.name, page.kind, page.colour, note, page.rule);
  if (entry.op) fmt::print("  {}\n  {}\n", page.derivative, page.example);
}

}  // namespace

int list_ops(const std::string& name, const std::string& json) {
  const std::vector<Entry> all = entries();
  std::vector<std::string_view> names;
  for (const Entry& entry : all) names.push_back(entry.page.name);
  if (!name.empty() && std::ranges::find(names, name) == names.end()) {
    const std::string_view near = nearest(name, names);
    throw UsageError(fmt::format("ops: there is no op named '{}'{}", name,
                                 near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  nlohmann::json rows = nlohmann::json::array();
  std::string functions;
  for (const Entry& entry : all) {
    const Page& page = entry.page;
    if (!name.empty() && page.name != name) continue;
    if (entry.op || !name.empty())
      print_page(entry);
    else
      functions += (functions.empty() ? "" : ", ") + page.name;
    rows.push_back({{"name", page.name},
                    {"kind", page.kind},
                    {"colour", page.colour},
                    {"rule", page.rule},
                    {"derivative", page.derivative},
                    {"example", page.example},
                    {"composed", entry.op == nullptr}});
  }
  if (name.empty()) fmt::print("functions made of these (vitrine ops NAME tells of what): {}\n", functions);
  if (!json.empty()) write_text(json, rows.dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
