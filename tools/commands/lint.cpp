#include "compiler/lint.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/commands/commands.hpp"
#include "tools/find_project.hpp"
#include "tools/lint.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Whether an output has an axis of this name: without one a declaration would be checked nowhere.
bool can_be_causal(const Graph& graph, const std::string& axis) {
  for (const auto& [name, v] : graph.outputs())
    for (const Axis& a : v.type().shape)
      if (a.label() == axis) return true;
  return false;
}

nlohmann::json json_of(const Finding& f) {
  return {{"lint", f.lint},    {"node", f.node},        {"name", f.name}, {"file", f.at.file},
          {"line", f.at.line}, {"module", f.at.module}, {"why", f.why},   {"advice", f.advice}};
}

}  // namespace

int lint_model(const Projects& projects, const LintOptions& options) {
  const Graph graph = model_graph(projects, options.model, options.step);
  const bool is_file = names_a_file(options.model);
  const std::string declared = is_file ? "" : linted(find_project(projects, options.model), graph).causal_along;
  const Linted model{graph, options.causal.empty() ? declared : options.causal};
  if (!options.causal.empty() && !can_be_causal(graph, options.causal))
    throw UsageError(
        fmt::format("lint {}: --causal {}: no output has an axis of this name; 'vitrine show {}' shows them",
                    options.model, options.causal, options.model));
  const Findings found = lint(model);
  for (const Finding& each : found) fmt::print("{}\n", sentence_of(each));
  fmt::print("{}: {}\n", graph.name(),
             found.empty() ? fmt::format("clean, {} lints looked", every_lint.size())
                           : fmt::format("{} finding{}", found.size(), found.size() == 1 ? "" : "s"));
  if (!options.json.empty()) {
    nlohmann::json numbers{{"name", graph.name()}, {"findings", nlohmann::json::array()}};
    for (const Finding& each : found) numbers["findings"].push_back(json_of(each));
    write_text(options.json, numbers.dump(2) + "\n");
  }
  return found.empty() ? 0 : 1;
}

}  // namespace vitrine
