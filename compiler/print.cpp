#include "compiler/print.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <tuple>

#include "compiler/constant_text.hpp"
#include "vitrine/attribute.hpp"

namespace vitrine {

namespace {

bool is_plain(std::string_view name) {
  const auto letter = [](char c) { return c == '_' || std::isalpha(static_cast<unsigned char>(c)); };
  return !name.empty() && letter(name[0]) && std::ranges::all_of(name, [&](char c) {
    return letter(c) || c == '.' || c == ':' || std::isdigit(static_cast<unsigned char>(c));
  });
}
std::string word(const std::string& name) { return is_plain(name) ? name : print_attribute(name); }

/// Scalars of these types are written where they are read.
bool is_written_in_place(const Node& node) {
  const DType d = node.type.dtype;
  return node.leaf == Leaf::constant && node.type.shape.empty() &&
         (d == DType::f32 || d == DType::i32 || d == DType::boolean);
}

std::string init_text(const Init& init) {
  const std::string scale = print_attribute(init.scale), tied = init.tied ? " tied" : "";
  if (init.rule == Init::Rule::seed) return "seed" + tied;
  if (init.rule == Init::Rule::normal) return "normal(" + scale + ")" + tied;
  if (init.rule == Init::Rule::uniform) return "uniform(" + scale + ")" + tied;
  return scale + tied;
}

/// Places are numbered as they come, each once.
class Places {
 public:
  std::string note(Location at) {
    if (at.line == 0) at.file.clear();  // a file without a line says nothing
    if (at == Location{}) return "";
    const auto [found, fresh] = numbers_.try_emplace({at.file, at.line, at.module}, places_.size() + 1);
    if (fresh) places_.push_back(at);
    return fmt::format(" #{}", found->second);
  }
  std::string table() const {
    std::string text;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      text += fmt::format("  place #{} =", i + 1);
      if (places_[i].line) text += fmt::format(" {}:{}", print_attribute(places_[i].file), places_[i].line);
      if (!places_[i].module.empty()) text += " in " + word(places_[i].module);
      text += "\n";
    }
    return text;
  }

 private:
  std::vector<Location> places_;
  std::map<std::tuple<std::string, std::uint32_t, std::string>, std::size_t> numbers_;
};

std::string notes_of(const Node& node, Places& places) {
  std::string text;
  if (node.phase == Phase::gradient) text += " @gradient";
  if (node.phase == Phase::update) text += " @update";
  if (node.group) text += fmt::format(" @g{}", node.group);
  for (std::size_t i = 0; i < node.origin.size(); ++i) text += fmt::format("{}{}", i ? ", " : " of ", node.origin[i]);
  return text + places.note(node.at);
}

}  // namespace

std::string name_of(Value v) {
  const Node& node = v.node();
  if (node.op || (node.leaf == Leaf::constant && !is_written_in_place(node))) return fmt::format("%{}", v.id);
  return node.leaf == Leaf::constant ? element_text(node, 0) : "%" + word(node.name);
}

std::string line_of(const Seen& seen) {
  const Value v = seen.value;
  if (!v.op()) return fmt::format("{} : {}", name_of(v), print_attribute(v.type()));
  std::string operands, attributes;
  for (Value operand : seen.operands) operands += (operands.empty() ? "" : ", ") + name_of(operand);
  for (const Attribute& a : v.op()->info->print(v.op()->attributes.get()))
    attributes += (attributes.empty() ? " {" : ", ") + a.name + " = " + a.text;
  return fmt::format("{} = {}({}){}{} : {}", name_of(v), v.op()->name(), operands, attributes,
                     attributes.empty() ? "" : "}", print_attribute(v.type()));
}
std::string line_of(Value v) { return line_of(Seen{v, v.operands()}); }

std::string print(const Graph& graph) {
  Places places;
  // Constants by themselves: they keep their ids when they are read, inputs and states do not, and so could change
  // sides.
  std::string leaves, constants, body;
  for (Value v : graph.topological()) {
    const Node& node = v.node();
    const std::string type = print_attribute(node.type);
    if (node.op) {
      body += "  " + line_of(v) + notes_of(node, places) + "\n";
    } else if (node.leaf == Leaf::constant) {
      if (is_written_in_place(node)) continue;
      std::string elements;
      for (std::size_t i = 0; i < node.type.shape.elements(); ++i) elements += (i ? ", " : "") + element_text(node, i);
      constants += fmt::format("  constant {} = [{}] : {}{}\n", name_of(v), elements, type, notes_of(node, places));
    } else {
      leaves += fmt::format("  {} {} : {}{}{}\n", node.leaf == Leaf::input ? "input" : "state", name_of(v), type,
                            node.leaf == Leaf::state ? " = " + init_text(node.init) : "", notes_of(node, places));
    }
  }
  std::string results;
  for (const auto& [name, v] : graph.outputs()) results += fmt::format("  output {} = {}\n", word(name), name_of(v));
  for (const auto& [state, next] : graph.updates())
    results += fmt::format("  update {} = {}\n", name_of(state), name_of(next));
  return fmt::format("graph {} {{\n{}{}{}{}{}}}\n", word(graph.name()), leaves, constants, body, results,
                     places.table());
}

std::string print(const Record& record) {
  auto place = [](const std::source_location& at) { return fmt::format("{}:{}", at.file_name(), at.line()); };
  std::string text;
  for (const Rewrite& r : record.rewrites) {
    text += fmt::format("{}: {} ({})\n", r.pass, r.rule, place(r.at));
    for (const Seen& seen : r.matched) text += "  - " + line_of(seen) + "\n";
    for (const Seen& seen : r.made) text += "  + " + line_of(seen) + "\n";
    if (r.by && r.made.empty()) text += "  = " + name_of(r.by) + "\n";
  }
  for (const Refusal& r : record.refusals)
    text += fmt::format("{}: not {} ({})\n  ? {}\n    because {}; {}\n", r.pass, r.rule, place(r.at),
                        line_of(r.candidate), r.reason, r.suggestion);
  return text;
}

}  // namespace vitrine
