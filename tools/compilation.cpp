#include "tools/compilation.hpp"

#include "compiler/optimizers.hpp"
#include "tools/find_project.hpp"
#include "tools/small_values.hpp"

namespace vitrine {

namespace {

Graph traced_graph(const Projects& projects, const std::string& model, const std::string& step,
                   const std::vector<Axis>& sizes) {
  if (names_a_file(model)) return read_graph(model);
  const Project& project = find_project(projects, model);
  Graph forward = project.forward();
  if (!sizes.empty()) forward = at_small_sizes(forward, sizes);
  return step == "decode" ? decode_graph(project, forward) : std::move(forward);
}

}  // namespace

std::vector<std::span<const Pass>> pipelines_of(const std::string& model, const std::string& step) {
  if (names_a_file(model)) return {default_pipeline};
  if (step == "forward") return {inference_pipeline};  // a model in use
  if (step == "decode") return {decode_pipeline};      // derived from one
  return {recognition_pipeline, default_pipeline};
}

Compilation::Compilation(const Projects& projects, const std::string& model, const CompilationOptions& options)
    : traced_(traced_graph(projects, model, options.step, options.sizes)) {
  const bool of_file = names_a_file(model);
  is_training_ = options.step == "train" && !of_file;
  if (options.begin) options.begin(traced_);
  PipelineOptions pipeline;
  if (options.after)
    pipeline.after_pass = [&](const Graph& now, const Pass& pass, std::size_t) { options.after(now, pass.name); };
  recognized_ = std::make_unique<Graph>(traced_);
  if (is_training_) {
    if (const auto passes = chosen_before_gradients(recognition_pipeline, options.passes); !passes.empty())
      record_ = optimize(*recognized_, passes, pipeline);
    recognitions_ = record_.rewrites.size();
    given_ = differentiated_step(*recognized_, find_project(projects, model).optimizer);
    if (options.after) options.after(given_, "gradients");
  } else {
    given_ = traced_;
  }
  compiled_ = std::make_unique<Graph>(given_);
  passes_ = chosen(pipelines_of(model, options.step).back(), options.passes);
  Record behind = optimize(*compiled_, passes_, pipeline);
  std::ranges::move(behind.rewrites, std::back_inserter(record_.rewrites));
  std::ranges::move(behind.refusals, std::back_inserter(record_.refusals));
}

}  // namespace vitrine
