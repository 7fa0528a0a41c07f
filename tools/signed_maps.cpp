#include "tools/signed_maps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "tools/axis.hpp"
#include "tools/svg.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

constexpr double margin = 28, side = 308, gap = 44, header = 84, bar_height = 14, footer = 84;

/// The largest distance from zero; 1 where all is zero, so that a map of zeros is white.
double reach(const SignedMap& map) {
  double most = 0;
  for (float x : map.numbers)
    if (std::isfinite(x)) most = std::max(most, std::abs(static_cast<double>(x)));
  return most > 0 ? most : 1;
}

void draw_map(Svg& svg, double x, const SignedMap& map) {
  const double most = reach(map);
  Image image{map.columns, map.rows, {}};
  for (float number : map.numbers) {
    const auto rgb = signed_shade(static_cast<double>(number) / most);
    image.rgb.insert(image.rgb.end(), rgb.begin(), rgb.end());
  }
  // Enlarged here, because some viewers smooth whatever the picture asks for.
  const std::size_t factor = std::max<std::size_t>(1, 2 * static_cast<std::size_t>(side) / map.columns);
  const double height = side * static_cast<double>(map.rows) / static_cast<double>(map.columns);
  const double bar_top = header + height + 16, numbers = bar_top + bar_height + 16, words = numbers + 18;
  svg.text(x, header - 12, fitted(map.title, side, 13), {.size = 13, .bold = true});
  svg.image(x, header, side, height, png(enlarged(image, factor)));
  svg.image(x, bar_top, side, bar_height, png(enlarged(signed_bar(-1, 1), 4)));
  for (const auto& [top, tall] : {std::pair{header, height}, std::pair{bar_top, bar_height}})
    svg.element(
        "rect",
        {{"x", x}, {"y", top}, {"width", side}, {"height", tall}, {"fill", "none"}, {"stroke", colour::faded_ink}});
  svg.text(x, numbers, number_text(-most), {.fill = colour::faded_ink});
  svg.text(x + side / 2, numbers, "0", {.anchor = "middle", .fill = colour::faded_ink});
  svg.text(x + side, numbers, number_text(most), {.anchor = "end", .fill = colour::faded_ink});
  svg.text(x, words, fitted("for " + map.below, side / 2 - 6, 12), {.fill = colour::blue, .bold = true});
  svg.text(x + side, words, fitted("for " + map.above, side / 2 - 6, 12),
           {.anchor = "end", .fill = colour::vermillion, .bold = true});
}

}  // namespace

std::array<std::uint8_t, 3> signed_shade(double amount) {
  if (!std::isfinite(amount)) return {150, 150, 150};
  constexpr std::array<double, 3> below{0x00, 0x72, 0xb2}, above{0xd5, 0x5e, 0x00};  // colour::blue, vermillion
  const auto& end = amount < 0 ? below : above;
  std::array<std::uint8_t, 3> rgb{};
  for (std::size_t c = 0; c < 3; ++c) rgb[c] = static_cast<std::uint8_t>(255 + (end[c] - 255) * std::abs(amount) + 0.5);
  return rgb;
}

Image signed_bar(double low, double high) {
  Image bar{129, 1, {}};
  for (std::size_t i = 0; i < bar.width; ++i) {
    const auto rgb = signed_shade(low + (high - low) * static_cast<double>(i) / 128);
    bar.rgb.insert(bar.rgb.end(), rgb.begin(), rgb.end());
  }
  return bar;
}

std::string signed_maps(std::string_view title, std::span<const SignedMap> maps) {
  double tallest = 0;
  for (const SignedMap& map : maps) {
    if (map.rows == 0 || map.columns == 0 || map.numbers.size() != map.rows * map.columns)
      throw InternalError(
          fmt::format("signed_maps: {} numbers do not fill {} rows of {}", map.numbers.size(), map.rows, map.columns));
    tallest = std::max(tallest, side * static_cast<double>(map.rows) / static_cast<double>(map.columns));
  }
  const double width = 2 * margin + static_cast<double>(std::max<std::size_t>(1, maps.size())) * (side + gap) - gap;
  Svg svg(width, header + tallest + footer, title);
  svg.text(margin, 36, fitted(title, width - 2 * margin, 17), {.size = 17, .bold = true});
  for (std::size_t i = 0; i < maps.size(); ++i) draw_map(svg, margin + static_cast<double>(i) * (side + gap), maps[i]);
  return std::move(svg).str();
}

}  // namespace vitrine
