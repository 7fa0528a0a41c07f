#include "tools/pass_dumps.hpp"

#include <fmt/format.h>

#include "compiler/print.hpp"

namespace vitrine {

PassDumps::PassDumps(Which which, const Graph& start) : which_(which) {
  if (which_.before) last_ = print(start);
}

void PassDumps::see(const Graph& now, std::string_view pass) {
  if (!which_) return;
  std::string text = print(now);
  if (which_.before) dump("Before", pass, last_);
  if (which_.after) dump("After", pass, text);
  last_ = std::move(text);
}

void PassDumps::dump(std::string_view when, std::string_view pass, const std::string& graph) {
  text_ += fmt::format("{}// -----// IR Dump {} {} //----- //\n{}", text_.empty() ? "" : "\n", when, pass, graph);
}

}  // namespace vitrine
