#include "tools/attention_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/image.hpp"
#include "tools/svg.hpp"

namespace vitrine {

namespace {

constexpr std::size_t most_places = 24;
constexpr double margin = 24, header = 82, gap = 36, caption = 34;

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

/// How large the squares of a picture are: few places get larger cells, and letters that fit them. Tokens wider than a
/// cell (words) stand on their side above a square, and are cut where they would reach the square beside it.
struct Size {
  std::size_t places;
  double place, letters;
  double standing;  // how high the tallest of them is; 0: each fits its cell as it is
  double above() const { return standing > 0 ? standing : letters; }
  double side() const { return place * static_cast<double>(places); }
};

std::string fitting(const std::string& token, const Size& size) { return fitted(shown(token), gap + 8, size.letters); }

Size size_of(const std::vector<AttentionRow>& rows) {
  std::size_t places = most_places;
  for (const AttentionRow& row : rows) places = std::min({places, row.map.time, row.tokens.size()});
  const double place = std::clamp(220. / static_cast<double>(std::max<std::size_t>(places, 1)), 12., 30.);
  Size size{places, place, std::min(0.92 * place, 15.), 0};
  double widest = 0;
  for (const AttentionRow& row : rows)
    for (std::size_t i = 0; i < places; ++i)
      widest = std::max(widest, text_width(fitting(row.tokens[i], size), size.letters));
  if (widest > 1.5 * place) size.standing = widest + 8;
  return size;
}

bool has_space(const std::vector<AttentionRow>& rows, std::size_t places) {
  return std::ranges::any_of(rows, [&](const AttentionRow& row) {
    return std::find(row.tokens.begin(), row.tokens.begin() + static_cast<std::ptrdiff_t>(places), " ") !=
           row.tokens.begin() + static_cast<std::ptrdiff_t>(places);
  });
}

void draw_head(Svg& svg, const AttentionRow& row, std::size_t head, double x, double top, const Size& size) {
  const double side = size.side();
  svg.text(x, top - size.above() - 10, fitted(fmt::format("{}, head {}", row.label, head), side + gap, 13),
           {.size = 13, .bold = true});
  for (std::size_t i = 0; i < size.places; ++i) {
    const double at = (static_cast<double>(i) + 0.5) * size.place;
    const std::string token = fitting(row.tokens[i], size);
    if (size.standing > 0)
      svg.text(x + at + size.letters / 3, top - 5, token, {.size = size.letters, .turned = -90});
    else
      svg.text(x + at, top - 5, token, {.size = size.letters, .anchor = "middle"});
    svg.text(x - 5, top + at + size.letters / 3, token, {.size = size.letters, .anchor = "end"});
  }
  svg.image(x, top, side, side,
            png(enlarged(shades(row.map, head, size.places), static_cast<std::size_t>(size.place))));
  svg.element(
      "rect",
      {{"x", x}, {"y", top}, {"width", side}, {"height", side}, {"fill", "none"}, {"stroke", colour::faded_ink}});
}

}  // namespace

std::string attention_picture(std::string_view title, const std::vector<AttentionRow>& rows) {
  const Size size = size_of(rows);
  std::size_t heads = 1;
  for (const AttentionRow& row : rows) heads = std::max(heads, row.map.heads);
  const auto column = [&](std::size_t head) {
    return margin + gap + static_cast<double>(head) * (size.side() + gap + 14);
  };
  const double width = std::max(column(heads), 760.), room = caption + size.above() - size.letters,
               row_height = size.side() + room + gap;
  Svg svg(width, header + row_height * static_cast<double>(rows.size()), title);
  svg.text(margin, 32, fitted(title, width - 2 * margin, 18), {.size = 18, .bold = true});
  std::string note = "down: the place that asks; across: the place that is read; the darker, the more";
  if (has_space(rows, size.places)) note += " (\u00b7 is a space)";
  svg.text(margin, 56, note, {.size = 13, .fill = colour::faded_ink});
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double top = header + row_height * static_cast<double>(r) + room;
    for (std::size_t head = 0; head < rows[r].map.heads; ++head) draw_head(svg, rows[r], head, column(head), top, size);
  }
  return std::move(svg).str();
}

}  // namespace vitrine
