#include "tools/boundary.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>

#include "tools/axis.hpp"
#include "tools/image.hpp"
#include "tools/svg.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

constexpr double left = 62, top = 56, side = 400, right = left + side, bottom = top + side;
constexpr double width = right + 232, height = bottom + 52;

/// From blue over white to orange, both ends pale enough for points to stand out; grey for what is no probability.
std::array<std::uint8_t, 3> shade(float probability) {
  if (!(probability >= 0 && probability <= 1)) return {150, 150, 150};
  constexpr std::array<double, 3> zero{0x4d, 0x9c, 0xcc}, middle{0xfb, 0xfb, 0xfb}, one{0xf0, 0xa8, 0x30};
  const auto& end = probability < 0.5f ? zero : one;
  const double amount = std::abs(2.0 * static_cast<double>(probability) - 1);
  std::array<std::uint8_t, 3> rgb{};
  for (std::size_t c = 0; c < 3; ++c) rgb[c] = static_cast<std::uint8_t>(middle[c] + (end[c] - middle[c]) * amount);
  return rgb;
}

Image heat_map(const ProbabilityGrid& grid) {
  Image image{grid.side, grid.side, {}};
  for (std::size_t row = grid.side; row-- > 0;) {  // an image begins at the top, the grid at low y
    for (std::size_t column = 0; column < grid.side; ++column) {
      const auto rgb = shade(grid.probability[row * grid.side + column]);
      image.rgb.insert(image.rgb.end(), rgb.begin(), rgb.end());
    }
  }
  return image;
}

/// The line of probability one half: in each square of four neighbouring cells, straight pieces between the edges it
/// crosses, by linear interpolation (marching squares: Lorensen and Cline, SIGGRAPH 1987, in the plane).
std::string half_line(const ProbabilityGrid& grid) {
  const double step = side / static_cast<double>(grid.side);
  const auto value = [&](std::size_t column, std::size_t row) {
    return static_cast<double>(grid.probability[row * grid.side + column]) - 0.5;
  };
  std::string path;
  for (std::size_t row = 0; row + 1 < grid.side; ++row) {
    for (std::size_t column = 0; column + 1 < grid.side; ++column) {
      // Corners counter-clockwise from low x, low y.
      constexpr std::array<std::array<std::size_t, 2>, 4> corners{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}};
      std::size_t crossings = 0;
      for (std::size_t edge = 0; edge < 4; ++edge) {
        const auto &a = corners[edge], &b = corners[(edge + 1) % 4];
        const double from = value(column + a[0], row + a[1]), to = value(column + b[0], row + b[1]);
        if (!((from < 0) != (to < 0)) || !std::isfinite(from) || !std::isfinite(to)) continue;
        const double part = from / (from - to);
        const auto between = [part](std::size_t p, std::size_t q) {
          return static_cast<double>(p) + part * (static_cast<double>(q) - static_cast<double>(p)) + 0.5;
        };
        path += crossings++ % 2 == 0 ? "M" : "L";
        path += coordinate(left + step * (static_cast<double>(column) + between(a[0], b[0]))) + " " +
                coordinate(bottom - step * (static_cast<double>(row) + between(a[1], b[1])));
      }
    }
  }
  return path;
}

void draw_marker(Svg& svg, double x, double y, bool is_one) {
  constexpr double radius = 6;
  if (is_one) {
    svg.element("rect", {{"x", x - radius},
                         {"y", y - radius},
                         {"width", 2 * radius},
                         {"height", 2 * radius},
                         {"fill", colour::vermillion},
                         {"stroke", colour::paper},
                         {"stroke-width", 2}});
  } else {
    svg.element("circle", {{"cx", x},
                           {"cy", y},
                           {"r", radius + 1},
                           {"fill", colour::blue},
                           {"stroke", colour::paper},
                           {"stroke-width", 2}});
  }
}

void draw_cross(Svg& svg, double x, double y) {
  constexpr double reach = 9;
  svg.line(x - reach, y - reach, x + reach, y + reach, colour::black, 2.5);
  svg.line(x - reach, y + reach, x + reach, y - reach, colour::black, 2.5);
}

void draw_axes(Svg& svg, const PlotAxis& x_axis, const PlotAxis& y_axis) {
  for (const Tick& tick : x_axis.ticks(5)) {
    const double x = x_axis.at(tick.value);
    svg.line(x, bottom, x, bottom + 5, colour::faded_ink);
    svg.text(x, bottom + 19, tick.label, {.anchor = "middle", .fill = colour::faded_ink});
  }
  for (const Tick& tick : y_axis.ticks(5)) {
    const double y = y_axis.at(tick.value);
    svg.line(left - 5, y, left, y, colour::faded_ink);
    svg.text(left - 9, y + 4, tick.label, {.anchor = "end", .fill = colour::faded_ink});
  }
  svg.text((left + right) / 2, bottom + 40, "first input", {.size = 13, .anchor = "middle"});
  svg.text(20, (top + bottom) / 2, "second input", {.size = 13, .anchor = "middle", .turned = -90});
  svg.element(
      "rect",
      {{"x", left}, {"y", top}, {"width", side}, {"height", side}, {"fill", "none"}, {"stroke", colour::faded_ink}});
}

void draw_legend(Svg& svg, std::string_view zero, std::string_view one, std::size_t wrong, std::size_t points) {
  constexpr double x = right + 28, bar = 150, bar_width = 18, words = x + 22;
  constexpr double room = width - words - 8;
  draw_marker(svg, x + 8, top + 14, false);
  svg.text(words, top + 18, fitted(zero, room, 12));
  draw_marker(svg, x + 8, top + 38, true);
  svg.text(words, top + 42, fitted(one, room, 12));
  draw_cross(svg, x + 8, top + 62);
  svg.text(words, top + 66, fmt::format("wrong: {} of {}", wrong, points));
  svg.line(x - 1, top + 86, x + 17, top + 86, colour::ink, 2);
  svg.text(words, top + 90, "probability one half");

  constexpr double bar_top = top + 152;
  Image ramp{1, 64, {}};
  for (std::size_t i = 0; i < ramp.height; ++i) {
    const auto rgb = shade(1.0f - static_cast<float>(i) / static_cast<float>(ramp.height - 1));
    ramp.rgb.insert(ramp.rgb.end(), rgb.begin(), rgb.end());
  }
  svg.text(x, bar_top - 28, "ground: the model's", {.fill = colour::faded_ink});
  const std::string quotation = fmt::format("probability of “{}”", one);
  svg.text(x, bar_top - 12, fitted(quotation, width - x - 4, 12), {.fill = colour::faded_ink});
  svg.image(x, bar_top, bar_width, bar, png(ramp));
  for (const int tenth : {0, 5, 10}) {
    svg.text(x + bar_width + 8, bar_top + bar * (1 - tenth / 10.0) + 4, fmt::format("{} %", tenth * 10),
             {.fill = colour::faded_ink});
  }
}

}  // namespace

ProbabilityGrid sample(Interval x, Interval y, std::size_t cells,
                       const std::function<float(float, float)>& classifier) {
  ProbabilityGrid grid{x, y, cells, {}};
  const auto middle = [cells](Interval range, std::size_t i) {
    return range.low + (range.high - range.low) * (static_cast<float>(i) + 0.5f) / static_cast<float>(cells);
  };
  for (std::size_t row = 0; row < cells; ++row)
    for (std::size_t column = 0; column < cells; ++column)
      grid.probability.push_back(classifier(middle(x, column), middle(y, row)));
  return grid;
}

std::string boundary(std::string_view title, const ProbabilityGrid& grid, std::span<const LabelledPoint> points,
                     std::string_view zero, std::string_view one) {
  const bool fits = grid.side > 0 && grid.probability.size() == grid.side * grid.side && grid.x.low < grid.x.high &&
                    grid.y.low < grid.y.high;
  if (!fits) {
    throw InternalError(fmt::format("boundary: {} probabilities for {} x {} cells over [{}, {}] x [{}, {}]",
                                    grid.probability.size(), grid.side, grid.side, grid.x.low, grid.x.high, grid.y.low,
                                    grid.y.high));
  }
  const PlotAxis x_axis{.low = grid.x.low, .high = grid.x.high, .from = left, .to = right};
  const PlotAxis y_axis{.low = grid.y.low, .high = grid.y.high, .from = bottom, .to = top};

  Svg svg(width, height, title);
  svg.text(left, 32, fitted(title, width - left - 10, 16), {.size = 16, .bold = true});
  svg.image(left, top, side, side, png(heat_map(grid)));
  svg.element("path", {{"d", half_line(grid)}, {"fill", "none"}, {"stroke", colour::ink}, {"stroke-width", 2}});
  draw_axes(svg, x_axis, y_axis);
  std::size_t wrong = 0;
  for (const LabelledPoint& point : points) {
    const double x = x_axis.at(point.x), y = y_axis.at(point.y);
    draw_marker(svg, x, y, point.is_one);
    const bool is_right = point.is_one ? point.probability > 0.5f : point.probability < 0.5f;  // NaN is wrong
    if (is_right) continue;
    draw_cross(svg, x, y);
    ++wrong;
  }
  draw_legend(svg, zero, one, wrong, points.size());
  return std::move(svg).str();
}

}  // namespace vitrine
