#include <fmt/format.h>

#include "tools/commands/commands.hpp"
#include "tools/find_project.hpp"
#include "tools/lint.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

int generate(const Projects& projects, const std::string& name, const GenerateOptions& options) {
  const Project& project = find_project(projects, name);
  if (!project.generate) {
    std::string able;
    for (const Project& p : projects)
      if (p.generate) able += (able.empty() ? "" : ", ") + p.name;
    throw UsageError(fmt::format("generate: {} makes no text; {}", name,
                                 able.empty() ? "none of the models here does" : "take " + able));
  }
  if (options.prompt.empty())
    throw UsageError(
        fmt::format("generate {}: --prompt is empty, and a model goes on from something; give it a word", name));
  warn_of_findings(projects, name);
  project.generate(options);
  return 0;
}

}  // namespace vitrine
