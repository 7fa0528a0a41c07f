#include "compiler/dot_legend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/dot_label.hpp"
#include "compiler/dot_style.hpp"
#include "compiler/escape.hpp"

namespace vitrine {

namespace {

std::string counted(std::size_t n, std::string_view one, std::string_view many) {
  const std::string digits = std::to_string(n);
  std::string made;
  for (std::size_t i = 0; i < digits.size(); ++i)
    made.append(i && (digits.size() - i) % 3 == 0 ? "," : "") += digits[i];
  return fmt::format("{} {}", made, n == 1 ? one : many);
}

struct Contents {
  std::set<Kind> kinds{};  // of ops that are drawn as themselves
  std::size_t inputs = 0, states = 0, constants = 0, learned = 0;
  std::size_t forward = 0, gradient = 0, update = 0;  // ops
  bool groups = false, drawn_constants = false, folded_updates = false;
};

Contents contents_of(const Picture& picture) {
  Contents made;
  for (Value v : picture.graph->topological()) {
    const Node& node = v.node();
    made.inputs += node.leaf == Leaf::input;
    made.states += node.leaf == Leaf::state;
    made.constants += node.leaf == Leaf::constant;
    if (!node.op) continue;
    (node.phase == Phase::forward ? made.forward : node.phase == Phase::gradient ? made.gradient : made.update) += 1;
  }
  for (const Box& box : picture.boxes) {
    if (picture.folded(box)) {
      made.folded_updates = made.folded_updates || box.phase == Phase::update;
      continue;
    }
    const Node& node = box.nodes.front().node();
    if (node.op) made.kinds.insert(node.op->info->doc.kind);
    if (node.leaf == Leaf::state && is_in_few_bits(node.type)) made.kinds.insert(Kind::quantization);
    made.groups = made.groups || node.group != 0;
    made.drawn_constants = made.drawn_constants || node.leaf == Leaf::constant;
  }
  return made;
}

std::string counts(const Picture& picture, const Contents& has) {
  std::string made =
      counted(picture.nodes, "node", "nodes") + ": " + counted(has.forward + has.gradient + has.update, "op", "ops");
  if (has.gradient || has.update) {
    made += fmt::format(" ({} forward", has.forward);
    if (has.gradient) made += fmt::format(", {} gradient", has.gradient);
    if (has.update) made += fmt::format(", {} update", has.update);
    made += ")";
  }
  if (has.inputs) made += ", " + counted(has.inputs, "input", "inputs");
  if (has.states) made += ", " + counted(has.states, "state", "states");
  if (has.constants) made += ", " + counted(has.constants, "constant", "constants");
  return made;
}

/// What is not drawn as itself, and why; a line each.
std::vector<std::string> folds(const Picture& picture) {
  std::vector<std::string> made;
  for (const Repeats& r : picture.repeats)
    made.push_back(fmt::format("{}: {} modules that compute the same, one after the other. One is drawn, for all.",
                               r.first + " to " + r.last, r.times));
  std::string counts;
  if (picture.folded_boxes)
    counts = counted(picture.folded_nodes, "node is", "nodes are") + " folded into " +
             counted(picture.folded_boxes, "box", "boxes");
  if (picture.repeated_nodes)
    counts += (counts.empty() ? "" : ", ") + counted(picture.repeated_nodes, "node repeats", "nodes repeat") +
              (picture.folded_boxes ? " these" : " what is drawn");
  if (!counts.empty())
    made.push_back(counts + (picture.too_large
                                 ? ", because so many cannot be read in one picture; the text form shows every one."
                                 : "."));
  return made;
}

std::string cell(std::string_view attributes, std::string_view text) {
  return fmt::format("<TD {}>{}</TD>", attributes, dot_font("POINT-SIZE=\"10\"", text));
}

std::string row(std::string_view cells) {
  return fmt::format("<TR><TD><TABLE BORDER=\"0\" CELLSPACING=\"3\" CELLPADDING=\"4\"><TR>{}</TR></TABLE></TD></TR>",
                     cells);
}

}  // namespace

std::string dot_heading(const Picture& picture, bool legend) {
  const Contents has = contents_of(picture);
  std::string made = "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\">";
  const auto line = [&](std::string_view attributes, std::string_view text) {
    if (!text.empty()) made += "<TR><TD>" + dot_font(attributes, text) + "</TD></TR>";
  };
  const std::string& name = picture.graph->name();
  line("POINT-SIZE=\"18\"",
       name.find_first_not_of(' ') == std::string::npos ? "graph without a name" : shortened(name, 80));
  line(fmt::format("POINT-SIZE=\"11\" COLOR=\"{}\"", look::faint_ink), counts(picture, has));
  for (const std::string& words : picture.paint.says) line("POINT-SIZE=\"11\"", words);
  for (const std::string& words : folds(picture))
    line(fmt::format("POINT-SIZE=\"11\" COLOR=\"{}\"", look::gradient_ink), words);
  if (!legend) return made + "</TABLE>";

  std::string kinds;
  for (const auto& [fill, words] : picture.paint.key)
    kinds += cell(fmt::format("BORDER=\"1\" COLOR=\"{}\" BGCOLOR=\"{}\"", look::faint_ink, fill), words);
  for (const Kind kind : picture.paint.key.empty() ? has.kinds : std::set<Kind>())
    kinds +=
        cell(fmt::format("BORDER=\"1\" COLOR=\"{}\" BGCOLOR=\"{}\"", look::faint_ink, colour_of(kind)), name_of(kind));
  std::string lines;
  if (has.gradient) {
    lines += cell("BORDER=\"0\"", "↓ forward");
    lines += fmt::format("<TD BORDER=\"1\" STYLE=\"dashed\" COLOR=\"{0}\">{1}</TD>", look::gradient_ink,
                         dot_font(fmt::format("POINT-SIZE=\"10\" COLOR=\"{}\"", look::gradient_ink), "↑ gradient"));
    lines += fmt::format("<TD BORDER=\"0\">{}</TD>",
                         dot_font("POINT-SIZE=\"10\" COLOR=\"#8a8a8a\"", "- - ▸ a value read from elsewhere"));
  }
  if (has.update)
    lines += fmt::format(
        "<TD BORDER=\"1\" COLOR=\"{0}\" BGCOLOR=\"{1}\">{2}</TD>", look::update_ink, look::update_fill,
        dot_font(fmt::format("POINT-SIZE=\"10\" COLOR=\"{}\"", look::update_ink), "update, at the end of the step"));
  if (!picture.repeats.empty())
    lines += fmt::format("<TD BORDER=\"0\">{}</TD>",
                         dot_font(fmt::format("POINT-SIZE=\"10\" COLOR=\"{}\"", look::repeat_ink),
                                  "━▸ to the next: what one repeat hands to another"));
  if (has.gradient || has.update || kinds.empty()) {
    if (!kinds.empty()) made += row(kinds);
    if (!lines.empty()) made += row(lines);
  } else {
    made += row(kinds + lines);
  }

  std::string shapes;
  const auto say = [&](bool present, std::string_view words) {
    if (present) shapes.append(shapes.empty() ? "" : "   ·   ").append(words);
  };
  say(has.inputs > 0, "dark: input");
  say(has.states > 0, "drum: state, kept from step to step");
  say(has.drawn_constants, "dog-ear: constant");
  say(!picture.graph->outputs().empty(), "double border: output");
  say(has.groups, "g1, g2, …: run together as one step");
  say(picture.folded_boxes > 0, "3-D box: folded");
  line(fmt::format("POINT-SIZE=\"10\" COLOR=\"{}\"", look::faint_ink), shapes);
  return made + "</TABLE>";
}

}  // namespace vitrine
