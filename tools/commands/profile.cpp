#include "tools/profile.hpp"

#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "compiler/continuation.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/write_file.hpp"
#include "tools/commands/commands.hpp"
#include "tools/compiled.hpp"
#include "tools/find_project.hpp"
#include "tools/made_up_run.hpp"
#include "tools/progress.hpp"
#include "tools/roofline.hpp"
#include "tools/text_file.hpp"
#include "tools/workloads.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

const Workload* workload_named(const std::string& name) {
  const auto all = workloads();
  const auto at = std::ranges::find(all, name, &Workload::name);
  return at == all.end() ? nullptr : &*at;
}

Graph graph_of(const Projects& projects, const ProfileOptions& options) {
  const Workload* workload = workload_named(options.model);
  if (!workload) return model_graph(projects, options.model, options.step);
  if (options.step != "train")
    throw UsageError(
        fmt::format("profile: {} is a training step of 'bench'; leave --step {} out", options.model, options.step));
  if (workload->written == 0) return workload->graph();
  // What it does most: one token more.
  const Graph forward = workload->graph();
  const Shape& token = forward.find("token").type().shape;
  return continuation(in_use_along(forward, token[0], token[1]), {.axis = std::string(token[1].label())});
}

/// A graph's name may be anything.
std::string folder_name(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-') c = '-';
  return name;
}

}  // namespace

int profile(const Projects& projects, const ProfileOptions& options) {
  Graph graph = graph_of(projects, options);
  const bool by_name = !names_a_file(options.model);
  const Provider provider = provider_named("profile", options.provider);
  const Record record = optimize(graph, by_name && options.step == "forward" ? inference_pipeline : decode_pipeline);
  Pool pool(thread_count(options.common.threads));
  States states(options.common.seed);
  const Isa isa = best_isa();
  Program program(compile(graph, CpuTarget(isa, provider)), states, pool, isa);
  const MadeUpRun inputs(program, states, options.common.seed);
  const KnownLimits known = machine_limits(pool, isa, cache_folder(), options.measure_limits);
  Progress progress("profile " + options.model, static_cast<std::size_t>(options.repeats));
  StepTiming timing = time_steps(program, options.repeats, [&] { progress.advance(1, ""); });

  Profile made = profile_of(graph, record, program, std::move(timing), known);
  made.model = by_name ? options.model : graph.name();
  const Workload* const workload = workload_named(options.model);
  made.graph = workload && workload->written > 0 ? "decode" : by_name ? options.step : "";
  made.provider = options.provider;
  made.isa = name_of(isa);
  made.threads = pool.threads();
  const std::filesystem::path folder =
      options.out.empty() ? std::filesystem::path("out") / folder_name(made.model) : std::filesystem::path(options.out);
  make_folder(folder);
  write_file(folder / "roofline.svg", roofline(made));
  const std::string numbers = json(made);
  write_file(folder / "profile.json", numbers);
  if (!options.common.json.empty()) write_text(options.common.json, numbers);
  fmt::print("{}written: {}, {}\n", table(made, options.top), (folder / "roofline.svg").string(),
             (folder / "profile.json").string());
  return 0;
}

}  // namespace vitrine
