#pragma once
#include "vitrine/op.hpp"

namespace vitrine {

/// The tables of all ops that include/vitrine/ops.hpp names, in its order.
const std::vector<const OpInfo*>& every_op();

/// The op of this name, or null.
const OpInfo* find_op(std::string_view name);

}  // namespace vitrine
