#include <fmt/format.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "tools/commands/commands.hpp"
#include "tools/text_file.hpp"

namespace vitrine {

int list_projects(const Projects& projects, const std::string& json) {
  nlohmann::json rows = nlohmann::json::array();
  std::size_t width = 4;
  for (const Project& p : projects) width = std::max(width, p.name.size());
  fmt::print("{:<{}}  {:<10} idea\n", "name", width, "year");
  for (const Project& p : projects) {
    const bool here = p.has_data();
    fmt::print("{:<{}}  {:<10} {}\n{:<{}}  {:<10} data: {} ({})\n", p.name, width, p.year, p.idea, "", width, "",
               p.data, here ? "here" : "missing");
    rows.push_back({{"name", p.name},
                    {"year", p.year},
                    {"idea", p.idea},
                    {"data", p.data},
                    {"here", here},
                    {"parts", p.parts},
                    {"parts_elsewhere", p.parts_elsewhere}});
  }
  fmt::print("\nrun one with: {} run NAME [--quick]\n", program_invocation_name);
  if (!json.empty()) write_text(json, rows.dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
