#pragma once
// A line plot as SVG: small, light, readable in grey (every line has its own dashes), the same bytes for the same data.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/axis.hpp"

namespace vitrine {

struct Point {
  double x = 0;
  double y = 0;
};

struct Series {
  std::string name;
  std::string colour;  // "#rrggbb"; empty: the next of a palette made for every colour vision
  std::vector<Point> points;
  bool is_faint = false;  // background, such as the loss of every single batch behind its mean
};

/// 860 x 440 pixels with title, axis labels, round ticks and a grid; each line's name and last value stand at its end
/// (a line without a name has no label).
/// A point that is not finite, or not above zero on a logarithmic axis, leaves a gap.
std::string line_plot(std::string_view title, std::string_view x_label, std::string_view y_label,
                      std::span<const Series> series, Scale y_scale = Scale::linear);

}  // namespace vitrine
