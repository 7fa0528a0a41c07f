#pragma once
#include "vitrine/plan.hpp"

namespace vitrine {

/// Bytes of workspace: keys and values as floats.
std::size_t quantized_attention_at_workspace(const Step&);

}  // namespace vitrine
