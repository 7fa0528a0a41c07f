#pragma once
// Pictures through Graphviz's `dot`, run as a child process.
#include <string>
#include <string_view>

namespace vitrine {

/// The picture of a graph in Graphviz's language; `format` is "svg" or "png". Throws InputError if `dot` is not
/// installed, fails, or takes more than 60 seconds.
std::string render(std::string_view dot, std::string_view format);

}  // namespace vitrine
