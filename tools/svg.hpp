#pragma once
// A tiny writer of SVG: elements with attributes, every text escaped in the one place that writes it, the same bytes
// for the same calls. It knows nothing of plots.
#include <initializer_list>
#include <string>
#include <string_view>

namespace vitrine {

/// Text as XML may hold it: & < > " ' escaped; control characters and what is not UTF-8 replaced by U+FFFD.
std::string escaped(std::string_view text);

/// At most two decimals, no trailing zeros, the locale has no say; "0" for what is not finite.
std::string coordinate(double value);

/// `text`, or its beginning and "…" when it would be wider than `width` in DejaVu Sans of `font_size` (estimated).
std::string fitted(std::string_view text, double width, double font_size);

/// The estimate of `fitted`: pixels that `text` takes.
double text_width(std::string_view text, double font_size);

/// Colours: ink on a light ground, and the palette of Okabe and Ito, which people of every colour vision can tell apart
/// (https://jfly.uni-koeln.de/color). Six digits each: Graphviz draws three-digit ones black.
namespace colour {
inline constexpr std::string_view paper = "#ffffff", ink = "#222222", faded_ink = "#666666", grid = "#e4e4e4";
inline constexpr std::string_view blue = "#0072b2", vermillion = "#d55e00", green = "#009e73", orange = "#e69f00",
                                  purple = "#cc79a7", sky = "#56b4e9", black = "#000000";
}  // namespace colour

class Svg {
 public:
  /// Pixels; `title` is what a screen reader says.
  Svg(double width, double height, std::string_view title);

  struct Attribute {
    Attribute(std::string_view key, std::string_view text) : name(key), value(text) {}
    Attribute(std::string_view key, const char* text) : name(key), value(text) {}
    Attribute(std::string_view key, double number) : name(key), value(coordinate(number)) {}
    std::string_view name;
    std::string value;
  };
  using Attributes = std::initializer_list<Attribute>;

  /// `<name attributes>text</name>`; a name is never a user's. An attribute without a value is left out.
  void element(std::string_view name, Attributes attributes, std::string_view text = {});

  /// Everything until `close` is inside.
  void open(std::string_view name, Attributes attributes);
  void close();

  struct TextStyle {
    double size = 12;
    std::string_view anchor = "start";  // or "middle", "end"
    std::string_view fill = colour::ink;
    bool bold = false;
    double turned = 0;  // degrees, around (x, y)
  };
  void text(double x, double y, std::string_view words, const TextStyle& style);
  void text(double x, double y, std::string_view words) { text(x, y, words, TextStyle{}); }

  void line(double x1, double y1, double x2, double y2, std::string_view stroke, double width = 1);

  /// A PNG inside the picture, stretched to this size, its pixels enlarged without smoothing.
  void image(double x, double y, double width, double height, std::string_view png_bytes);

  /// The document. Closes what is open.
  std::string str() &&;

 private:
  std::string document_;
  std::string open_names_;  // "svg g " from the outside in
};

}  // namespace vitrine
