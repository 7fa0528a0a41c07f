#include "compiler/dot_label.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <tuple>

#include "compiler/constant_text.hpp"
#include "compiler/dot_style.hpp"
#include "compiler/escape.hpp"
#include "compiler/module_path.hpp"
#include "vitrine/attribute.hpp"
#include "vitrine/sentence.hpp"

namespace vitrine {

namespace {

constexpr std::size_t longest_name = 48, longest_formula = 40;
constexpr std::string_view line_break = "<BR/>";
/// Each change of font is a text of its own in an SVG, which loses a space that it begins with.
constexpr std::string_view gap = "&#160;";

std::string text_of(const Type& type) { return (Sentence{} << type).str(); }

/// A leaf's name; of one that repeats have each, from their own path on.
std::string name_of(const Box& box) {
  const Node& node = box.nodes.front().node();
  const std::string module = box.repeats.empty() ? "" : numbered_module(node.name).path;
  return module.empty() ? node.name : node.name.substr(module.size() + 1);
}

/// A name that shows nothing is shown in quotes.
std::string shown(std::string_view name) {
  const bool blank = name.find_first_not_of(' ') == std::string_view::npos;
  return blank ? '"' + std::string(name.substr(0, 8)) + '"' : shortened(name, longest_name);
}

std::string bold(std::string_view text) { return "<B>" + in_dot_label(text) + "</B>"; }
std::string small(std::string_view text) { return dot_font("POINT-SIZE=\"10\"", text); }

std::string_view infix(Scalar op) {
  switch (op) {
    case Scalar::add: return "+";
    case Scalar::subtract: return "−";
    case Scalar::multiply: return "×";
    case Scalar::divide: return "÷";
    default: return "";
  }
}

/// A number with six digits at most: 1 - 0.9 in floats is 0.100000024, which the tooltip says.
std::string in_short(const Node& constant) {
  if (constant.type.dtype != DType::f32) return element_text(constant, 0);
  const std::string whole = element_text(constant, 0);
  return whole.size() <= 8 ? whole : fmt::format("{:.6g}", std::strtod(whole.c_str(), nullptr));
}

/// The numbers among the operands, as the reader would write them: "× 0.5", "1.0 − x", "(x, y, 0.0)".
std::string numbers_in_place(const Graph& graph, const Node& node) {
  constexpr std::array<std::string_view, 6> names{"x", "y", "z", "u", "v", "w"};
  std::vector<std::string> operands;
  std::vector<bool> number;
  for (Value v : node.operands) {
    number.push_back(is_number(graph, v));
    const std::size_t i = operands.size();
    operands.push_back(number[i] ? in_short(v.node()) : i < names.size() ? std::string(names[i]) : "·");
  }
  if (std::ranges::find(number, true) == number.end()) return "";
  if (operands.size() == 2 && node.op->info->elementwise()) {
    const Symbol formula = node.op->formula(2);
    const std::string_view sign = infix(formula->op);
    const auto reads = [&](std::size_t i) {
      return formula->from[i]->op == Scalar::input && formula->from[i]->index == i;
    };
    if (!sign.empty() && reads(0) && reads(1)) {
      const bool turns = formula->op == Scalar::add || formula->op == Scalar::multiply;
      if (!number[0]) return fmt::format("{} {}", sign, operands[1]);
      if (!number[1] && turns) return fmt::format("{} {}", sign, operands[0]);
      return fmt::format("{} {} {}", operands[0], sign, number[1] ? operands[1] : "x");
    }
  }
  return fmt::format("({})", fmt::join(operands, ", "));
}

/// The node as the text form calls it: "%13 = mul(0.5, %12) {…}".
std::string call(const Graph& graph, Value v) {
  const Node& node = v.node();
  if (!node.op)
    return fmt::format("%{} = {} {}", v.id,
                       node.leaf == Leaf::input   ? "input"
                       : node.leaf == Leaf::state ? "state"
                                                  : "constant",
                       visible(node.name));
  std::string made = fmt::format("%{} = {}(", v.id, visible(node.op->name()));
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    const Value operand = node.operands[i];
    made += (i ? ", " : "") +
            (is_number(graph, operand) ? element_text(operand.node(), 0) : fmt::format("%{}", operand.id));
  }
  const auto attributes = node.op->info->print(node.op->attributes.get());
  for (std::size_t i = 0; i < attributes.size(); ++i)
    made += fmt::format("{}{} = {}", i ? ", " : ") {", attributes[i].name, visible(attributes[i].text));
  return made + (attributes.empty() ? ")" : "}");
}

/// The attributes that tell something: a flag that is not set does not, nor does the shape that the type repeats.
std::string attributes_in_short(const Node& node) {
  std::string made;
  for (const Attribute& a : node.op->info->print(node.op->attributes.get())) {
    if (a.text == "false" || a.text == print_attribute(node.type.shape)) continue;
    made += made.empty() ? "" : ", ";
    if (a.text == "true") {
      made += a.name;
    } else if (a.text.starts_with('"')) {
      std::string words;
      parse_attribute(a.text, words);
      made += shortened(words, longest_formula);
    } else {
      made += a.name + " " + shortened(a.text, longest_formula);
    }
  }
  return made;
}

std::string results(const Picture& picture, const Box& box) {
  constexpr std::size_t most = 4;
  std::vector<std::string> names;
  for (const auto& [name, value] : picture.graph->outputs())
    if (picture.holds(box, value)) names.push_back(shown(name));
  const auto line = [](const std::string& words) {
    return std::string(line_break) + dot_font(fmt::format("POINT-SIZE=\"10\" COLOR=\"{}\"", look::output_ink), words);
  };
  if (names.size() > most && picture.folded(box)) return line(fmt::format("→ {} outputs", names.size()));
  std::string made;
  for (const std::string& name : names) made += line("→ output " + name);
  return made;
}

std::string constant_words(const Node& node) {
  constexpr std::size_t most = 4;
  const std::size_t count = node.type.shape.elements();
  std::string made;
  for (std::size_t i = 0; i < std::min(count, most); ++i) made += (i ? ", " : "") + element_text(node, i);
  return count > most ? made + ", …" : made;
}

/// What a folded box is about comes first: products before sums, and what only moves numbers about last.
int place_of(Kind kind) {
  switch (kind) {
    case Kind::contraction: return 0;
    case Kind::normalization:
    case Kind::loss: return 1;
    case Kind::activation: return 2;
    case Kind::reduction: return 3;
    case Kind::arithmetic: return 4;
    case Kind::quantization:
    case Kind::source: return 5;
    case Kind::layout: return 6;
  }
  return 7;
}

std::string folded_words(const Picture& picture, const Box& box) {
  std::map<const Doc*, std::size_t> counts;
  std::size_t states = 0;
  std::set<std::uint32_t> groups;
  for (Value v : box.nodes) {
    if (v.node().group) groups.insert(v.node().group);
    if (v.op()) ++counts[&v.op()->info->doc];
    states += v.node().leaf == Leaf::state;
  }
  std::vector<std::pair<const Doc*, std::size_t>> ops(counts.begin(), counts.end());
  const auto place = [](const auto& op) {
    return std::tuple(place_of(op.first->kind), -static_cast<int>(op.second), op.first->name);
  };
  std::ranges::sort(ops, {}, place);
  std::string made = fmt::format("{} nodes", box.nodes.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(ops.size(), 4); ++i)
    made += fmt::format("{}{} {}", i ? ", " : ": ", ops[i].second, in_dot_label(ops[i].first->name));
  if (ops.size() > 4) made += ", …";
  const std::string_view apart = picture.fits_screen() ? " · " : line_break;  // a screen is wider than high
  if (states) made += fmt::format("{}keeps {} state{} of its own", apart, states, states == 1 ? "" : "s");
  constexpr std::size_t most_groups = 4;
  if (groups.size() > most_groups)
    made += fmt::format("{}runs in {} groups", line_break, groups.size());
  else if (!groups.empty())
    made += fmt::format("{}{} g{}", line_break, groups.size() == 1 ? "group" : "groups", fmt::join(groups, ", g"));
  return made;
}

}  // namespace

std::string dot_font(std::string_view attributes, std::string_view text) {
  return fmt::format("<FONT {}>{}</FONT>", attributes, in_dot_label(text));
}

std::string dot_label(const Picture& picture, const Box& box) {
  const Graph& graph = *picture.graph;
  if (picture.folded(box))
    return bold(shortened(box.folded_as, longest_name))
               .append(line_break)
               .append("<FONT POINT-SIZE=\"10\">" + folded_words(picture, box) + "</FONT>") +
           results(picture, box);

  const Value v = box.nodes.front();
  const Node& node = v.node();
  const std::string id = dot_font(
      fmt::format("POINT-SIZE=\"9\" COLOR=\"{}\"", node.leaf == Leaf::input ? look::input_ink : look::faint_ink),
      fmt::format("  %{}", v.id));
  std::string made;
  if (!node.op) {
    made = bold(node.leaf == Leaf::constant ? "constant" : shown(name_of(box))) + id;
    if (node.leaf == Leaf::constant) made.append(line_break).append(small(constant_words(node)));
  } else {
    made = bold(node.op->name());
    for (const std::string& words : {numbers_in_place(graph, node), attributes_in_short(node)})
      if (!words.empty()) made += std::string(gap) + in_dot_label(words);
    made += id;
    if (node.group)
      made += fmt::format("<FONT POINT-SIZE=\"10\" COLOR=\"{0}\"><B>{1}{1}g{2}</B></FONT>", look::group_ink(node.group),
                          gap, node.group);
  }
  made.append(line_break).append(small(text_of(node.type)));
  const auto paint = picture.paint.nodes.find(v.id);
  if (paint != picture.paint.nodes.end() && !paint->second.words.empty())
    made.append(line_break).append(small(paint->second.words));
  return made + results(picture, box);
}

/// Where a node was written: its own line; else that of the node it was made of, of who first reads it (a parameter),
/// or of what it reads (a loss).
Location nearest_line(Value v) {
  if (v.node().at.line) return v.node().at;
  const auto first_line = [](const std::vector<Value>& others) {
    for (Value other : others)
      if (other.node().at.line) return other.node().at;
    return Location{};
  };
  std::vector<Value> origins;
  for (const std::uint32_t id : v.node().origin) origins.push_back({v.graph, id});
  Location found = first_line(origins);
  if (!found.line) found = first_line(v.graph->users(v));
  if (!found.line) found = first_line(v.operands());
  // A gradient of a loss, an update of a parameter: once more, from the node it was made of.
  if (!found.line && !origins.empty()) found = nearest_line(origins[0]);
  return found;
}

std::string dot_tooltip(const Picture& picture, const Box& box) {
  std::vector<std::string> lines;
  if (picture.folded(box)) {
    lines.push_back(visible(box.folded_as));
    constexpr std::size_t most = 12;
    for (std::size_t i = 0; i < std::min(box.nodes.size(), most); ++i) {
      const Node& node = box.nodes[i].node();
      lines.push_back(fmt::format("%{} {}", box.nodes[i].id, node.op ? visible(node.op->name()) : visible(node.name)));
    }
    if (box.nodes.size() > most) lines.push_back(fmt::format("and {} more", box.nodes.size() - most));
    if (!box.repeats.empty()) lines.push_back(fmt::format("and the same {} in the repeats", box.repeats.size()));
    return fmt::format("{}", fmt::join(lines, "\n"));
  }
  const Value v = box.nodes.front();
  const Node& node = v.node();
  lines.push_back(call(*picture.graph, v));
  lines.push_back(text_of(node.type));
  if (node.op && node.op->info->elementwise()) lines.push_back(visible(print(node.op->formula(node.operands.size()))));
  if (const Location at = nearest_line(v); at.line)
    lines.push_back(fmt::format("{}:{}", visible(at.file.substr(at.file.rfind('/') + 1)), at.line));
  if (!box.module.empty()) lines.push_back("module " + visible(box.module));
  if (!node.origin.empty()) lines.push_back(fmt::format("made of %{}", fmt::join(node.origin, ", %")));
  if (!box.repeats.empty()) {
    std::string ids;
    for (Value other : box.repeats) ids += fmt::format("{}%{}", ids.empty() ? "" : ", ", other.id);
    lines.push_back("the same in the repeats: " + shortened(ids, 80));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace vitrine
