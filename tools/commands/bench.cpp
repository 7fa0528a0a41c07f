#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "tools/bench_table.hpp"
#include "tools/commands/commands.hpp"
#include "tools/compile_times.hpp"
#include "tools/find_project.hpp"
#include "tools/interleaved.hpp"
#include "tools/peer.hpp"
#include "tools/text_file.hpp"
#include "tools/timed.hpp"
#include "tools/tune.hpp"
#include "tools/workloads.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

/// All that can be timed: what is timed if nothing is named, and the milestones' training steps.
std::vector<Workload> works_here(const Projects& projects) {
  std::vector<Workload> all(workloads().begin(), workloads().end());
  for (const Project& project : projects)
    if (project.name == "stories")
      for (const auto& [name, what, scheme, cached] :
           {std::tuple{"W8", "on made-up numbers", "", true},
            {"W8_int8", "in eight bits", "int8", true},
            {"W8_int4", "in four bits, its table in eight", "int4,scale=maximum", true},
            {"W8_nocache", "without a cache", "", false}})
        all.push_back({.name = name,
                       .what = fmt::format("256 tokens written by the model stories, {}", what),
                       .graph = project.forward,
                       .in_use = true,
                       .prompt = 1,
                       .written = 255,
                       .cached = cached,
                       .if_named = !cached,
                       .scheme = scheme});
  for (const Project& project : projects)
    all.push_back({.name = project.name,
                   .what = "training step",
                   .graph = [&projects, name = project.name] { return model_graph(projects, name, "train"); },
                   .of_a_milestone = true});
  return all;
}

void demand_known(const std::vector<std::string>& works, std::span<const Workload> here) {
  std::vector<std::string_view> known;
  for (const Workload& work : here) known.push_back(work.name);
  known.insert(known.end(), {"W7", "compile"});
  for (const std::string& work : works)
    if (std::ranges::find(known, work) == known.end()) {
      const std::string_view near = nearest(work, known);
      throw UsageError(fmt::format("bench: there is no workload named '{}'{} ({})", work,
                                   near.empty() ? "" : fmt::format("; did you mean '{}'?", near),
                                   fmt::join(known, ", ")));
    }
}

int tune(const BenchOptions& options) {
  if (!options.works.empty())
    throw UsageError("bench: --tune has works of its own; leave " + options.works[0] + " out");
  const std::string table = tuned_table(options.repeats);
  if (options.output.empty())
    fmt::print("{}", table);
  else
    write_text(options.output, table);
  return 0;
}

int compile_only(const BenchOptions& options) {
  if (options.works.size() > 1 || options.peers || options.ungrouped)
    throw UsageError("bench: compile stands by itself, without other works, --peers and --ungrouped");
  const CompileTimes times = compile_times(options.repeats);
  fmt::print("{}", times.table);
  if (!options.common.json.empty()) write_text(options.common.json, bench_json(times.rows));
  return 0;
}

/// The peers that are here; of each other one a line says what to install.
std::vector<std::string> peers_here() {
  std::vector<std::string> here;
  for (const std::string_view peer : every_peer)
    if (const std::string why = peer_missing(peer); why.empty())
      here.emplace_back(peer);
    else
      fmt::print(stderr, "vitrine: bench --peers does without {}: {}\n", peer, why);
  return here;
}

/// Of the providers, all whose difference a product shows, unless one was named.
std::vector<std::string> providers_of(const Workload& work, const BenchOptions& options) {
  if (!options.provider.empty()) return {options.provider};
  if (work.operations == 0) return {"auto"};
  if (!onednn_missing().empty()) return {"own", "auto"};
  return {"own", "onednn", "auto"};
}

}  // namespace

int bench(const Projects& projects, const BenchOptions& options) {
  // What W7 starts: build the model, train one step, end.
  if (options.works == std::vector<std::string>{"one-step"}) return timed(workloads()[0], 1)->run(), 0;
  if (options.tune) return tune(options);
  if (!options.output.empty()) throw UsageError("bench: -o is for the table of --tune; --json FILE takes the numbers");
  const std::vector<Workload> here = works_here(projects);
  demand_known(options.works, here);
  const auto is_named = [&](std::string_view work) {
    return std::ranges::find(options.works, work) != options.works.end();
  };
  if (is_named("compile")) return compile_only(options);

  if (options.ungrouped && options.peers)
    throw UsageError("bench: --ungrouped compares us with ourselves and --peers with others; ask for one at a time");
  for (const Workload& work : here)
    if (options.peers && work.of_a_milestone && is_named(work.name))
      throw UsageError("bench: no peer has the milestone '" + work.name + "'; leave it or --peers out");
  MeasureOptions measure{.repeats = options.repeats, .ungrouped = options.ungrouped};
  if (options.common.threads) measure.threads = {options.common.threads};
  if (options.peers) measure.peers = peers_here();
  // First, while this process is small: Linux counts to a process's peak what the one that started it held.
  std::vector<Measured> processes, rows;
  if (options.works.empty() || is_named("W7")) processes = measure_processes(measure);
  const auto add = [&](std::vector<Measured> made) { rows.insert(rows.end(), made.begin(), made.end()); };
  for (const Workload& work : here) {
    if (options.works.empty() ? work.of_a_milestone || work.if_named : !is_named(work.name)) continue;
    measure.providers = providers_of(work, options);
    add(measure_interleaved(work, measure));
  }
  add(std::move(processes));
  fmt::print("{}{}", bench_table(rows), ratio_table(rows, options.provider.empty() ? "auto" : options.provider));
  if (!options.common.json.empty()) write_text(options.common.json, bench_json(rows));
  return 0;
}

}  // namespace vitrine
