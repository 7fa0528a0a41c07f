#include <fmt/format.h>
#include <algorithm>
#include "tools/commands/commands.hpp"
#include "tools/find_project.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

int run_project(const Projects& projects, const std::string& name, const RunOptions& options) {
  const Project& project = find_project(projects, name);
  const std::vector<std::string_view> parts(project.parts.begin(), project.parts.end());
  for (const std::string& part : options.without) {
    if (std::ranges::find(parts, part) != parts.end()) continue;
    const std::string_view near = nearest(part, parts);
    throw UsageError(fmt::format("run {}: there is no part named '{}' to leave out{}; parts: {}", name, part,
                                 near.empty() ? "" : fmt::format("; did you mean '{}'?", near), fmt::join(parts, ", ")));
  }
  RunOptions asked = options;
  if (asked.out.empty()) asked.out = "out/" + name;
  return project.run(asked) ? 0 : 1;
}

}  // namespace vitrine
