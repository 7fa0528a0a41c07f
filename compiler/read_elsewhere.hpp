#pragma once
#include <set>
#include <string>

#include "compiler/rewriter.hpp"

namespace vitrine {

/// Which values have a part in what a graph hands out. A node that was put aside is still there, and reads what it
/// read, until remove_unused takes it.
class Needed {
 public:
  explicit Needed(const Graph&);
  /// Those made since then are.
  bool operator()(Value v) const { return v.id >= end_ || needed_.contains(v.id); }

 private:
  std::uint32_t end_;
  std::set<std::uint32_t> needed_{};
};

/// Whether anything but these parts of y reads one of them, so that it would have to be computed although y is made in
/// another way: "%3 of it is read by %7 too", or "" if nothing does.
std::string read_elsewhere(std::span<const Value> parts, Value y, const Needed&);

}  // namespace vitrine
