#pragma once
#include <string>
#include <vector>

#include "vitrine/type.hpp"

namespace vitrine {

/// "batch=2,time=5" as axes. UsageError, which begins with `command`, for anything else.
std::vector<Axis> sizes_of(const std::string& text, const std::string& command);

}  // namespace vitrine
