#include <fmt/format.h>

#include "tools/commands/commands.hpp"
#include "tools/find_project.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

int quantize(const Projects& projects, const std::string& name, const QuantizeOptions& options) {
  const Project& project = find_project(projects, name);
  if (project.quantize) return project.quantize(options) ? 0 : 1;
  std::string able;
  for (const Project& p : projects)
    if (p.quantize) able += (able.empty() ? "" : ", ") + p.name;
  throw UsageError(fmt::format("quantize: {} has no weights that are worth fewer bits; {}", name,
                               able.empty() ? "none of the models here has" : "take " + able));
}

}  // namespace vitrine
