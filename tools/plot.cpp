#include "tools/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <set>

#include "tools/svg.hpp"

namespace vitrine {
namespace {

constexpr double width = 860, height = 440, left = 78, top = 56, bottom = height - 58;
constexpr double letters = 13, small_letters = 12, sample = 26, longest_label = 210;
constexpr std::array palette{colour::blue,   colour::vermillion, colour::green,
                             colour::purple, colour::orange,     colour::black};
constexpr std::array<std::string_view, 4> dashes{"", "8 4", "2 3", "10 3 2 3"};

struct Range {
  double low = 0;
  double high = 0;
  bool is_empty = true;

  void include(double value) {
    low = is_empty ? value : std::min(low, value);
    high = is_empty ? value : std::max(high, value);
    is_empty = false;
  }
};

/// A plot's two axes over everything that can be drawn.
struct Axes {
  PlotAxis x;
  PlotAxis y;
  bool is_empty = false;

  double right() const { return x.to; }

  bool shows(const Point& point) const { return drawable(point.x, x.scale) && drawable(point.y, y.scale); }
};

/// Room above and below, so that no line lies on the frame; from zero where that costs little height.
void fit_y(PlotAxis& axis, const Range& range) {
  if (axis.scale == Scale::logarithmic) {
    const double room = std::pow(10.0, std::max(0.05, 0.04 * std::log10(range.high / range.low)));
    axis.low = range.low / room;
    axis.high = range.high * room;
    return;
  }
  // Lines that are level, or all but level for a double, still need a scale around them.
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  const bool is_level = range.high - range.low <= 1e-9 * size;
  const double room = is_level ? std::max(0.05 * size, 1e-12) : 0.05 * (range.high - range.low);
  const bool from_zero = range.low >= 0 && range.low < 0.35 * range.high;
  axis.low = from_zero ? 0 : range.low - room;
  axis.high = range.high + room;
}

/// Right of the plot is room for the longest name, and for a last value below it.
double end_of_plot(std::span<const Series> series) {
  double widest = 0;
  for (const Series& one : series)
    if (!one.name.empty()) widest = std::max({widest, 70., text_width(one.name, letters)});
  return width - 26 - (widest > 0 ? sample + std::min(widest, longest_label) : 0);
}

Axes axes_of(std::span<const Series> series, Scale y_scale) {
  Axes axes{.x = {.from = left, .to = end_of_plot(series), .whole_numbers = true},
            .y = {.low = 0.1, .from = bottom, .to = top, .scale = y_scale}};
  Range x, y;
  for (const Series& one : series) {
    for (const Point& point : one.points) {
      if (!axes.shows(point)) continue;
      x.include(point.x);
      axes.x.whole_numbers = axes.x.whole_numbers && point.x == std::floor(point.x);
      y.include(point.y);
    }
  }
  axes.is_empty = x.is_empty;
  if (axes.is_empty) return axes;
  fit_y(axes.y, y);
  axes.x.low = x.low;
  axes.x.high = x.high;
  const double size = std::max(std::abs(x.low), std::abs(x.high));
  if (x.high - x.low <= 1e-9 * size || size == 0) {
    axes.x.low -= std::max(1.0, 0.05 * size);
    axes.x.high += std::max(1.0, 0.05 * size);
  }
  return axes;
}

/// How one series is drawn.
struct Pen {
  std::string_view colour;
  std::string_view dash;
  double thickness = 2;
  double opacity = 1;
};

/// Series i's pen. A faint one takes no place in the palette: it has the colour of the next, whose background it is.
Pen pen_of(std::span<const Series> all, std::size_t i) {
  const Series& series = all[i];
  const auto index = static_cast<std::size_t>(
      std::ranges::count_if(all.first(i), [](const Series& earlier) { return !earlier.is_faint; }));
  const std::string& wanted = series.colour;
  const bool is_colour = wanted.size() == 7 && wanted[0] == '#' &&
                         wanted.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
  const std::string_view colour = is_colour ? std::string_view(wanted) : palette[index % palette.size()];
  if (series.is_faint) return {colour, "", 1, 0.35};
  return {colour, dashes[index % dashes.size()]};
}

/// What stands at a line's end, and where.
struct Label {
  const Series* series;
  Pen pen;
  double end;  // of the line
  double y;
  std::string last;  // its last value; empty for what is only a background
};

/// Labels as near their lines' ends as they go without covering each other.
void part(std::vector<Label>& labels) {
  if (labels.empty()) return;
  const double apart = std::min(36., (bottom - top) / static_cast<double>(labels.size()));
  std::ranges::stable_sort(labels, {}, &Label::end);
  for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + apart);
  double lowest = bottom - 8;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label, lowest -= apart)
    label->y = std::min(label->y, lowest);
}

/// Each line's name and last value at its end, led to by a piece of the line: no legend to look things up in.
void draw_labels(Svg& svg, std::span<const Series> series, const Axes& axes) {
  std::vector<Label> labels;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series[i].name.empty()) continue;
    const auto& points = series[i].points;
    const auto last =
        std::find_if(points.rbegin(), points.rend(), [&](const Point& point) { return axes.shows(point); });
    const bool is_drawn = last != points.rend();
    const double end = is_drawn ? axes.y.at(last->y) : bottom;
    labels.push_back({&series[i], pen_of(series, i), end, end,
                      is_drawn && !series[i].is_faint ? "last: " + number_text(last->y) : std::string()});
  }
  part(labels);
  for (const Label& label : labels) {
    const double x = axes.right() + 4, words = x + sample + 5;
    svg.element("line", {{"x1", x},
                         {"y1", label.end},
                         {"x2", x + sample},
                         {"y2", label.y},
                         {"stroke", label.pen.colour},
                         {"stroke-width", label.pen.thickness + 0.5},
                         {"stroke-opacity", label.pen.opacity},
                         {"stroke-dasharray", label.pen.dash}});
    svg.text(words, label.y + 4, fitted(label.series->name, longest_label, letters), {.size = letters});
    if (!label.last.empty())
      svg.text(words, label.y + 19, label.last, {.size = small_letters, .fill = colour::faded_ink});
  }
}

void draw_axes(Svg& svg, const Axes& axes, std::string_view x_label, std::string_view y_label) {
  const double right = axes.right();
  for (const Tick& tick : axes.y.ticks(6)) {
    const double y = axes.y.at(tick.value);
    svg.line(left, y, right, y, colour::grid);
    svg.text(left - 8, y + 4, tick.label, {.size = small_letters, .anchor = "end", .fill = colour::faded_ink});
  }
  for (const Tick& tick : axes.x.ticks(8)) {
    const double x = axes.x.at(tick.value);
    svg.line(x, bottom, x, bottom + 5, colour::faded_ink);
    svg.text(x, bottom + 20, tick.label, {.size = small_letters, .anchor = "middle", .fill = colour::faded_ink});
  }
  svg.line(left, bottom, right, bottom, colour::faded_ink);
  svg.text((left + right) / 2, bottom + 44, fitted(x_label, right - left, 13), {.size = 13, .anchor = "middle"});
  const std::string scale_note = axes.y.scale == Scale::logarithmic ? " (log scale)" : "";
  svg.text(22, (top + bottom) / 2, fitted(y_label, bottom - top - 90, 13) + scale_note,
           {.size = 13, .anchor = "middle", .turned = -90});
}

/// Of the points in one column of pixels the first, the lowest, the highest and the last: their line covers the same
/// pixels as the line of all (Jugel et al., "M4", VLDB 2014). Thousands of batches would fill a file else.
std::vector<Point> thinned(std::span<const Point> line) {
  std::vector<Point> kept;
  for (std::size_t begin = 0, end = 0; begin < line.size(); begin = end) {
    while (end < line.size() && std::floor(line[end].x) == std::floor(line[begin].x)) ++end;
    const auto [low, high] = std::ranges::minmax_element(line.subspan(begin, end - begin), {}, &Point::y);
    const std::set<std::size_t> of_column{begin, static_cast<std::size_t>(&*low - line.data()),
                                          static_cast<std::size_t>(&*high - line.data()), end - 1};
    for (std::size_t i : of_column) kept.push_back(line[i]);
  }
  return kept;
}

void draw_line(Svg& svg, const Series& series, const Pen& pen, const Axes& axes) {
  std::string path;
  std::vector<Point> unbroken;
  const auto finish = [&] {
    for (char letter = 'M'; const Point& point : thinned(unbroken)) {
      path += letter + coordinate(point.x) + " " + coordinate(point.y);
      letter = 'L';
    }
    unbroken.clear();
  };
  for (const Point& point : series.points) {
    if (axes.shows(point))
      unbroken.push_back({axes.x.at(point.x), axes.y.at(point.y)});
    else
      finish();
  }
  finish();
  svg.element("path", {{"d", path},
                       {"fill", "none"},
                       {"stroke", pen.colour},
                       {"stroke-width", pen.thickness},
                       {"stroke-opacity", pen.opacity},
                       {"stroke-linejoin", "round"},
                       {"stroke-dasharray", pen.dash}});
  // Few points are measurements to be seen one by one; and a single point has no line at all.
  constexpr std::size_t most_dots = 40;
  if (series.points.size() > most_dots) return;
  for (const Point& point : series.points) {
    if (!axes.shows(point)) continue;
    svg.element("circle", {{"cx", axes.x.at(point.x)}, {"cy", axes.y.at(point.y)}, {"r", 3}, {"fill", pen.colour}});
  }
}

}  // namespace

std::string line_plot(std::string_view title, std::string_view x_label, std::string_view y_label,
                      std::span<const Series> series, Scale y_scale) {
  Svg svg(width, height, title);
  svg.text(left, 30, fitted(title, width - 26 - left, 17), {.size = 17, .bold = true});
  const Axes axes = axes_of(series, y_scale);
  draw_axes(svg, axes, x_label, y_label);
  draw_labels(svg, series, axes);
  for (std::size_t i = 0; i < series.size(); ++i) draw_line(svg, series[i], pen_of(series, i), axes);
  if (axes.is_empty) {
    svg.text((left + axes.right()) / 2, (top + bottom) / 2, "nothing to draw: no finite points",
             {.size = 14, .anchor = "middle", .fill = colour::faded_ink});
  }
  return std::move(svg).str();
}

}  // namespace vitrine
