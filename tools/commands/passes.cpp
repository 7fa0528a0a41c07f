#include "compiler/passes.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/commands/commands.hpp"
#include "tools/text_file.hpp"

namespace vitrine {

int list_passes(const std::string& json) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Pass& pass : every_pass) {
    fmt::print("{:<24} {:<9} {}\n", pass.name, name_of(pass.contract), pass.equation);
    rows.push_back({{"name", pass.name}, {"contract", name_of(pass.contract)}, {"equation", pass.equation}});
  }
  std::string before;
  for (const Pass& pass : recognition_pipeline) before += fmt::format("{}{}", before.empty() ? "" : ", ", pass.name);
  fmt::print(
      "\nA compilation for use runs them in this order until none changes anything. One for training runs\n"
      "{}\n"
      "over the forward graph, differentiates it, and runs those from {} on. Grouping runs last.\n"
      "exact: the same bits. reorders: the same mathematics, other rounding. lossy: within a stated metric.\n"
      "changes: another meaning, on purpose.\n",
      before, default_pipeline.front().name);
  if (!json.empty()) write_text(json, rows.dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
