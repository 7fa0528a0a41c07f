#pragma once
// An op as a reader would write it: what it computes, and its derivative.
#include "vitrine/graph.hpp"

namespace vitrine {

struct OpMath {
  std::string rule{}, derivative{};
  std::string sign{};  // of an op on two operands that is written between them: "+", "×"
};

/// Of an elementwise op read off its formula, so that it cannot differ from what is computed; else from its page.
OpMath math_of(const Op&, std::span<const Type> operands);

}  // namespace vitrine
