#pragma once
// Paths of modules, "decoder.blocks.3.attention", as pictures read them.
#include <cstddef>
#include <string>

namespace vitrine {

/// The outermost numbered module that a module is or is part of: all empty if there is none.
struct NumberedModule {
  std::string parent{};  // "decoder.blocks"
  std::string path{};    // "decoder.blocks.3"
  std::size_t number = 0;
};
NumberedModule numbered_module(const std::string& module);

/// How many names a path has, its first `level` names, and all but the last.
std::size_t module_depth(const std::string& module);
std::string upper_modules(const std::string& module, std::size_t level);
std::string outer_module(const std::string& module);

/// Whether a module is another one or part of it. Every one is part of the whole, "".
bool is_inside(const std::string& module, const std::string& other);

}  // namespace vitrine
