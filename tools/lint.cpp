#include "tools/lint.hpp"

#include <fmt/format.h>

#include "tools/find_project.hpp"

namespace vitrine {

Linted linted(const Project& project, const Graph& forward) {
  const Value input = project.causal_input.empty() ? Value{} : forward.find(project.causal_input);
  return {forward, input && !input.type().shape.empty() ? std::string(input.type().shape[-1].label()) : ""};
}

void warn_of_findings(const Projects& projects, const std::string& model) {
  if (names_a_file(model)) return;
  if (is_in_few_bits(model)) return;  // it is not trained, and what it was made of was looked at
  const Project& project = find_project(projects, model);
  if (!project.forward) return;
  const Graph forward = project.forward();
  for (const Finding& found : lint(linted(project, forward))) fmt::print(stderr, "vitrine: {}\n", sentence_of(found));
}

void warn_of_findings(const Project& project, const RunOptions& options) {
  if (!project.forward) return;
  const Graph forward = project.forward_of_run ? project.forward_of_run(options) : project.forward();
  for (const Finding& found : lint(linted(project, forward))) {
    const bool was_left_out = !options.without.empty() && found.lint == "unreachable_parameter" &&
                              forward.users(forward.find(found.node)).empty();
    if (!was_left_out) fmt::print(stderr, "vitrine: {}\n", sentence_of(found));
  }
}

}  // namespace vitrine
