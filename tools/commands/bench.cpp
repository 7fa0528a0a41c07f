#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "runtime/random.hpp"
#include "tools/commands/commands.hpp"
#include "tools/compiled.hpp"
#include "tools/progress.hpp"
#include "tools/text_file.hpp"
#include "tools/workloads.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> samples) {
  std::ranges::sort(samples);
  const std::size_t n = samples.size();
  return n % 2 ? samples[n / 2] : (samples[n / 2 - 1] + samples[n / 2]) / 2;
}

struct Row {
  std::string work, unit;
  int threads;
  std::vector<double> samples{};
};

/// W1a, ready to be run again and again on made-up images.
class TrainingStep {
 public:
  explicit TrainingStep(int threads)
      : pool_(threads), images_(64 * 784), labels_(64), program_(compiled(w1a(), states_, pool_)) {
    const RandomStream random(1, 0);
    for (std::size_t i = 0; i < images_.size(); ++i) images_[i] = random.normal(i);
    for (std::size_t i = 0; i < labels_.size(); ++i) labels_[i] = static_cast<std::int32_t>(i % 10);
    program_.bind_input("image", images_.data());
    program_.bind_input("label", labels_.data());
  }
  void run() { program_.run(); }
  /// Milliseconds a step, over enough steps to fill 50 ms.
  double measure() {
    auto start = Clock::now();
    program_.run();
    const int steps = std::max(1, static_cast<int>(50 / std::max(milliseconds_since(start), 1e-3)));
    start = Clock::now();
    for (int i = 0; i < steps; ++i) program_.run();
    return milliseconds_since(start) / steps;
  }

 private:
  Pool pool_;
  States states_{1};
  std::vector<float> images_;
  std::vector<std::int32_t> labels_;
  Program program_;
};

void measure_w1a(const BenchOptions& options, std::vector<Row>& rows) {
  std::vector<int> threads{1, 2};
  if (options.common.threads) threads = {options.common.threads};
  std::vector<std::unique_ptr<TrainingStep>> steps;
  const std::size_t first = rows.size();
  for (int n : threads) {
    steps.push_back(std::make_unique<TrainingStep>(n));
    for (int i = 0; i < 20; ++i) steps.back()->run();
    rows.push_back({"W1a", "ms", n});
  }
  Progress progress("W1a", static_cast<std::size_t>(options.repeats));
  for (int i = 0; i < options.repeats; ++i, progress.advance(1, ""))
    for (std::size_t k = 0; k < steps.size(); ++k) rows[first + k].samples.push_back(steps[k]->measure());
}

void measure_w7(const BenchOptions& options, std::vector<Row>& rows) {
  Row time{"W7", "ms", 1}, memory{"W7", "MiB", 1};
  Progress progress("W7", static_cast<std::size_t>(options.repeats));
  for (int i = 0; i < options.repeats; ++i, progress.advance(1, "")) {
    std::array<std::string, 3> words{"vitrine", "bench", "one-step"};
    std::array<char*, 4> argv{words[0].data(), words[1].data(), words[2].data(), nullptr};
    const auto start = Clock::now();
    pid_t child = 0;
    if (posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, argv.data(), environ) != 0)
      throw InputError("bench W7: cannot start a process; check the limits of this machine");
    int status = 0;
    rusage used{};
    if (wait4(child, &status, 0, &used) != child || status != 0)
      throw InternalError("bench W7: the process that trains one step failed");
    time.samples.push_back(milliseconds_since(start));
    memory.samples.push_back(static_cast<double>(used.ru_maxrss) / 1024);
  }
  rows.push_back(std::move(time));
  rows.push_back(std::move(memory));
}

}  // namespace

int bench(const BenchOptions& options) {
  constexpr std::array<std::string_view, 2> known{"W1a", "W7"};
  // What W7 starts: build the model, train one step, end.
  if (options.works == std::vector<std::string>{"one-step"}) return TrainingStep(1).run(), 0;
  std::vector<Row> rows;
  for (const std::string& work : options.works)
    if (std::ranges::find(known, work) == known.end()) {
      const std::string_view near = nearest(work, known);
      throw UsageError(fmt::format("bench: there is no workload named '{}'{} (W1a, W7)", work,
                                   near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    }
  const auto wanted = [&](std::string_view work) {
    return options.works.empty() || std::ranges::find(options.works, work) != options.works.end();
  };
  if (wanted("W1a")) measure_w1a(options, rows);
  if (wanted("W7")) measure_w7(options, rows);

  nlohmann::json made = nlohmann::json::array();
  fmt::print("{:<6} {:>7} {:>10} {:>10} {:>10}  {}\n", "work", "threads", "median", "least", "most", "unit");
  for (const Row& row : rows) {
    const auto [least, most] = std::ranges::minmax(row.samples);
    fmt::print("{:<6} {:>7} {:>10.3f} {:>10.3f} {:>10.3f}  {}\n", row.work, row.threads, median(row.samples), least,
               most, row.unit);
    made.push_back({{"work", row.work},
                    {"peer", "vitrine"},
                    {"variant", "own"},
                    {"threads", row.threads},
                    {"unit", row.unit},
                    {"samples", row.samples},
                    {"median", median(row.samples)}});
  }
  if (!options.common.json.empty()) write_text(options.common.json, made.dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
