#include "compiler/plan_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include "compiler/byte_text.hpp"
#include "compiler/dot_style.hpp"
#include "compiler/escape.hpp"
#include "compiler/memory_plan.hpp"
#include "vitrine/sentence.hpp"

namespace vitrine {

namespace {

constexpr double left = 90, right = 24, top = 96, plot_height = 480, font_size = 10, letter = 6.2;  // pixels
constexpr std::string_view workspace_fill = "url(#hatched)", unknown_fill = "#fafafa";

/// The step's name below the axis: its head, and how many elementwise nodes run with it.
std::string words_of(const Step& step, const Graph& graph) {
  std::string made(step.head ? step.head->name() : "");
  const std::size_t others = step.nodes.size() - (step.head && !step.nodes.empty() ? 1 : 0);
  if (made.empty() && step.nodes.size() == 1)
    if (const Value v = graph.find(step.nodes[0]); v && v.op()) return std::string(v.op()->name());
  if (made.empty()) return fmt::format("kernel of {}", others);
  return others ? fmt::format("{} + {}", made, others) : made;
}

/// A step of 1, 2 or 5 times a power of ten (of 1024 for bytes' units) that gives about `wanted` marks.
double round_step(double whole, double wanted, bool bytes) {
  const double rough = std::max(whole / wanted, 1.0);
  const double unit = bytes ? std::pow(1024.0, std::floor(std::log2(rough) / 10)) : 1.0;
  const double power = unit * std::pow(10.0, std::floor(std::log10(rough / unit)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (power * factor >= rough) return power * factor;
  return power * 10;
}

class Drawing {
 public:
  Drawing(const Plan& plan, const Graph& graph) : plan_(plan), graph_(graph) {
    steps_ = plan.steps.size();
    for (const Lifetime& life : plan.lifetimes) steps_ = std::max(steps_, life.last + 1);
    column_ = std::clamp(1080.0 / static_cast<double>(std::max<std::size_t>(steps_, 1)), 4.0, 96.0);
    named_steps_ = column_ >= font_size + 2;
    width_ = std::max(left + right + column_ * static_cast<double>(steps_), 760.0);
    bottom_ = top + plot_height;
    height_ = bottom_ + (named_steps_ ? 120 : 40);
    highest_ = static_cast<double>(std::max({plan.arena_bytes, plan.lower_bound, std::size_t{1}}));
    for (const Lifetime& life : plan.lifetimes)
      highest_ = std::max(highest_, static_cast<double>(life.offset + life.bytes));
  }

  std::string draw() {
    heading();
    axes();
    for (const Lifetime& life : plan_.lifetimes) rectangle(life);
    level(plan_.lower_bound, look::gradient_ink, "lower bound " + byte_text(plan_.lower_bound));
    return svg_ + "</svg>\n";
  }

 private:
  double x(std::size_t step) const { return left + column_ * static_cast<double>(step); }
  double y(double bytes) const { return bottom_ - plot_height * bytes / highest_; }

  template <class... T> void put(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(svg_), format, std::forward<T>(values)...);
  }
  void text(double at_x, double at_y, std::string_view words, std::string_view looks = "") {
    put("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", at_x, at_y, looks, in_xml(words));
  }

  void heading() {
    const std::string summary = memory_summary(plan_);
    const std::string title = shortened(plan_.name.empty() ? "plan" : plan_.name, 80) + ": memory";
    put("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
        "font-family=\"{2}, sans-serif\" font-size=\"{3}\" fill=\"{4}\" role=\"img\">\n<title>{5}</title>\n",
        width_, height_, look::font, font_size, look::ink, in_xml(title + ": " + summary));
    put("<defs><pattern id=\"hatched\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
        "patternTransform=\"rotate(45)\">"
        "<rect width=\"6\" height=\"6\" fill=\"#ffffff\"/><rect width=\"2\" height=\"6\" "
        "fill=\"#c4c8ce\"/></pattern></defs>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    text(left, 26, title, "font-size=\"16\" font-weight=\"bold\"");
    text(left, 45, summary, "font-size=\"12\"");
    legend();
  }

  void legend() {
    std::set<Kind> kinds;
    bool workspaces = false;
    for (const Lifetime& life : plan_.lifetimes) {
      const Value v = graph_.find(life.node);
      if (life.workspace)
        workspaces = true;
      else if (v && v.op())
        kinds.insert(v.op()->info->doc.kind);
    }
    double at = left;
    const auto entry = [&](std::string_view fill, std::string_view words) {
      put("<rect x=\"{:.1f}\" y=\"58\" width=\"12\" height=\"12\" fill=\"{}\" stroke=\"{}\"/>\n", at, fill,
          look::faint_ink);
      text(at + 17, 68, words);
      at += 30 + letter * static_cast<double>(words.size());
    };
    for (const Kind kind : kinds) entry(colour_of(kind), name_of(kind));
    if (workspaces) entry(workspace_fill, "workspace of one step");
    if (plan_.lifetimes.empty()) text(at, 68, "no tensor lives in the arena");
  }

  void axes() {
    const double mark = round_step(highest_, 6, true);
    for (double bytes = 0; bytes <= highest_; bytes += mark) {
      put("<line x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#e4e4e4\"/>\n", left,
          width_ - right, y(bytes));
      text(left - 6, y(bytes) + 3.5, byte_text(static_cast<std::size_t>(bytes)), "text-anchor=\"end\"");
    }
    text(14, top - 8, "offset in the arena");
    const auto stride =
        named_steps_ ? std::size_t{1} : static_cast<std::size_t>(round_step(static_cast<double>(steps_), 12, false));
    for (std::size_t i = 0; i < steps_; i += stride) {
      const double middle = x(i) + column_ / 2;
      std::string words = std::to_string(i);
      if (named_steps_ && i < plan_.steps.size()) words += " " + shortened(words_of(plan_.steps[i], graph_), 18);
      const std::string turned =
          named_steps_
              ? fmt::format("text-anchor=\"end\" transform=\"rotate(-50 {:.1f} {:.1f})\"", middle, bottom_ + 14)
              : "text-anchor=\"middle\"";
      text(middle, bottom_ + 14, words, turned);
    }
    text(width_ - right, height_ - 8, "step", "text-anchor=\"end\"");
  }

  void rectangle(const Lifetime& life) {
    const Value v = graph_.find(life.node);
    const Op* op = v ? v.op() : nullptr;
    const std::string name = fmt::format("%{}{}{}", life.node, op ? " " : "", op ? op->name() : std::string_view{});
    const double x0 = x(life.first), wide = x(life.last + 1) - x0;
    const double y0 = y(static_cast<double>(life.offset + life.bytes)), high = y(static_cast<double>(life.offset)) - y0;
    const std::string_view fill = life.workspace ? workspace_fill : op ? colour_of(op->info->doc.kind) : unknown_fill;
    std::string_view line = look::ink;
    if (v && v.node().phase == Phase::gradient) line = look::gradient_ink;
    if (v && v.node().phase == Phase::update) line = look::update_ink;
    std::string words = life.workspace ? "workspace of " + name : name;
    std::string tip = fmt::format("{}\n{} at offset {}, steps {} to {}", words, byte_text(life.bytes), life.offset,
                                  life.first, life.last);
    if (v && !life.workspace) tip += "\n" + (Sentence{} << v.type()).str();
    put("<g><title>");
    for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
      end = tip.find('\n', begin);
      svg_ += (begin ? "\n" : "") + in_xml(std::string_view(tip).substr(begin, end - begin));
    }
    put("</title><rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\" stroke=\"{}\" "
        "stroke-width=\"0.8\"/>\n",
        x0, y0, wide, high, fill, line);
    const auto fits = static_cast<std::size_t>(std::max(0.0, (wide - 9) / letter));
    if (high >= font_size + 1 && fits >= 3 && !life.workspace) text(x0 + 3, y0 + high / 2 + 3.5, shortened(name, fits));
    svg_ += "</g>\n";
  }

  void level(std::size_t bytes, std::string_view colour, std::string_view words) {
    if (bytes == 0) return;
    const double at = y(static_cast<double>(bytes));
    put("<line x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"{3}\" stroke-width=\"1.5\" "
        "stroke-dasharray=\"6 3\"/>\n",
        left, width_ - right, at, colour);
    text(width_ - right, at - 4, words,
         fmt::format("text-anchor=\"end\" fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\"",
                     colour));
  }

  const Plan& plan_;
  const Graph& graph_;
  std::string svg_{};
  std::size_t steps_ = 0;
  bool named_steps_ = true;
  double column_ = 0, width_ = 0, height_ = 0, bottom_ = 0, highest_ = 1;
};

}  // namespace

std::string plan_picture(const Plan& plan, const Graph& graph) { return Drawing(plan, graph).draw(); }

}  // namespace vitrine
