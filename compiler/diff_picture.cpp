#include "compiler/diff_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/dot_label.hpp"
#include "compiler/dot_style.hpp"
#include "compiler/escape.hpp"
#include "compiler/picture.hpp"
#include "compiler/print.hpp"

namespace vitrine {

namespace {

enum class Fate : std::uint8_t { same, changed, added, removed };
struct Colours {
  std::string_view ink, fill, sign, style;
};
/// Grey, and of Okabe and Ito's palette reddish purple, blue and vermilion, darkened to be read on their fills.
constexpr Colours colours_of(Fate fate) {
  switch (fate) {
    case Fate::changed: return {"#8f3a73", "#f7e1ee", "~ ", "filled,rounded,bold"};
    case Fate::added: return {"#005a94", "#d8ecf8", "+ ", "filled,rounded,bold"};
    case Fate::removed: return {"#a84300", "#fce3d2", "− ", "filled,rounded,dashed,bold"};
    case Fate::same: break;
  }
  return {"#9a9a9a", "#ffffff", "", "filled,rounded"};
}

/// A node of the picture: a pair, or a node of one graph alone.
struct Drawn {
  Value a{}, b{};
  Fate fate = Fate::same;
  Difference differs{};
  bool shown = false;
};

class Drawing {
 public:
  Drawing(const Graph& a, const Graph& b, const GraphDiff& diff, const DiffPictureOptions& options)
      : options_(options), picture_a_(picture_of(a)), picture_b_(picture_of(b)) {
    for (Value v : diff.only_a) add({.a = v, .fate = Fate::removed});
    // With which nodes one runs is drawn only where nothing else differs.
    const bool steps_alone =
        diff.only_a.empty() && diff.only_b.empty() &&
        std::ranges::all_of(diff.pairs, [](const auto& p) { return !p.differs || p.differs.only_in_step(); });
    for (const NodePair& pair : diff.pairs) {
      const bool shows = pair.differs && (steps_alone || !pair.differs.only_in_step());
      add({pair.a, pair.b, shows ? Fate::changed : Fate::same, pair.differs});
      changed_ += shows;
    }
    for (Value v : diff.only_b) add({.b = v, .fate = Fate::added});
    for (const Drawn& drawn : all_) {
      for (Value operand : operands_of(drawn.a)) connect(at_a_, operand, drawn, from_a_);
      for (Value operand : operands_of(drawn.b)) connect(at_b_, operand, drawn, from_b_);
    }
    for (const ResultChange& change : diff.results) {
      mark(at_a_, change.a);
      mark(at_b_, change.b);
    }
    choose();
  }

  std::string write(const GraphDiff& diff) {
    std::string made = fmt::format(
        "digraph difference {{\n"
        "  graph [rankdir=TB, ranksep=0.35, nodesep=0.3, pad=0.2, fontname=\"{0}\", labelloc=t, tooltip=\" \"{2}, "
        "label=<{1}>];\n"
        "  node [shape=box, fontname=\"{0}\", fontsize=12, margin=\"0.17,0.06\", height=0.3];\n"
        "  edge [fontname=\"{0}\", fontsize=9, arrowsize=0.7];\n",
        look::font, heading(diff), boxes_ > 150 ? ", nslimit=1" : "");
    std::map<std::string, std::string> modules;
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (all_[i].shown) modules[module_of(all_[i])] += box(i);
    std::size_t frames = 0;
    for (const auto& [module, boxes] : modules) {
      if (module.empty()) {
        made += boxes;
        continue;
      }
      made += fmt::format(
          "  subgraph cluster_{} {{\n  graph [label=<<B>{}</B>>, labeljust=l, tooltip={}, style=\"filled,rounded\", "
          "fillcolor=\"{}\", color=\"{}\"];\n{}  }}\n",
          frames++, in_dot_label(shortened(module, 64)), in_dot(visible(module)), look::frame_fill, look::frame, boxes);
    }
    for (const auto& edge : from_a_)
      if (!from_b_.contains(edge)) made += line(edge, Fate::removed);
    for (const auto& edge : from_b_) made += line(edge, from_a_.contains(edge) ? Fate::same : Fate::added);
    return made + "}\n";
  }

 private:
  using Edge = std::pair<std::size_t, std::size_t>;
  using Places = std::map<std::uint32_t, std::size_t>;

  static std::vector<Value> operands_of(Value v) { return v ? v.operands() : std::vector<Value>{}; }

  void add(Drawn drawn) {
    // Numbers are written into the boxes that read them.
    if (!has_box(drawn.a) && !has_box(drawn.b)) return;
    if (drawn.a) at_a_[drawn.a.id] = all_.size();
    if (drawn.b) at_b_[drawn.b.id] = all_.size();
    all_.push_back(drawn);
  }
  void connect(const Places& places, Value operand, const Drawn& user, std::set<Edge>& edges) {
    if (const auto from = places.find(operand.id); from != places.end())
      edges.insert({from->second, static_cast<std::size_t>(&user - all_.data())});
  }
  void mark(const Places& places, Value v) {
    if (!v) return;
    if (const auto at = places.find(v.id); at != places.end()) marked_.insert(at->second);
  }

  /// What differs, and what touches it.
  void choose() {
    const auto show = [&](std::size_t i) {
      if (all_[i].shown) return;
      if (boxes_ == options_.most_boxes) return void(++left_out_);
      all_[i].shown = true;
      ++boxes_;
    };
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (all_[i].fate != Fate::same || marked_.contains(i)) show(i);
    std::set<std::size_t> near;
    for (const auto* edges : {&from_a_, &from_b_})
      for (const auto& [from, to] : *edges) {
        if (all_[from].fate != Fate::same) near.insert(to);
        if (all_[to].fate != Fate::same) near.insert(from);
      }
    for (const std::size_t i : near) show(i);
    for (std::size_t i = 0; options_.whole && i < all_.size(); ++i) show(i);
  }

  const Picture& picture_of_graph(Value v) const { return v.graph == picture_a_.graph ? picture_a_ : picture_b_; }
  bool has_box(Value v) const { return v && picture_of_graph(v).box_of(v) != Box::none; }
  const Box& box_of(Value v) const { return picture_of_graph(v).boxes[picture_of_graph(v).box_of(v)]; }
  std::string module_of(const Drawn& drawn) const { return box_of(has_box(drawn.b) ? drawn.b : drawn.a).module; }
  /// A number has no box of its own, but may stand where a node stood.
  std::string label(Value v) const {
    return has_box(v) ? dot_label(picture_of_graph(v), box_of(v)) : "<B>" + in_dot_label(name_of(v)) + "</B>";
  }

  std::string box(std::size_t i) const {
    const Drawn& drawn = all_[i];
    const Value v = drawn.b ? drawn.b : drawn.a;
    const Colours look = colours_of(drawn.fate);
    std::string words = label(v);
    if (!look.sign.empty()) words = fmt::format("<FONT COLOR=\"{}\"><B>{}</B></FONT>{}", look.ink, look.sign, words);
    if (drawn.fate == Fate::changed)
      words += fmt::format("<BR/>{}<BR/>{}",
                           dot_font(fmt::format("POINT-SIZE=\"9\" COLOR=\"{}\"", look.ink),
                                    "changed: " + vitrine::words(drawn.differs) + "; it was"),
                           label(drawn.a));
    const Phase phase = v.node().phase;
    const std::string_view side = phase == Phase::gradient ? " (gradient)" : phase == Phase::update ? " (update)" : "";
    return fmt::format(
        "    n{0} [id=n{0}, label=<{1}>, style=\"{2}\", color=\"{3}\", fillcolor=\"{4}\", tooltip={5}];\n", i, words,
        look.style, look.ink, look.fill,
        in_dot(fmt::format("{} %{}{}", drawn.b ? options_.title_b : options_.title_a, v.id, side)));
  }

  std::string line(const Edge& edge, Fate fate) const {
    if (!all_[edge.first].shown || !all_[edge.second].shown) return "";
    return fmt::format("  n{} -> n{} [color=\"{}\"{}];\n", edge.first, edge.second, colours_of(fate).ink,
                       fate == Fate::removed ? ", style=dashed"
                       : fate == Fate::added ? ", penwidth=2"
                                             : "");
  }

  std::string heading(const GraphDiff& diff) const {
    std::string made = "<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"4\" CELLPADDING=\"4\">";
    const auto cell = [&](Fate fate, std::string_view words) {
      const Colours look = colours_of(fate);
      return fmt::format("<TD BORDER=\"1\" COLOR=\"{}\" BGCOLOR=\"{}\">{}</TD>", look.ink, look.fill,
                         dot_font("POINT-SIZE=\"11\"", fmt::format("{}{}", look.sign, words)));
    };
    const auto row = [&](std::string_view attributes, std::string_view text) {
      made += "<TR><TD COLSPAN=\"4\">" + dot_font(attributes, text) + "</TD></TR>";
    };
    row("POINT-SIZE=\"16\"",
        fmt::format("{}  →  {}", shortened(options_.title_a, 90), shortened(options_.title_b, 90)));
    const std::size_t same = diff.pairs.size() - changed_;
    made += "<TR>" + cell(Fate::removed, fmt::format("{} only in the first", diff.only_a.size())) +
            cell(Fate::added, fmt::format("{} only in the second", diff.only_b.size())) +
            cell(Fate::changed, fmt::format("{} changed", changed_)) +
            cell(Fate::same, fmt::format("{} the same in both", same)) + "</TR>";
    const std::string faint = fmt::format("POINT-SIZE=\"10\" COLOR=\"{}\"", look::faint_ink);
    if (!options_.whole && boxes_ < all_.size() && !left_out_)
      row(faint, "of what is the same, only what touches a change is drawn");
    if (left_out_)
      row(faint,
          fmt::format("{} more boxes are not drawn, because so many cannot be read in one picture; the text form "
                      "has every one",
                      left_out_));
    return made + "</TABLE>";
  }

  const DiffPictureOptions& options_;
  Picture picture_a_, picture_b_;
  std::vector<Drawn> all_{};
  Places at_a_{}, at_b_{};
  std::set<Edge> from_a_{}, from_b_{};
  std::set<std::size_t> marked_{};
  std::size_t boxes_ = 0, left_out_ = 0, changed_ = 0;
};

}  // namespace

std::string dot(const Graph& a, const Graph& b, const GraphDiff& diff, const DiffPictureOptions& options) {
  return Drawing(a, b, diff, options).write(diff);
}

}  // namespace vitrine
