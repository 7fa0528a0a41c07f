#pragma once
#include <set>

#include "vitrine/graph.hpp"

namespace vitrine {

/// The masks that stay inside the kernel that makes them. A mask is never stored: its one reader must be there too, and
/// read no mask from elsewhere. One that does not stay takes those it is made of, and those beside it, with it.
class InnerMasks {
 public:
  explicit InnerMasks(const Graph&);
  bool contains(Value mask) const { return masks_.contains(mask.id); }

 private:
  bool stays(Value mask) const;
  bool inner(Value) const;

  std::set<std::uint32_t> masks_{};
};

}  // namespace vitrine
