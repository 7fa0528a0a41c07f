// Two graphs, or what two compilations did, side by side.
#include <fmt/format.h>

#include "compiler/diff_picture.hpp"
#include "tools/commands/commands.hpp"
#include "tools/compilation.hpp"
#include "tools/diff_text.hpp"
#include "tools/find_project.hpp"
#include "tools/graph_at.hpp"
#include "tools/graphviz.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

int diff_records(const Projects& projects, const DiffCommandOptions& options, const std::string& step_a,
                 const std::string& step_b) {
  const auto compiled = [&](const std::string& model, const std::string& step, const PassChoice& passes) {
    demand_sense(passes, pipelines_of(model, step), "diff");
    return std::make_unique<Compilation>(projects, model, CompilationOptions{.step = step, .passes = passes});
  };
  const auto a = compiled(options.a, step_a, options.passes_a), b = compiled(options.b, step_b, options.passes_b);
  const RecordDiff diff = record_diff(recorded(a->rewrites()), recorded(b->rewrites()));
  const Sides sides{described(options.a, step_a, words(options.passes_a)),
                    described(options.b, step_b, words(options.passes_b))};
  write_text(options.output, text(diff, a->rewrites(), b->rewrites(), sides));
  if (!options.json.empty()) write_text(options.json, json(diff, a->rewrites(), b->rewrites(), sides));
  return diff.equal() ? 0 : 1;
}

}  // namespace

int diff(const Projects& projects, const DiffCommandOptions& given) {
  DiffCommandOptions options = given;
  if (options.b.empty()) options.b = options.a;
  if (options.a == "-" && options.b == "-")
    throw UsageError("diff: standard input can be read once; give one of the graphs as a file");
  const std::string &step_a = options.step_a.empty() ? options.step : options.step_a,
                    &step_b = options.step_b.empty() ? options.step : options.step_b;
  const bool named_passes = !options.passes_a.all() || !options.passes_b.all();
  const auto is_set = [](const Point& p) { return !p.after.empty() || !p.before.empty(); };
  if (named_passes && !options.pipelines)
    throw UsageError(
        "diff: --passes-a, --passes-b, --without-a and --without-b are for --pipelines; add it, or name a point with "
        "--after-a");
  if (options.pipelines && (is_set(options.at_a) || is_set(options.at_b) || options.format != "text"))
    throw UsageError("diff: --pipelines compares whole compilations, as text; leave points and --format out");
  if (options.pipelines) return diff_records(projects, options, step_a, step_b);

  const GraphAt a = graph_at(projects, options.a, step_a, options.at_a, "diff"),
                b = graph_at(projects, options.b, step_b, options.at_b, "diff");
  DiffOptions how;
  if (options.a == options.b && step_a == step_b && share_ids(a, b)) {
    how.same_ids = true;
    how.became = a.became;
    how.became.insert(b.became.begin(), b.became.end());
  }
  const GraphDiff made = graph_diff(a.graph, b.graph, how);
  const Sides sides{described(options.a, step_a, a.where), described(options.b, step_b, b.where)};
  if (options.format == "text") {
    write_text(options.output, text(made, a.graph, b.graph, sides));
  } else {
    const std::string picture =
        dot(a.graph, b.graph, made, {.title_a = sides.a, .title_b = sides.b, .whole = options.whole});
    write_text(options.output, options.format == "dot" ? picture : render(picture, options.format));
  }
  if (!options.json.empty()) write_text(options.json, json(made, a.graph, b.graph, sides));
  return made.equal() ? 0 : 1;
}

}  // namespace vitrine
