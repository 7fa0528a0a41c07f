#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "compiler/continuation_proof.hpp"
#include "compiler/dot.hpp"
#include "compiler/graph_json.hpp"
#include "compiler/memory_plan.hpp"
#include "compiler/passes.hpp"
#include "compiler/plan_picture.hpp"
#include "compiler/print.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/isa.hpp"
#include "tools/compilation.hpp"
#include "tools/find_project.hpp"
#include "tools/graph_at.hpp"
#include "tools/graphviz.hpp"
#include "tools/lint.hpp"
#include "tools/pass_dumps.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

bool names_a_point(const ShowOptions& options) { return !options.after.empty() || !options.before.empty(); }

/// Where each tensor of the compiled graph lies, and when. Said beside it: how near that is to the least possible.
void show_memory(Graph graph, const ShowOptions& options) {
  if (!names_a_point(options)) optimize(graph);
  const Plan plan = compile(graph, CpuTarget(best_isa(), Provider::automatic));
  write_text(options.output, plan_picture(plan, graph));
  fmt::print(stderr, "{}: {}\n", graph.name(), memory_summary(plan));
}

/// The graph around every pass of the whole compilation.
int show_every_pass(const Projects& projects, const ShowOptions& options) {
  if (names_a_point(options) || options.round || options.format != "text")
    throw UsageError(
        "show: --print-after-all and --print-before-all print every pass, as text; leave --after, --before, --round "
        "and --format out");
  std::optional<PassDumps> dumps;
  const PassDumps::Which which{options.print_before_all, options.print_after_all};
  const Compilation whole(projects, options.model,
                          {.step = options.step,
                           .begin = [&](const Graph& start) { dumps.emplace(which, start); },
                           .after = [&](const Graph& now, std::string_view pass) { dumps->see(now, pass); }});
  write_text(options.output, dumps->text().empty() ? print(whole.compiled()) : dumps->text());
  return 0;
}

/// The graph in use, with the proof that it can go on.
int show_proof(const Projects& projects, const ShowOptions& options) {
  if (names_a_point(options) || options.format == "json" || options.format == "memory")
    throw UsageError(
        "show: --proof shows the model in use, as text, dot, svg or png; leave --after, --before and other "
        "formats out");
  if (names_a_file(options.model))
    throw UsageError(
        "show: --proof is for a model by its name, which says along which axis it goes on; 'vitrine list' "
        "shows the names");
  ContinuationReport report;
  std::string axis;
  const Project& project = find_project(projects, options.model);
  const Graph full = whole_to_go_on(project, project.forward(), axis);
  continuation(full, {.axis = axis}, &report);
  if (options.format == "text") {
    write_text(options.output, proof_text(full, axis, report));
    return 0;
  }
  const std::string picture = dot(full, {.fold = options.fold, .paint = proof_paint(full, axis, report)});
  write_text(options.output, options.format == "dot" ? picture : render(picture, options.format));
  return 0;
}

}  // namespace

int show(const Projects& projects, const ShowOptions& options) {
  if (options.print_after_all || options.print_before_all) return show_every_pass(projects, options);
  if (options.proof) return show_proof(projects, options);
  warn_of_findings(projects, options.model);
  const Point at{.before = options.before, .after = options.after, .round = options.round};
  const Graph graph = graph_at(projects, options.model, options.step, at, "show").graph;
  if (options.format == "text")
    write_text(options.output, print(graph));
  else if (options.format == "json")
    write_text(options.output, json(graph));
  else if (options.format == "memory")
    show_memory(graph, options);
  else {
    const std::string picture = dot(graph, {.fold = options.fold});
    write_text(options.output, options.format == "dot" ? picture : render(picture, options.format));
  }
  return 0;
}

}  // namespace vitrine
