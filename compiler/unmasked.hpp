#pragma once
// Why what is to come has a part in a node that could ignore it (ahead.hpp), for people: which node should keep it out,
// what it holds there instead, and what would help.
#include <string>

#include "compiler/ahead.hpp"

namespace vitrine {

struct Unmasked {
  Value mask;               // what should hold the number that is ignored, ahead of each place
  double wanted = 0;        // that number
  NumberRange holds{};      // those that it holds, or may hold
  std::ptrdiff_t sees = 0;  // so many places ahead are let through and none beyond; 0 if it is not only these
  bool turned = false;      // it keeps out what is past

  /// As in "%7 = greater(%5, %6) : ... lets each place see the next one".
  std::string why() const;
  std::string help() const;
};

/// Nothing if the node ignores no number, or no rows are there to look back from.
std::optional<Unmasked> unmasked(const Graph&, const AxisDependence&, Value node);

}  // namespace vitrine
