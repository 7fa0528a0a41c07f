#include "tools/sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "tools/svg.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

constexpr std::size_t across = 10;
constexpr double side = 84, cell_width = 108, cell_height = 148, margin = 28, header = 88;
constexpr std::size_t pixels = 168;  // of an enlarged image: two for each of its `side`, for sharp screens
constexpr double letters = 11, text_room = cell_width - 6;

bool is_right(const Caption& caption) { return caption.predicted == caption.actual; }

void draw_cell(Svg& svg, double x, double y, const Image& image, const Caption& caption) {
  const bool right = is_right(caption);
  const double middle = x + cell_width / 2, picture = x + (cell_width - side) / 2;
  const std::string_view ink = right ? colour::ink : colour::vermillion;
  const std::string percent = fmt::format("{:.0f} %", 100 * caption.confidence);
  svg.open("g", {});
  svg.element("title", {}, fmt::format("predicted {} with {}; it is {}", caption.predicted, percent, caption.actual));
  // Enlarged here, because some viewers smooth whatever the picture asks for; nearly free, for PNG packs repetition.
  const std::size_t factor = std::max<std::size_t>(1, pixels / std::max<std::size_t>(1, image.width));
  svg.image(picture, y, side, side, png(enlarged(image, factor)));
  svg.element("rect", {{"x", picture},
                       {"y", y},
                       {"width", side},
                       {"height", side},
                       {"fill", "none"},
                       {"stroke", right ? colour::grid : colour::vermillion},
                       {"stroke-width", right ? 1.0 : 3.0}});
  const std::string prediction = (right ? "✓ " : "✗ ") + caption.predicted;
  svg.text(middle, y + side + 16, fitted(prediction, text_room, letters),
           {.size = letters, .anchor = "middle", .fill = ink, .bold = !right});
  svg.text(middle, y + side + 30, percent, {.size = letters, .anchor = "middle", .fill = colour::faded_ink});
  if (!right) {
    svg.text(middle, y + side + 44, fitted("is: " + caption.actual, text_room, letters),
             {.size = letters, .anchor = "middle", .fill = colour::blue});
  }
  svg.close();
}

}  // namespace

std::string sheet(std::string_view title, std::span<const Image> images, std::span<const Caption> captions) {
  if (images.size() != captions.size()) {
    throw InternalError(fmt::format("sheet: {} images, but {} captions", images.size(), captions.size()));
  }
  const std::size_t columns = std::clamp<std::size_t>(images.size(), 6, across);  // six: room for the header's words
  const std::size_t rows = (images.size() + across - 1) / across;
  const auto right = static_cast<std::size_t>(std::ranges::count_if(captions, is_right));
  const double width = 2 * margin + cell_width * static_cast<double>(columns);
  const std::string heading = fmt::format("{}: {} of {} right", title, right, captions.size());

  Svg svg(width, header + cell_height * static_cast<double>(rows) + 8, heading);
  svg.text(margin, 34, fitted(heading, width - 2 * margin, 17), {.size = 17, .bold = true});
  svg.text(margin, 58, "Under each image: the predicted class and the model's confidence in it.",
           {.fill = colour::faded_ink});
  svg.text(margin, 74, "✗ and a frame: wrong; the true class stands below.", {.fill = colour::faded_ink});
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto column = static_cast<double>(i % across), row = static_cast<double>(i / across);
    draw_cell(svg, margin + cell_width * column, header + cell_height * row + 8, images[i], captions[i]);
  }
  return std::move(svg).str();
}

}  // namespace vitrine
