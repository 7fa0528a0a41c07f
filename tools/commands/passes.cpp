#include "compiler/passes.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/commands/commands.hpp"
#include "tools/text_file.hpp"

namespace vitrine {

int list_passes(const std::string& json) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Pass& pass : every_pass) {
    fmt::print("{:<18} {:<9} {}\n", pass.name, name_of(pass.contract), pass.equation);
    rows.push_back({{"name", pass.name}, {"contract", name_of(pass.contract)}, {"equation", pass.equation}});
  }
  fmt::print(
      "\nA compilation for use runs them in this order until none changes anything, one for training all but {}\n"
      "and {}; grouping runs last. exact: the same bits. reorders: the same mathematics, other rounding.\n"
      "lossy: within a stated metric. changes: another meaning, on purpose.\n",
      every_pass[0].name, every_pass[1].name);
  if (!json.empty()) write_text(json, rows.dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
