#include "tools/attention_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/image.hpp"
#include "tools/svg.hpp"

namespace vitrine {

namespace {

constexpr std::size_t most_places = 32;
constexpr double margin = 24, header = 78, place = 9, letters = 8.5, gap = 34, caption = 30;

/// White for 0, ink for 1. By the square root, so that a tenth is still seen.
Image shades(const AttentionMap& map, std::size_t head, std::size_t places) {
  Image made{places, places, {}};
  for (std::size_t i = 0; i < places; ++i)
    for (std::size_t j = 0; j < places; ++j) {
      const double depth = std::sqrt(std::clamp(map.weights[(head * map.time + i) * map.time + j], 0., 1.));
      const auto towards = [&](double ink) {
        return static_cast<std::uint8_t>(std::lround(255 + depth * (ink - 255)));
      };
      made.rgb.insert(made.rgb.end(), {towards(0), towards(0x45), towards(0x80)});
    }
  return made;
}

std::string shown(const std::string& token) { return token == " " ? "\u00b7" : token; }

}  // namespace

std::string attention_picture(std::string_view title, const std::vector<AttentionMap>& maps,
                              const std::vector<std::string>& tokens) {
  std::size_t heads = 1, places = std::min(most_places, tokens.size());
  for (const AttentionMap& map : maps) heads = std::max(heads, map.heads), places = std::min(places, map.time);
  const double side = place * static_cast<double>(places);
  const auto column = [&](std::size_t head) { return margin + gap + static_cast<double>(head) * (side + gap); };
  const double width = std::max(column(heads), 700.), row_height = side + caption + gap;
  Svg svg(width, header + row_height * static_cast<double>(maps.size()), title);
  svg.text(margin, 32, fitted(title, width - 2 * margin, 17), {.size = 17, .bold = true});
  svg.text(
      margin, 54,
      "down: the character that asks; across: the character that is read; the darker, the more (\u00b7 is a space)",
      {.size = 12, .fill = colour::faded_ink});
  for (std::size_t row = 0; row < maps.size(); ++row) {
    const AttentionMap& map = maps[row];
    const double y = header + row_height * static_cast<double>(row), top = y + caption;
    for (std::size_t head = 0; head < map.heads; ++head) {
      const double x = column(head);
      svg.text(x, y + 6, fmt::format("{}, head {}", map.module, head), {.size = 12, .bold = true});
      for (std::size_t i = 0; i < places; ++i) {
        const double at = (static_cast<double>(i) + 0.5) * place;
        svg.text(x + at, top - 5, shown(tokens[i]), {.size = letters, .anchor = "middle", .fill = colour::faded_ink});
        svg.text(x - 5, top + at + 3, shown(tokens[i]), {.size = letters, .anchor = "end", .fill = colour::faded_ink});
      }
      svg.image(x, top, side, side, png(enlarged(shades(map, head, places), 6)));
      svg.element(
          "rect",
          {{"x", x}, {"y", top}, {"width", side}, {"height", side}, {"fill", "none"}, {"stroke", colour::faded_ink}});
    }
  }
  return std::move(svg).str();
}

}  // namespace vitrine
