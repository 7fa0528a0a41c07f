#include "compiler/dot.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/dot_edges.hpp"
#include "compiler/dot_frames.hpp"
#include "compiler/dot_label.hpp"
#include "compiler/dot_legend.hpp"
#include "compiler/dot_style.hpp"
#include "compiler/escape.hpp"
#include "compiler/module_path.hpp"
#include "compiler/picture_folds.hpp"
#include "compiler/picture_repeats.hpp"

namespace vitrine {

namespace {

/// Shape, fill and border of a box, as DOT attributes.
std::string looks(const Picture& picture, const Box& box) {
  std::string_view shape = "box", fill = look::folded_fill, line = look::ink, ink = look::ink;
  std::string style = "filled,rounded";
  double width = 1;
  if (picture.folded(box)) {
    shape = "box3d";
    style = "filled";
  } else {
    const Node& node = box.nodes.front().node();
    if (node.op) fill = colour_of(node.op->info->doc.kind);
    const auto paint = picture.paint.nodes.find(box.nodes.front().id);
    if (node.op && paint != picture.paint.nodes.end()) fill = paint->second.fill;
    if (node.leaf == Leaf::input) fill = look::input_fill, ink = look::input_ink, style = "filled";
    if (node.leaf == Leaf::state)
      shape = "cylinder", fill = is_in_few_bits(node.type) ? colour_of(Kind::quantization) : look::state_fill,
      style = "filled";
    if (node.leaf == Leaf::constant) shape = "note", fill = look::constant_fill, style = "filled";
    if (node.group) line = look::group_ink(node.group), width = 2;
  }
  if (box.phase == Phase::gradient) {
    style += ",dashed";
    if (line == look::ink) line = look::gradient_ink;
  }
  if (box.phase == Phase::update && line == look::ink) line = look::update_ink;
  const bool is_output = std::ranges::any_of(picture.graph->outputs(),
                                             [&](const auto& output) { return picture.holds(box, output.second); });
  std::string made = fmt::format("shape={}, style=\"{}\", fillcolor=\"{}\", color=\"{}\"", shape, style, fill, line);
  if (ink != look::ink) made += fmt::format(", fontcolor=\"{}\"", ink);
  if (picture.folded(box)) made += ", margin=\"0.14,0.1\"";  // the third dimension takes some of it
  if (width > 1) made += fmt::format(", penwidth={}", width);
  if (is_output && !picture.folded(box)) made += ", peripheries=2";
  return made;
}

/// A module's path; of repeats, from the first to the last, and within them from their own path on.
std::string title_of(const Picture& picture, const std::string& module) {
  for (const Repeats& r : picture.repeats) {
    if (r.first == module) return title_of(r);
    if (is_inside(module, r.first)) return module.substr(r.first.size() + 1);
  }
  return module;
}

/// Graphviz places boxes by the network simplex method until it finds nothing better, which for a training step of 440
/// boxes takes 16 s; with a limit 0.5 s, and in a picture of this size nobody sees the difference.
constexpr std::size_t most_at_leisure = 150;

/// Graphviz makes what is larger than 1280 x 800 pixels smaller; of so few boxes the letters stay legible.
constexpr std::string_view screen = ", size=\"13.3,8.3\"";

class Writer {
 public:
  explicit Writer(const Picture& picture) : picture_(picture) {}

  std::string write(const Frame& whole, bool legend) {
    text_ = fmt::format(
        "digraph vitrine {{\n"
        "  graph [rankdir=TB, ranksep={4}, nodesep=0.3, pad=0.2, fontname=\"{0}\", labelloc=t, tooltip=\" \"{3}, "
        "label=<{1}>];\n"
        "  node [fontname=\"{0}\", fontsize=12, fontcolor=\"{2}\", margin=\"0.17,0.06\", height=0.3];\n"
        "  edge [fontname=\"{0}\", fontsize=9, color=\"{2}\", fontcolor=\"{2}\", arrowsize=0.7, labeldistance=1.5];\n",
        look::font, dot_heading(picture_, legend), look::ink,
        picture_.boxes.size() > most_at_leisure ? ", nslimit=1"
        : picture_.fits_screen()                ? screen
                                                : "",
        picture_.repeats.empty() ? "0.35" : "0.2");
    contents(whole, 1);
    text_ += dot_edges(picture_);
    return text_ + "}\n";
  }

 private:
  void contents(const Frame& frame, std::size_t depth) {
    const std::string indent(2 * depth, ' ');
    for (const std::size_t i : frame.boxes) {
      const Box& box = picture_.boxes[i];
      text_ += fmt::format("{0}{1} [id={1}, label=<{2}>, {3}, tooltip={4}];\n", indent, dot_id(picture_, i),
                           dot_label(picture_, box), looks(picture_, box), in_dot(dot_tooltip(picture_, box)));
    }
    for (const Frame& each : frame.inside) {
      const bool update = !each.boxes.empty() && picture_.boxes[each.boxes.front()].family != Box::none;
      const std::string title = title_of(picture_, each.title);
      text_ += fmt::format(
          "{}subgraph cluster_{} {{\n{}  graph [label=<{}>, labeljust=l, tooltip={}, style=\"filled,rounded\", "
          "fillcolor=\"{}\", color=\"{}\"];\n",
          indent, frames_++, indent, "<B>" + in_dot_label(shortened(title, 64)) + "</B>", in_dot(visible(title)),
          update ? look::update_fill : look::frame_fill, update ? look::update_ink : look::frame);
      contents(each, depth + 1);
      text_ += indent + "}\n";
    }
  }

  const Picture& picture_;
  std::string text_{};
  std::size_t frames_ = 0;
};

}  // namespace

std::string dot(const Graph& graph, const DotOptions& options) {
  Picture picture = picture_of(graph);
  picture.paint = options.paint;
  if (options.fold) {
    fold_updates(picture);
    fold_repeats(picture);
    fold_modules_around_repeats(picture);
  }
  fold_down_to(picture, options.most_boxes);
  return Writer(picture).write(frames_of(picture), options.legend);
}

}  // namespace vitrine
