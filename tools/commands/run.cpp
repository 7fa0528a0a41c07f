#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "compiler/quantization.hpp"
#include "tools/commands/commands.hpp"
#include "tools/find_project.hpp"
#include "tools/lint.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

/// A training that cannot be kept is better refused before it begins.
void demand_place_for(const std::string& flag, const std::filesystem::path& file) {
  if (file.empty()) return;
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  std::error_code ignored;  // what cannot be looked at is not there either
  if (std::filesystem::is_directory(file, ignored))
    throw InputError(fmt::format("run: {} {}: it is a folder; name a file in it", flag, file.string()));
  if (!std::filesystem::is_directory(folder, ignored))
    throw InputError(fmt::format("run: {} {}: there is no folder {}; make it first or choose another place", flag,
                                 file.string(), folder.string()));
}

/// --resume and --test read and write files that other flags name, and not every project has them.
void check_state_flags(const Project& project, const RunOptions& options) {
  const std::string run = "run " + project.name;
  for (const auto& [asked, flag] : {std::pair(options.resume, "--resume"), std::pair(options.test, "--test")})
    if (asked && !project.resumes)
      throw UsageError(
          fmt::format("{}: it does not take {}, because it does not save whole trainings; leave it out", run, flag));
  if (options.resume && options.save.empty())
    throw UsageError(run + ": --resume goes on from the file that --save names; add --save FILE");
  if (options.test && options.load.empty())
    throw UsageError(run + ": --test tests the parameters that --load names; add --load FILE");
  if (options.test && (options.resume || !options.save.empty() || options.epochs != 0))
    throw UsageError(run + ": --test does not train, so leave out --save, --resume and --epochs");
}

}  // namespace

int run_project(const Projects& projects, const std::string& name, const RunOptions& options) {
  const Project& project = find_project(projects, name);
  std::vector<std::string_view> parts(project.parts.begin(), project.parts.end());
  parts.insert(parts.end(), project.parts_elsewhere.begin(), project.parts_elsewhere.end());
  for (const std::string& part : options.without) {
    if (std::ranges::find(parts, part) != parts.end()) continue;
    const std::string_view near = nearest(part, parts);
    throw UsageError(fmt::format("run {}: there is no part named '{}' to leave out{}; parts: {}", name, part,
                                 near.empty() ? "" : fmt::format("; did you mean '{}'?", near),
                                 fmt::join(parts, ", ")));
  }
  check_state_flags(project, options);
  if (!options.quantize.empty()) scheme_named(options.quantize);  // what is none is said before a training, not after
  if (!options.quantize.empty() && !project.quantize)
    throw UsageError(fmt::format("run {}: it has no weights that are worth fewer bits; leave out --quantize", name));
  demand_place_for("--save", options.save);
  demand_place_for("--json", options.json == "-" ? "" : options.json);
  warn_of_findings(project, options);
  RunOptions asked = options;
  if (asked.out.empty()) asked.out = "out/" + name;
  return project.run(asked) ? 0 : 1;
}

}  // namespace vitrine
