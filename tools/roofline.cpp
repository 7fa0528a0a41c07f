#include "tools/roofline.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <set>

#include "tools/axis.hpp"
#include "tools/svg.hpp"

namespace vitrine {

namespace {

constexpr double width = 920, left = 78, right = width - 26, top = 62, bottom = 470, letters = 12;
constexpr std::size_t most_labels = 8;

/// A step that has a place in the picture.
struct Dot {
  const ProfiledStep* step;
  double x, y, radius;  // pixels
};

/// Steps that take next to nothing would stretch the axes until the others are one spot.
bool has_place(const ProfiledStep& step) {
  constexpr double next_to_nothing = 1e-3;
  return step.facts.operations > 0 && step.facts.bytes_read + step.facts.bytes_written > 0 &&
         step.share > next_to_nothing;
}
double intensity(const ProfiledStep& step) {
  return step.facts.operations / (step.facts.bytes_read + step.facts.bytes_written);
}
double speed(const ProfiledStep& step) { return step.facts.operations / step.nanoseconds; }
double fastest(const MemoryLevel& level) { return std::max(level.read, level.copy); }

class Picture {
 public:
  explicit Picture(const Profile& profile)
      : profile_(profile), limits_(profile.known.limits), svg_(width, height(profile), "roofline of " + profile.model) {
    for (const ProfiledStep& step : profile.steps)
      if (has_place(step)) steps_.push_back(&step);
    std::ranges::stable_sort(steps_, std::ranges::greater(), &ProfiledStep::nanoseconds);
    span_axes();
  }
  std::string draw() && {
    svg_.text(left, 28,
              fitted(fmt::format("{}{}: each step against the limits of this machine, {} thread{}", profile_.model,
                                 profile_.graph.empty() ? "" : ", step " + profile_.graph, profile_.threads,
                                 profile_.threads == 1 ? "" : "s"),
                     right - left, 16),
              {.size = 16, .bold = true});
    svg_.text(left, 48, fitted(left_out(), right - left, letters), {.fill = colour::faded_ink});
    draw_axes();
    draw_roofs();
    draw_dots();
    draw_numbers();
    draw_key();
    return std::move(svg_).str();
  }

 private:
  static double height(const Profile& profile) {
    const auto named = static_cast<std::size_t>(std::ranges::count_if(profile.steps, has_place));
    return bottom + 106 + 20 * static_cast<double>(std::min(named, most_labels));
  }

  /// Everything is inside: the dots, and the corners where the roofs meet.
  void span_axes() {
    double least_x = limits_.flops / fastest(limits_.levels[0]), most_x = limits_.flops / fastest(limits_.levels[2]);
    double least_y = limits_.flops / 20;
    for (const ProfiledStep* step : steps_) {
      least_x = std::min(least_x, intensity(*step));
      most_x = std::max(most_x, intensity(*step));
      least_y = std::min(least_y, speed(*step));
    }
    x_ = {.low = least_x / 2, .high = most_x * 2, .from = left, .to = right, .scale = Scale::logarithmic};
    y_ = {.low = least_y / 2, .high = limits_.flops * 3, .from = bottom, .to = top, .scale = Scale::logarithmic};
  }

  std::string left_out() const {
    double share = 0;
    std::size_t count = 0;
    for (const ProfiledStep& step : profile_.steps)
      if (!has_place(step)) share += step.share, ++count;
    if (count == 0) return "a larger dot takes more time";
    return fmt::format(
        "a larger dot takes more time; not shown: {} step{} without arithmetic or below 0.1 % ({:.1f} % in all)", count,
        count == 1 ? "" : "s", 100 * share);
  }

  void draw_axes() {
    for (const Tick& tick : y_.ticks(6)) {
      svg_.line(left, y_.at(tick.value), right, y_.at(tick.value), colour::grid);
      svg_.text(left - 8, y_.at(tick.value) + 4, tick.label, {.anchor = "end", .fill = colour::faded_ink});
    }
    for (const Tick& tick : x_.ticks(8)) {
      svg_.line(x_.at(tick.value), top, x_.at(tick.value), bottom, colour::grid);
      svg_.text(x_.at(tick.value), bottom + 18, tick.label, {.anchor = "middle", .fill = colour::faded_ink});
    }
    svg_.text((left + right) / 2, bottom + 40, "operations for each byte moved (log scale)",
              {.size = 13, .anchor = "middle"});
    svg_.text(22, (top + bottom) / 2, "GFLOP/s (log scale)", {.size = 13, .anchor = "middle", .turned = -90});
  }

  void draw_roofs() {
    const double peak = limits_.flops;
    double first_corner = x_.high;
    constexpr std::array colours{colour::green, colour::blue, colour::vermillion};
    for (std::size_t i = limits_.levels.size(); i-- > 0;) {
      const double bytes = fastest(limits_.levels[i]), corner = peak / bytes;
      first_corner = std::min(first_corner, corner);
      // From where the roof comes in, at the left or from below.
      const double begin = std::max(x_.low, y_.low / bytes);
      svg_.line(x_.at(begin), y_.at(begin * bytes), x_.at(corner), y_.at(peak), colours[i], 2);
      const double along = std::pow(10, std::log10(begin) + 0.05 * std::log10(corner / begin));
      const double slope = (y_.at(peak) - y_.at(begin * bytes)) / (x_.at(corner) - x_.at(begin));
      svg_.text(x_.at(along), y_.at(along * bytes) - 5, fmt::format("{} {:.0f} GB/s", level_name(i), bytes),
                {.size = letters, .fill = colours[i], .turned = std::atan(slope) * 180 / std::numbers::pi});
    }
    svg_.line(x_.at(first_corner), y_.at(peak), right, y_.at(peak), colour::ink, 2);
    svg_.text(x_.at(first_corner), y_.at(peak) - 8, fmt::format("multiply-adds {:.0f} GFLOP/s", peak));
  }

  void draw_dots() {
    for (const ProfiledStep* step : steps_) {
      const Dot dot{step, x_.at(intensity(*step)), y_.at(speed(*step)), 3 + 26 * std::sqrt(step->share)};
      svg_.element("circle", {{"cx", dot.x},
                              {"cy", dot.y},
                              {"r", dot.radius},
                              {"fill", colour_of(step->facts.kind)},
                              {"fill-opacity", 0.85},
                              {"stroke", colour::ink},
                              {"stroke-width", 0.8}});
      dots_.push_back(dot);
    }
  }

  /// The steps' numbers, each where it covers no other.
  void draw_numbers() {
    struct Box {
      double x, y, width;
      bool meets(const Box& o) const {
        return std::abs(x - o.x) < (width + o.width) / 2 + 2 && std::abs(y - o.y) < letters + 1;
      }
    };
    std::vector<Box> taken;
    const std::size_t named = std::min(dots_.size(), most_labels);
    for (std::size_t i = 0; i < named; ++i) {
      const Dot& dot = dots_[i];
      const std::string number = fmt::format("{}", dot.step->facts.number);
      const double wide = text_width(number, letters);
      Box box{dot.x, dot.y, wide};
      const auto covers = [&](const Dot& other) {
        return &other != &dot && std::hypot(box.x - other.x, box.y - other.y) < other.radius + letters * 0.7;
      };
      const auto is_free = [&] {
        const bool inside = box.x - wide / 2 > left && box.x + wide / 2 < right && box.y > top && box.y < bottom;
        return inside && std::ranges::none_of(taken, [&](const Box& other) { return box.meets(other); }) &&
               std::none_of(dots_.begin(), dots_.begin() + static_cast<std::ptrdiff_t>(named), covers);
      };
      constexpr int directions = 16;
      for (int turn = 0; !is_free() && turn < directions * 12; ++turn) {
        const double angle = 2 * std::numbers::pi * turn / directions,
                     away = dot.radius + 10 + 9 * static_cast<double>(turn / directions);
        box = {dot.x + away * std::cos(angle), dot.y - away * std::sin(angle), wide};
      }
      if (box.x != dot.x || box.y != dot.y) svg_.line(dot.x, dot.y, box.x, box.y, colour::faded_ink, 0.7);
      svg_.element("rect", {{"x", box.x - wide / 2 - 1},
                            {"y", box.y - letters / 2 - 1},
                            {"width", wide + 2},
                            {"height", letters + 2},
                            {"fill", colour::paper},
                            {"fill-opacity", 0.75}});
      svg_.text(box.x, box.y + letters / 2 - 2, number, {.size = letters, .anchor = "middle", .bold = true});
      taken.push_back(box);
    }
  }

  /// Which kind has which colour, and what the numbered steps are.
  void draw_key() {
    double x = left, y = bottom + 66;
    std::set<Kind> kinds;
    for (const Dot& dot : dots_) kinds.insert(dot.step->facts.kind);
    for (const Kind kind : kinds) {
      svg_.element("circle", {{"cx", x + 6},
                              {"cy", y - 4},
                              {"r", 6},
                              {"fill", colour_of(kind)},
                              {"stroke", colour::ink},
                              {"stroke-width", 0.8}});
      svg_.text(x + 17, y, name_of(kind));
      x += 17 + text_width(name_of(kind), letters) + 16;
    }
    y += 24;
    for (std::size_t i = 0; i < std::min(dots_.size(), most_labels); ++i, y += 20) {
      const ProfiledStep& step = *dots_[i].step;
      svg_.text(left + 28, y, fmt::format("{}", step.facts.number), {.size = letters, .anchor = "end", .bold = true});
      svg_.text(left + 38, y,
                fitted(fmt::format("{:.1f} % of the time, at {:.0f} % of its limit ({}): {}{}{}{}", 100 * step.share,
                                   100 * step.limit() / step.nanoseconds,
                                   step.compute_bound() ? "compute" : level_name(step.level), step.facts.module,
                                   side_of(step.facts.phase), step.facts.module.empty() ? "" : ": ", step.facts.what),
                       right - left - 38, letters));
    }
  }

  const Profile& profile_;
  const MachineLimits& limits_;
  Svg svg_;
  std::vector<const ProfiledStep*> steps_{};  // that have a place, the most expensive first
  std::vector<Dot> dots_{};
  PlotAxis x_{}, y_{};
};

}  // namespace

std::string roofline(const Profile& profile) { return Picture(profile).draw(); }

}  // namespace vitrine
