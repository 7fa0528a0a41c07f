#include "compiler/graph_json.hpp"

#include <fmt/format.h>

#include "compiler/constant_text.hpp"
#include "compiler/escape.hpp"
#include "vitrine/attribute.hpp"
#include "vitrine/sentence.hpp"

namespace vitrine {

namespace {

constexpr std::size_t most_elements = 64;

std::string_view name_of(Phase phase) {
  return phase == Phase::forward ? "forward" : phase == Phase::gradient ? "gradient" : "update";
}
std::string_view name_of(Leaf leaf) {
  return leaf == Leaf::input ? "input" : leaf == Leaf::state ? "state" : "constant";
}
std::string_view name_of(Init::Rule rule) {
  constexpr std::array<std::string_view, 4> names{"constant", "normal", "uniform", "seed"};
  return names[static_cast<std::size_t>(rule)];
}

std::string array(const auto& all, const auto& text_of) {
  std::string made = "[";
  for (const auto& each : all) made.append(made.size() > 1 ? ", " : "").append(text_of(each));
  return made + "]";
}

std::string of_type(const Type& type) {
  const auto axis = [](const Axis& a) {
    return fmt::format("{{\"name\": {}, \"size\": {}}}", in_json(a.label()), a.size);
  };
  return fmt::format("{{\"dtype\": \"{}\", \"axes\": {}, \"text\": {}}}", vitrine::name_of(type.dtype),
                     array(type.shape, axis), in_json((Sentence{} << type).str()));
}

std::string of_op(const Node& node) {
  std::string attributes;
  for (const Attribute& a : node.op->info->print(node.op->attributes.get()))
    attributes += fmt::format("{}{}: {}", attributes.empty() ? "" : ", ", in_json(a.name), in_json(a.text));
  return fmt::format("\"op\": {}, \"kind\": \"{}\", \"attributes\": {{{}}}, \"operands\": {}", in_json(node.op->name()),
                     vitrine::name_of(node.op->info->doc.kind), attributes,
                     array(node.operands, [](Value v) { return std::to_string(v.id); }));
}

std::string of_leaf(const Node& node) {
  std::string made = fmt::format("\"leaf\": \"{}\"", name_of(node.leaf));
  if (node.leaf != Leaf::constant) made += ", \"name\": " + in_json(node.name);
  if (node.leaf == Leaf::state)
    made += fmt::format(", \"init\": {{\"rule\": \"{}\", \"scale\": {}{}}}", name_of(node.init.rule),
                        in_json(print_attribute(node.init.scale)), node.init.tied ? ", \"tied\": true" : "");
  const std::size_t count = node.type.shape.elements();
  if (node.leaf == Leaf::constant && count <= most_elements) {
    std::string elements;
    for (std::size_t i = 0; i < count; ++i) elements += (i ? ", " : "") + in_json(element_text(node, i));
    made += ", \"elements\": [" + elements + "]";
  }
  return made;
}

std::string of_node(Value v) {
  const Node& node = v.node();
  return fmt::format(
      "{{\"id\": {}, {}, \"type\": {}, \"phase\": \"{}\", \"module\": {}, \"file\": {}, \"line\": {}, \"origin\": {}, "
      "\"group\": {}}}",
      v.id, node.op ? of_op(node) : of_leaf(node), of_type(node.type), name_of(node.phase), in_json(node.at.module),
      in_json(node.at.file), node.at.line, array(node.origin, [](std::uint32_t id) { return std::to_string(id); }),
      node.group);
}

std::string lines(const auto& all, const auto& text_of) {
  std::string made;
  for (const auto& each : all) made.append(made.empty() ? "\n    " : ",\n    ").append(text_of(each));
  return "[" + made + (made.empty() ? "]" : "\n  ]");
}

}  // namespace

std::string json(const Graph& graph) {
  const auto output = [](const auto& o) {
    return fmt::format("{{\"name\": {}, \"value\": {}}}", in_json(o.first), o.second.id);
  };
  const auto update = [](const auto& u) {
    return fmt::format("{{\"state\": {}, \"next\": {}}}", u.first.id, u.second.id);
  };
  return fmt::format("{{\n  \"name\": {},\n  \"nodes\": {},\n  \"outputs\": {},\n  \"updates\": {}\n}}\n",
                     in_json(graph.name()), lines(graph.topological(), of_node), lines(graph.outputs(), output),
                     lines(graph.updates(), update));
}

}  // namespace vitrine
