#include <fmt/format.h>

#include "compiler/byte_text.hpp"
#include "compiler/optimizers.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/isa.hpp"
#include "tools/commands/commands.hpp"
#include "tools/find_project.hpp"
#include "tools/report/measured_profile.hpp"
#include "tools/report/page.hpp"
#include "tools/report/report_json.hpp"
#include "tools/small_values.hpp"
#include "tools/text_file.hpp"
#include "vitrine/attribute.hpp"

namespace vitrine {

namespace {

/// More boxes than a browser pans at ease: such a map is left out, and the page says so.
constexpr std::size_t most_boxes = 6000;

struct Subject {
  History history{};
  ReferenceErrors errors{};
};

/// Those of these axes that a graph has: "batch 2, time 5".
std::string axes_in(const Graph& graph, std::span<const Axis> axes) {
  std::string made;
  for (const Axis& axis : axes)
    if (std::ranges::any_of(graph.topological(),
                            [&](Value v) { return std::ranges::find(v.type().shape, axis) != v.type().shape.end(); }))
      made += fmt::format("{}{}", made.empty() ? "" : ", ", print_attribute(axis));
  return made;
}

Subject subject_of(const Projects& projects, const ReportOptions& options, const Target& target) {
  constexpr double most_operations = 3e8;  // that are run by definition
  if (names_a_file(options.model)) {
    const Graph graph = read_graph(options.model);
    History history = history_of(graph, default_pipeline, target);
    ReferenceErrors errors = reference_errors(graph, default_pipeline, history.graph, most_operations);
    return {std::move(history), std::move(errors)};
  }
  const Project& project = find_project(projects, options.model);
  const bool trains = options.step == "train";
  const Graph forward = project.forward();
  Subject made{trains ? history_of_training(forward, project.optimizer, target)
                      : history_of(forward, inference_pipeline, target)};
  const std::array sizes{Axis{"batch", 2}, Axis{"time", 5}};
  Graph small = at_small_sizes(forward, sizes);
  const std::string made_small = axes_in(small, sizes);
  if (trains) small = training_step(small, project.optimizer);
  made.errors =
      reference_errors(small, trains ? default_pipeline : inference_pipeline, made.history.graph, most_operations);
  made.errors.sizes = made_small;
  return made;
}

/// What a reader without scripts sees.
std::string summary_of(const History& history) {
  std::string made;
  for (const Turn& turn : history.turns)
    if (turn.changes || !turn.told)
      made += fmt::format("{:<24} {:>6} rewrites {:>6} nodes {:>10}\n", turn.pass, turn.told ? turn.changes : 0,
                          turn.nodes, byte_text(turn.arena));
  return made;
}

}  // namespace

int report(const Projects& projects, const ReportOptions& options) {
  const Isa isa = best_isa();
  auto [made, errors] = subject_of(projects, options, CpuTarget(isa, Provider::automatic));
  const bool by_name = !names_a_file(options.model);
  ReportFacts facts{.model = by_name ? options.model : made.graph.name(),
                    .step = by_name ? options.step : "",
                    .isa = std::string(name_of(isa)),
                    .errors = std::move(errors)};
  if (!options.profile.empty())
    facts.profile = measured_profile(read_text(options.profile), options.profile, made.plan);
  const std::string page = report_page(made.graph.name(), report_json(made, facts, most_boxes), summary_of(made));
  write_text(options.output, page);
  if (!options.output.empty() && options.output != "-")
    fmt::print("written: {} ({}, {} rewrites, {} refusals); open it in a browser\n", options.output,
               byte_text(page.size()), made.changes.size(), made.refusals.size());
  return 0;
}

}  // namespace vitrine
