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

constexpr double width = 760, height = 440, left = 78, right = width - 26, bottom = height - 58;
constexpr double legend_top = 52, legend_row = 20, letters = 12;
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

Axes axes_of(std::span<const Series> series, Scale y_scale, double top) {
  Axes axes{.x = {.from = left, .to = right, .whole_numbers = true},
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

/// Draws the legend in rows under the title; answers where the last row ends.
double draw_legend(Svg& svg, std::span<const Series> series, Scale y_scale) {
  constexpr double sample = 30, gap = 24;
  double x = left, y = legend_top;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const Series& one = series[i];
    std::string caption = fitted(one.name, 360, letters);
    const auto last = std::find_if(one.points.rbegin(), one.points.rend(),
                                   [y_scale](const Point& point) { return drawable(point.y, y_scale); });
    if (last != one.points.rend() && !one.is_faint) caption += fmt::format(" (last: {})", number_text(last->y));
    const double needed = sample + 6 + text_width(caption, letters);
    if (x > left && x + needed > right) {
      x = left;
      y += legend_row;
    }
    const Pen pen = pen_of(series, i);
    svg.element("line", {{"x1", x},
                         {"y1", y - 4},
                         {"x2", x + sample},
                         {"y2", y - 4},
                         {"stroke", pen.colour},
                         {"stroke-width", pen.thickness + 0.5},
                         {"stroke-opacity", pen.opacity},
                         {"stroke-dasharray", pen.dash}});
    svg.text(x + sample + 6, y, caption, {.size = letters});
    x += needed + gap;
  }
  return y;
}

void draw_axes(Svg& svg, const Axes& axes, std::string_view x_label, std::string_view y_label) {
  const double top = axes.y.to;
  for (const Tick& tick : axes.y.ticks(6)) {
    const double y = axes.y.at(tick.value);
    svg.line(left, y, right, y, colour::grid);
    svg.text(left - 8, y + 4, tick.label, {.anchor = "end", .fill = colour::faded_ink});
  }
  for (const Tick& tick : axes.x.ticks(8)) {
    const double x = axes.x.at(tick.value);
    svg.line(x, bottom, x, bottom + 5, colour::faded_ink);
    svg.text(x, bottom + 20, tick.label, {.anchor = "middle", .fill = colour::faded_ink});
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
  svg.text(left, 28, fitted(title, right - left, 16), {.size = 16, .bold = true});
  const double top = std::min(draw_legend(svg, series, y_scale) + 18, bottom - 120);
  const Axes axes = axes_of(series, y_scale, top);
  draw_axes(svg, axes, x_label, y_label);
  for (std::size_t i = 0; i < series.size(); ++i) draw_line(svg, series[i], pen_of(series, i), axes);
  if (axes.is_empty) {
    svg.text((left + right) / 2, (top + bottom) / 2, "nothing to draw: no finite points",
             {.size = 14, .anchor = "middle", .fill = colour::faded_ink});
  }
  return std::move(svg).str();
}

}  // namespace vitrine
