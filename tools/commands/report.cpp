#include <fmt/format.h>

#include "compiler/byte_text.hpp"
#include "compiler/optimizers.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/isa.hpp"
#include "tools/commands/commands.hpp"
#include "tools/compilation.hpp"
#include "tools/find_project.hpp"
#include "tools/report/measured_profile.hpp"
#include "tools/report/page.hpp"
#include "tools/report/report_json.hpp"
#include "tools/small_values.hpp"
#include "tools/text_file.hpp"
#include "vitrine/attribute.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// More boxes than a browser pans at ease: such a map is left out, and the page says so.
constexpr std::size_t most_boxes = 6000;

/// Those of these axes that a graph has: "batch 2, time 5".
std::string axes_in(const Graph& graph, std::span<const Axis> axes) {
  std::string made;
  for (const Axis& axis : axes)
    if (std::ranges::any_of(graph.topological(),
                            [&](Value v) { return std::ranges::find(v.type().shape, axis) != v.type().shape.end(); }))
      made += fmt::format("{}{}", made.empty() ? "" : ", ", print_attribute(axis));
  return made;
}

/// The model's whole compilation, with these of its passes.
History compiled(const Projects& projects, const std::string& model, const std::string& step, const PassChoice& choice,
                 const Target& target) {
  const auto pipelines = pipelines_of(model, step);
  demand_sense(choice, pipelines, "report");
  const std::vector<Pass> passes = chosen(pipelines.back(), choice);
  if (names_a_file(model)) return history_of(read_graph(model), passes, target);
  const Project& project = find_project(projects, model);
  if (step != "train") return history_of(project.forward(), passes, target);
  return history_of_training(project.forward(), project.optimizer, target,
                             chosen_before_gradients(pipelines.front(), choice), passes);
}

ReferenceErrors errors_of(const Projects& projects, const ReportOptions& options, const History& history) {
  constexpr double most_operations = 3e8;  // that are run by definition
  if (names_a_file(options.model))
    return reference_errors(history.stands[0].second, decode_pipeline, history.graph, most_operations);
  const Project& project = find_project(projects, options.model);
  const bool trains = options.step == "train";
  const std::array sizes{Axis{"batch", 2}, Axis{"time", 5}};
  Graph small = at_small_sizes(project.forward(), sizes);
  const std::string made_small = axes_in(small, sizes);
  if (trains) small = training_step(small, project.optimizer);
  ReferenceErrors made =
      reference_errors(small, trains ? default_pipeline : inference_pipeline, history.graph, most_operations);
  made.sizes = made_small;
  return made;
}

bool compares(const ReportOptions& options) {
  return !options.against.empty() || !options.step_b.empty() || !options.passes_b.all();
}

/// The other compilation, if one was asked for: of another model, of another step, or with other passes.
std::optional<Comparison> compared(const Projects& projects, const ReportOptions& options, const History& history,
                                   const Target& target) {
  if (!compares(options)) return std::nullopt;
  const std::string &model = options.against.empty() ? options.model : options.against,
                    &step = options.step_b.empty() ? options.step : options.step_b;
  Comparison made = comparison_of(history, compiled(projects, model, step, options.passes_b, target));
  made.a = described(options.model, options.step, "all passes");
  made.b = described(model, step, words(options.passes_b));
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

std::string told_of(const Comparison& comparison) {
  const Differences& end = comparison.differences[comparison.points.back().differences];
  return fmt::format("; {} nodes the same as in {}, {} not", end.same, comparison.b, end.nodes.size());
}

}  // namespace

int report(const Projects& projects, const ReportOptions& options) {
  if (compares(options) && options.model == "-" && (options.against.empty() || options.against == "-"))
    throw UsageError("report: standard input can be read once; give the graph as a file");
  const Isa isa = best_isa();
  const CpuTarget target(isa, Provider::automatic);
  const History made = compiled(projects, options.model, options.step, {}, target);
  const std::optional<Comparison> comparison = compared(projects, options, made, target);
  const bool by_name = !names_a_file(options.model);
  ReportFacts facts{.model = by_name ? options.model : made.graph.name(),
                    .step = by_name ? options.step : "",
                    .isa = std::string(name_of(isa)),
                    .errors = errors_of(projects, options, made),
                    .against = comparison ? &*comparison : nullptr};
  if (!options.profile.empty())
    facts.profile = measured_profile(read_text(options.profile), options.profile, made.plan);
  const std::string page = report_page(made.graph.name(), report_json(made, facts, most_boxes), summary_of(made));
  write_text(options.output, page);
  if (!options.output.empty() && options.output != "-")
    fmt::print("written: {} ({}, {} rewrites, {} refusals{}); open it in a browser\n", options.output,
               byte_text(page.size()), made.changes.size(), made.refusals.size(),
               comparison ? told_of(*comparison) : "");
  return 0;
}

}  // namespace vitrine
