#pragma once
#include <string>

namespace vitrine {

/// Where in a compilation, as flags say it: neither `before` nor `after`, and no pass has run yet.
struct Point {
  std::string before{};   // a pass: before it changes the graph for the first time
  std::string after{};    // after it has changed the graph for the last time; "none": no pass; "all": the last one
  std::size_t round = 0;  // 0: as above; else the pass's turn in this round of the passes
};

}  // namespace vitrine
