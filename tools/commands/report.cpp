#include <fmt/format.h>

#include "compiler/byte_text.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/isa.hpp"
#include "tools/commands/commands.hpp"
#include "tools/find_project.hpp"
#include "tools/report/measured_profile.hpp"
#include "tools/report/page.hpp"
#include "tools/report/report_json.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// More boxes than a browser pans at ease: such a map is left out, and the page says so.
constexpr std::size_t most_boxes = 6000;

History history(const Projects& projects, const ReportOptions& options, const Target& target) {
  if (names_a_file(options.model)) return history_of(read_graph(options.model), default_pipeline, target);
  const Project& project = find_project(projects, options.model);
  if (options.step == "forward") return history_of(project.forward(), inference_pipeline, target);
  return history_of_training(project.forward(), project.optimizer, target);
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
  const History made = history(projects, options, CpuTarget(isa, Provider::automatic));
  const bool by_name = !names_a_file(options.model);
  ReportFacts facts{.model = by_name ? options.model : made.graph.name(),
                    .step = by_name ? options.step : "",
                    .isa = std::string(name_of(isa))};
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
