#include "tools/certify.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/optimizers.hpp"
#include "tools/commands/commands.hpp"
#include "tools/compiled.hpp"
#include "tools/find_project.hpp"
#include "tools/lint.hpp"
#include "tools/sizes.hpp"
#include "tools/small_values.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// The graph to certify, the forward graph whose derivatives are in it, if any are, and what was done to that before.
struct Subject {
  Graph graph;
  std::optional<Graph> forward{};
  Certificate before{};
};

Subject subject_of(const Projects& projects, const CertifyOptions& options, Pool& pool) {
  if (names_a_file(options.model)) {
    Graph graph = read_graph(options.model);
    return {graph, graph};
  }
  const Project& project = find_project(projects, options.model);
  Graph forward = at_small_sizes(project.forward(), sizes_of(options.sizes, "certify"));
  if (options.step == "decode") return {decode_graph(project, forward)};
  if (options.step == "forward") return {std::move(forward)};
  Certificate before = certify_recognition(forward, small_values(forward, options.common.seed), pool).certificate;
  if (!options.passes.empty()) before = {};
  Graph step = differentiated_step(forward, project.optimizer);
  return {std::move(step), std::move(forward), std::move(before)};
}

std::vector<Pass> passes_for(const CertifyOptions& options) {
  if (!options.passes.empty()) return passes_named(options.passes);
  // A forward graph is a model in use.
  const bool in_use = !names_a_file(options.model) && options.step == "forward";
  const std::span<const Pass> all = in_use ? inference_pipeline : decode_pipeline;
  return {all.begin(), all.end()};
}

}  // namespace

int certify(const Projects& projects, const CertifyOptions& options) {
  warn_of_findings(projects, options.model);
  const std::vector<Pass> passes = passes_for(options);
  Pool pool(thread_count(options.common.threads));
  Subject subject = subject_of(projects, options, pool);
  fmt::print("{}{}: {} nodes{}\n", subject.graph.name(), names_a_file(options.model) ? "" : ", step " + options.step,
             subject.graph.topological().size(),
             names_a_file(options.model) ? "" : ", at " + options.sizes + " where it has these axes");
  const Values<float> leaves = small_values(subject.graph, options.common.seed);
  Certificate made =
      certify(subject.graph, subject.forward ? &*subject.forward : nullptr, passes, leaves, pool).certificate;
  prepend(subject.before, made);
  fmt::print("{}", table(made));
  report_breaks(made, options.out);
  if (!options.common.json.empty()) write_text(options.common.json, json(made));
  if (made.holds()) fmt::print("certified: every stage holds its contract\n");
  return made.holds() ? 0 : 1;
}

}  // namespace vitrine
