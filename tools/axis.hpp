#pragma once
// One axis of a plot: which numbers it spans, where they fall on the paper, and which of them are written beside it.
#include <string>
#include <vector>

namespace vitrine {

enum class Scale { linear, logarithmic };

struct Tick {
  double value = 0;
  std::string label;
};

/// Maps numbers of [low, high] to pixels of [from, to]; `from` may be the larger one, as on a y axis.
struct PlotAxis {
  double low = 0;
  double high = 1;
  double from = 0;
  double to = 1;
  Scale scale = Scale::linear;
  bool whole_numbers = false;  // there is no epoch 1.5

  double at(double value) const;

  /// About `wanted` round numbers inside [low, high]: 1, 2 or 5 times a power of ten, or on a logarithmic axis the
  /// powers of ten themselves (with 2 and 5 times them when those are few).
  std::vector<Tick> ticks(int wanted) const;
};

/// Can be drawn at all: finite, not so large that a difference overflows, and above zero on a logarithmic axis.
bool drawable(double value, Scale scale);

/// A number for people: 4 significant digits, exponents only where they are shorter.
std::string number_text(double value);

}  // namespace vitrine
