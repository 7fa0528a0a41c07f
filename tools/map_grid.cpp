#include "tools/map_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/axis.hpp"
#include "tools/signed_maps.hpp"
#include "tools/svg.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr double margin = 24, gap = 6, header = 64, label_height = 28, row_gap = 18, bar_width = 120, bar_height = 12;

std::size_t maps_of(const MapRow& row) {
  const std::size_t size = row.rows * row.columns;
  if (size == 0 || row.numbers.size() % size != 0)
    throw InternalError(
        fmt::format("map_grid: {} numbers do not fill maps of {} x {}", row.numbers.size(), row.rows, row.columns));
  return row.numbers.size() / size;
}

std::size_t lines_of(const MapRow& row, std::size_t across) { return (maps_of(row) + across - 1) / across; }

double reach(std::span<const float> numbers) {
  double most = 0;
  for (const float x : numbers)
    if (std::isfinite(x)) most = std::max(most, std::abs(static_cast<double>(x)));
  return most;
}

Image picture_of(const MapRow& row, std::size_t map, double most) {
  Image made{row.columns, row.rows, {}};
  const std::size_t size = row.rows * row.columns;
  for (const float x : std::span(row.numbers).subspan(map * size, size)) {
    const auto rgb = signed_shade(most > 0 ? static_cast<double>(x) / most : 0);
    made.rgb.insert(made.rgb.end(), rgb.begin(), rgb.end());
  }
  return made;
}

void draw_square(Svg& svg, double x, double y, double side, const Image& image) {
  const std::size_t factor =
      std::max<std::size_t>(1, static_cast<std::size_t>(side) / std::max<std::size_t>(1, image.width));
  svg.image(x, y, side, side, png(enlarged(image, factor)));
  svg.element("rect",
              {{"x", x}, {"y", y}, {"width", side}, {"height", side}, {"fill", "none"}, {"stroke", colour::faded_ink}});
}

/// The colours of a row's numbers, and which numbers these are; without blue where none is below zero.
void draw_bar(Svg& svg, double end, double y, std::span<const float> numbers, double most) {
  const bool has_blue = std::ranges::any_of(numbers, [](float x) { return x < 0; });
  const std::string low = number_text(has_blue ? -most : 0), high = number_text(most);
  const double right = end - text_width(high, 12) - 6, left = right - bar_width;
  svg.image(left, y, bar_width, bar_height, png(enlarged(signed_bar(has_blue ? -1 : 0, 1), 2)));
  svg.element("rect", {{"x", left},
                       {"y", y},
                       {"width", bar_width},
                       {"height", bar_height},
                       {"fill", "none"},
                       {"stroke", colour::faded_ink}});
  svg.text(left - 6, y + 10, low, {.anchor = "end", .fill = colour::faded_ink});
  svg.text(right + 6, y + 10, high, {.fill = colour::faded_ink});
}

}  // namespace

std::vector<float> maps_first(std::span<const float> numbers, std::size_t maps) {
  if (maps == 0 || numbers.size() % maps != 0)
    throw InternalError(fmt::format("maps_first: {} numbers are not {} maps", numbers.size(), maps));
  std::vector<float> made(numbers.size());
  const std::size_t size = numbers.size() / maps;
  for (std::size_t i = 0; i < numbers.size(); ++i) made[i % maps * size + i / maps] = numbers[i];
  return made;
}

std::string map_grid(std::string_view title, std::span<const MapRow> rows, const MapGrid& grid) {
  const auto [across, side] = grid;
  double height = header;
  std::size_t widest = 1;
  for (const MapRow& row : rows) {
    height += label_height + static_cast<double>(lines_of(row, across)) * (side + gap) + row_gap;
    widest = std::max(widest, std::min(across, maps_of(row)));
  }
  // Images stand in a column of their own, so that the maps of all rows are in line.
  const double images =
      std::ranges::any_of(rows, [](const MapRow& r) { return r.before.width > 0; }) ? side + 2 * gap : 0;
  const double width = std::max(560.0, 2 * margin + images + static_cast<double>(widest) * (side + gap) - gap);
  Svg svg(width, height + margin / 2, title);
  svg.text(margin, 36, fitted(title, width - 2 * margin, 17), {.size = 17, .bold = true});
  double y = header;
  for (const MapRow& row : rows) {
    const double most = reach(row.numbers);
    svg.text(margin, y + 14, row.label, {.size = 13, .bold = true});
    draw_bar(svg, width - margin, y + 4, row.numbers, most);
    y += label_height;
    if (row.before.width) draw_square(svg, margin, y, side, row.before);
    for (std::size_t i = 0; i < maps_of(row); ++i)
      draw_square(svg, margin + images + static_cast<double>(i % across) * (side + gap),
                  y + static_cast<double>(i / across) * (side + gap), side, picture_of(row, i, most));
    y += static_cast<double>(lines_of(row, across)) * (side + gap) + row_gap;
  }
  return std::move(svg).str();
}

}  // namespace vitrine
