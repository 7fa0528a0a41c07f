#pragma once
#include <span>
#include <string_view>

#include "vitrine/op.hpp"

namespace vitrine {

/// What a program may call that becomes nodes of other ops: a function, a layer, a rule by which parameters learn.
struct Composed {
  std::string_view name;
  Kind kind;  // the sort of work, and so the colour, of what it is for; each node has its own op's
  std::string_view means;
};

/// No two have one name, and none has an op's: its page would be hidden.
std::span<const Composed> composed_functions();

}  // namespace vitrine
