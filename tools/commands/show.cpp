#include <fmt/format.h>

#include <algorithm>

#include "compiler/compile.hpp"
#include "compiler/dot.hpp"
#include "compiler/graph_json.hpp"
#include "compiler/memory_plan.hpp"
#include "compiler/passes.hpp"
#include "compiler/plan_picture.hpp"
#include "compiler/print.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/isa.hpp"
#include "tools/commands/commands.hpp"
#include "tools/find_project.hpp"
#include "tools/graphviz.hpp"
#include "tools/lint.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// The graph as it stood before or after a pass. A pass that changed nothing left it as the passes before it had.
Graph at_point(Graph graph, std::span<const Pass> passes, const ShowOptions& options) {
  const std::string_view pass = passes_named(options.after.empty() ? options.before : options.after).at(0).name;
  Graph now = graph, last = graph, found = graph, rewritten = graph;
  bool ran = false;
  PipelineOptions pipeline;
  pipeline.after_pass = [&](const Graph& changed, const Pass& by, std::size_t) {
    if (by.name == pass && !options.after.empty()) found = changed;
    if (by.name == pass && !options.before.empty() && !ran) found = last;
    ran = ran || by.name == pass;
    if (!by.annotates) rewritten = changed;
    last = changed;
  };
  optimize(now, passes, pipeline);
  if (ran) return found;
  // It changed nothing: one that rewrites had its last turn before the first that annotates.
  return std::ranges::find(every_pass, pass, &Pass::name)->annotates ? now : rewritten;
}

Graph shown(const Projects& projects, const ShowOptions& options) {
  const std::string& name = options.after.empty() ? options.before : options.after;
  if (name.empty()) return model_graph(projects, options.model, options.step);
  const std::string_view pass = passes_named(name).at(0).name;
  const auto has = [&](std::span<const Pass> passes) {
    return std::ranges::find(passes, pass, &Pass::name) != passes.end();
  };
  if (has(default_pipeline))
    return at_point(model_graph(projects, options.model, options.step), default_pipeline, options);
  // What runs before the gradients are made shows the forward graph. Any other pass that training leaves out shows the
  // model in use.
  if (options.step == "train" && !names_a_file(options.model) && has(recognition_pipeline))
    return at_point(find_project(projects, options.model).forward(), recognition_pipeline, options);
  return at_point(model_graph(projects, options.model, options.step), inference_pipeline, options);
}

/// Where each tensor of the compiled graph lies, and when. Said beside it: how near that is to the least possible.
void show_memory(Graph graph, const ShowOptions& options) {
  if (options.after.empty() && options.before.empty()) optimize(graph);
  const Plan plan = compile(graph, CpuTarget(best_isa(), Provider::automatic));
  write_text(options.output, plan_picture(plan, graph));
  fmt::print(stderr, "{}: {}\n", graph.name(), memory_summary(plan));
}

}  // namespace

int show(const Projects& projects, const ShowOptions& options) {
  if (!options.after.empty() && !options.before.empty())
    throw UsageError("show: --after and --before exclude each other; give one");
  warn_of_findings(projects, options.model);
  const Graph graph = shown(projects, options);
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
