#include "compiler/module_path.hpp"

#include <algorithm>
#include <charconv>

namespace vitrine {

NumberedModule numbered_module(const std::string& module) {
  for (std::size_t begin = module.find('.'); begin != std::string::npos; begin = module.find('.', begin + 1)) {
    const std::size_t end = std::min(module.find('.', begin + 1), module.size());
    std::size_t number = 0;
    const char* last = module.data() + end;
    const auto [stop, error] = std::from_chars(module.data() + begin + 1, last, number);
    if (error == std::errc{} && stop == last) return {module.substr(0, begin), module.substr(0, end), number};
  }
  return {};
}

std::size_t module_depth(const std::string& module) {
  return module.empty() ? 0 : static_cast<std::size_t>(std::ranges::count(module, '.')) + 1;
}

std::string upper_modules(const std::string& module, std::size_t level) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < level && end != std::string::npos; ++i) end = module.find('.', i == 0 ? 0 : end + 1);
  return level == 0 ? "" : module.substr(0, end);
}

std::string outer_module(const std::string& module) {
  const std::size_t dot = module.rfind('.');
  return dot == std::string::npos ? "" : module.substr(0, dot);
}

bool is_inside(const std::string& module, const std::string& other) {
  return other.empty() || module == other || module.starts_with(other + ".");
}

}  // namespace vitrine
