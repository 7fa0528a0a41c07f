#include "tools/compile_times.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "compiler/compile.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "tools/progress.hpp"
#include "tools/workloads.hpp"
#include "vitrine/vitrine.hpp"

namespace vitrine {

namespace {

using Clock = std::chrono::steady_clock;

/// Milliseconds of each stage, in the order in which each came first: a stage lasts until the next begins.
class Stages {
 public:
  void begin(std::string_view stage) {
    end();
    const auto is_it = [&](const auto& one) { return one.first == stage; };
    at_ = static_cast<std::size_t>(std::ranges::find_if(all_, is_it) - all_.begin());
    if (at_ == all_.size()) all_.emplace_back(stage, 0);
    since_ = Clock::now();
  }
  void end() {
    if (at_ < all_.size()) all_[at_].second += std::chrono::duration<double, std::milli>(Clock::now() - since_).count();
    at_ = ~std::size_t{0};
  }
  const std::vector<std::pair<std::string, double>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, double>> all_{};
  std::size_t at_ = ~std::size_t{0};
  Clock::time_point since_{};
};

constexpr Axis batch{"batch", 1}, time{"time", 32}, token{"token", 96}, width{"width", 64}, head{"head", 4};
/// A GPT with all nodes of a large one of as many layers, but little data: its program is loaded too.
template <std::size_t layers> Graph narrow() {
  return trace_language_model(Gpt<batch, time, token, width, head, layers>(), "GPT");
}

/// What is compiled, and what that took.
struct Subject {
  std::string name;
  Graph (*forward)();
  std::size_t nodes = 0;  // of the training step, before the passes
  std::vector<Measured> rows{};

  void add_sample(Pool& pool);
  void add(const std::string& stage, double milliseconds) {
    auto row = std::ranges::find(rows, stage, &Measured::variant);
    if (row == rows.end())
      row = rows.insert(row, {.work = "compile " + name, .peer = "vitrine", .variant = stage, .unit = "ms"});
    row->samples.push_back(milliseconds);
  }
  double least_of(const std::string& stage) const {
    return std::ranges::min(std::ranges::find(rows, stage, &Measured::variant)->samples);
  }
  double median_of(const std::string& stage) const {
    return std::ranges::find(rows, stage, &Measured::variant)->median();
  }
};

constexpr const char *total = "total", *values = "states' first values", *recorded = "passes, recorded (CPU)",
                     *unrecorded = "passes, unrecorded (CPU)";
bool is_in_total(const std::string& stage) { return stage != values && stage != recorded && stage != unrecorded; }

/// The passes once more, with the record and without it, in turns and each as often first, in CPU time: what the record
/// costs is far less than what the machine does to one run.
void time_the_record(const Graph& step, bool recorded_first, const auto& add) {
  for (int i = 0; i < 4; ++i) {
    const bool keeps = (i % 2 == 0) == recorded_first;
    Graph copy(step);
    const std::clock_t begin = std::clock();
    optimize(copy, default_pipeline, {.record = keeps});
    add(keeps ? recorded : unrecorded, 1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
}

void Subject::add_sample(Pool& pool) {
  Stages stages;
  stages.begin("trace");
  const Graph traced = forward();
  stages.begin("autodiff");
  Graph step = language_step(traced);
  stages.end();
  nodes = step.topological().size();
  const Graph given(step);
  optimize(step, default_pipeline, {.at_stage = [&](std::string_view stage) { stages.begin(stage); }});
  const Isa isa = best_isa();
  stages.begin("plan");
  Plan plan = compile(step, CpuTarget(isa));
  // Data, and not part of the compilation: a file's parameters would take their place.
  stages.begin(values);
  States states(1);
  states.add(plan, pool);
  stages.begin("load");
  const Program program(std::move(plan), states, pool, isa);
  stages.end();
  double sum = 0;
  for (const auto& [stage, milliseconds] : stages.all()) {
    add(stage, milliseconds);
    if (is_in_total(stage)) sum += milliseconds;
  }
  add(total, sum);
  const bool recorded_first = std::ranges::find(rows, total, &Measured::variant)->samples.size() % 2 == 1;
  time_the_record(given, recorded_first, [&](const char* stage, double milliseconds) { add(stage, milliseconds); });
}

std::string stage_table(const Subject& subject) {
  std::string made = fmt::format("the training step of {}, {} nodes, milliseconds\n{:<25} {:>8} {:>8} {:>8}\n",
                                 subject.name, subject.nodes, "stage", "median", "least", "most");
  for (const Measured& row : subject.rows) {
    const auto [least, most] = std::ranges::minmax(row.samples);
    made += fmt::format("{:<25} {:>8.3f} {:>8.3f} {:>8.3f}{}\n", row.variant, row.median(), least, most,
                        is_in_total(row.variant) || row.variant == total ? "" : "  not in the total");
  }
  // Of the least: the difference is smaller than what a busy machine adds to a median.
  const double record = subject.least_of(recorded) - subject.least_of(unrecorded);
  made += fmt::format("keeping the record of rewrites costs {:.2f} ms, {:.1f} % of the total (of the least of each)\n",
                      record, 100 * record / subject.least_of(total));
  return made;
}

/// A line for each: what a node costs stays the same where compilation is linear.
std::string growth_table(std::span<const Subject> subjects) {
  std::string made = fmt::format("\n{:<8} {:>8} {:>10} {:>12} {:>14}\n", "layers", "nodes", "total ms", "us a node",
                                 "times the first");
  const auto microseconds = [](const Subject& subject) {
    return subject.median_of(total) / static_cast<double>(subject.nodes) * 1e3;
  };
  for (const Subject& subject : subjects)
    made +=
        fmt::format("{:<8} {:>8} {:>10.2f} {:>12.3f} {:>14.2f}\n", subject.name, subject.nodes,
                    subject.median_of(total), microseconds(subject), microseconds(subject) / microseconds(subjects[0]));
  return made;
}

}  // namespace

CompileTimes compile_times(int repeats) {
  Pool pool(1);
  std::vector<Subject> subjects{
      {"W3m", trace_w3m}, {"GPT-6", narrow<6>}, {"GPT-12", narrow<12>}, {"GPT-24", narrow<24>}, {"GPT-48", narrow<48>}};
  Progress progress("compile", static_cast<std::size_t>(repeats));
  for (int i = 0; i < repeats; ++i, progress.advance(1, ""))
    for (Subject& subject : subjects) subject.add_sample(pool);
  CompileTimes made{{}, stage_table(subjects[0]) + growth_table(std::span(subjects).subspan(1))};
  for (const Subject& subject : subjects) made.rows.insert(made.rows.end(), subject.rows.begin(), subject.rows.end());
  return made;
}

}  // namespace vitrine
