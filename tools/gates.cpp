#include "tools/gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace vitrine {

void Gates::check(const std::string& name, bool holds, const std::string& measured, const std::string& needed) {
  gates_.push_back({name, holds, measured, needed});
  fmt::print("  {:<6} {}: {} ({})\n", holds ? "ok" : "FAILED", name, measured, needed);
}

bool Gates::all_hold() const { return std::ranges::all_of(gates_, &Gate::holds); }

std::string Gates::verdict() const {
  const auto failed = std::ranges::count(gates_, false, &Gate::holds);
  if (failed == 0) return fmt::format("all {} gates hold", gates_.size());
  std::string names;
  for (const Gate& g : gates_)
    if (!g.holds) names += (names.empty() ? "" : "; ") + g.name;
  return fmt::format("{} of {} gates FAILED: {}", failed, gates_.size(), names);
}

nlohmann::json Gates::json() const {
  nlohmann::json rows = nlohmann::json::array();
  for (const Gate& g : gates_)
    rows.push_back({{"name", g.name}, {"holds", g.holds}, {"measured", g.measured}, {"needed", g.needed}});
  return rows;
}

}  // namespace vitrine
