#pragma once
// What there is to say about ops and about functions made of them: for `ops`, and for `explain` about one node.
#include <string>
#include <vector>

#include "vitrine/op.hpp"

namespace vitrine {

/// What an op computes and its derivative, as a reader would write them. Of an elementwise op both are read off its
/// formula, so that they cannot differ from what is computed: operands are x, y, z, the result y or r.
struct Mathematics {
  std::string rule{}, derivative{};
};
Mathematics mathematics_of(const Op&, std::span<const Type> operands);

struct OpPage {
  std::string name{}, kind{}, colour{}, rule{}, derivative{}, example{}, sort{};  // sort: "elementwise", "a view", ...
  bool composed = false;  // no op, but C++ that makes nodes of other ops
};
/// Ops first, then what is made of them. A function with an op's name is the op's page.
std::vector<OpPage> op_pages();

}  // namespace vitrine
