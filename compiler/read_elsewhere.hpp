#pragma once
#include <string>

#include "compiler/rewriter.hpp"

namespace vitrine {

/// Whether anything but these parts of y reads one of them, so that it would have to be computed although y is made in
/// another way: "%3 of it is read by %7 too", or "" if nothing does.
std::string read_elsewhere(std::span<const Value> parts, Value y);

}  // namespace vitrine
