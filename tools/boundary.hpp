#pragma once
// Where a classifier of points in the plane changes its mind: a heat map of its probability, the line of one half, and
// the points it learned from.
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

struct Interval {
  float low = 0;
  float high = 1;
};

/// The probability of class 1 at the middle of each cell of a grid.
struct ProbabilityGrid {
  Interval x;
  Interval y;
  std::size_t side = 0;            // cells along each axis
  std::vector<float> probability;  // side * side; row by row from low y to high y, in each from low x to high x
};

/// Asks `classifier(x, y)` at the middle of each of cells * cells cells.
ProbabilityGrid sample(Interval x, Interval y, std::size_t cells, const std::function<float(float, float)>& classifier);

struct LabelledPoint {
  float x = 0;
  float y = 0;
  bool is_one = false;
  float probability = 0;  // of class 1, by the model at this very point (a grid cell beside the line may differ)
};

/// Class 0 is blue with round points, class 1 orange with square ones; `zero` and `one` name them in the legend. A
/// point that the model gets wrong is crossed out. Throws InternalError when the grid's sizes do not fit.
std::string boundary(std::string_view title, const ProbabilityGrid& grid, std::span<const LabelledPoint> points,
                     std::string_view zero, std::string_view one);

}  // namespace vitrine
