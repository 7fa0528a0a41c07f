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
#include "tools/peer.hpp"
#include "tools/progress.hpp"
#include "tools/text_file.hpp"
#include "tools/tune.hpp"
#include "tools/workloads.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// A workload, ready to be run again and again on made-up data.
class TrainingStep {
 public:
  TrainingStep(const Workload& work, int threads, Provider provider = Provider::automatic)
      : pool_(threads), program_(compiled(work.graph(), states_, pool_, default_pipeline, provider)) {
    const RandomStream random(1, 0);
    for (const auto& [name, type] : program_.plan().inputs) {
      const std::size_t count = type.shape.elements();
      if (type.dtype == DType::f32) {
        numbers_.resize(count);
        for (std::size_t i = 0; i < count; ++i) numbers_[i] = random.normal(i);
        program_.bind_input(name, numbers_.data());
      } else {
        std::vector<std::int32_t>& made = integers_[name];
        for (std::size_t i = 0; i < count; ++i) made.push_back(static_cast<std::int32_t>(i * 7 % 10));
        program_.bind_input(name, made.data());
      }
    }
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
  std::vector<float> numbers_{};
  std::map<std::string, std::vector<std::int32_t>> integers_{};
  Program program_;
};

/// The ways to run the peers on a workload that may be the best: one short look at each of them tells.
std::vector<Measured> promising_peers(const std::string& work, int threads) {
  std::vector<Measured> peers = peers_of(work);
  std::erase_if(peers, [&](const Measured& peer) { return threads && peer.threads != threads; });
  constexpr int look = 3;            // samples
  constexpr std::size_t worthy = 3;  // variants for each number of threads
  Progress progress(work + ", a look at each way to run PyTorch", peers.size());
  for (Measured& peer : peers) {
    measure_peer(peer, look);
    progress.advance(1, fmt::format("{}, {} threads", peer.variant, peer.threads));
  }
  return fastest(std::move(peers), worthy);
}

/// Ours and the peers' samples in turns, so that a busy spell of the machine meets them all.
void measure(const Workload& work, const BenchOptions& options, std::vector<Measured>& rows) {
  const std::string name(work.name);
  std::vector<Measured> peers = options.peers ? promising_peers(name, options.common.threads) : std::vector<Measured>();
  std::vector<std::unique_ptr<TrainingStep>> steps;
  const std::size_t first = rows.size();
  for (const int threads : options.common.threads ? std::vector{options.common.threads} : std::vector{1, 2}) {
    steps.push_back(std::make_unique<TrainingStep>(work, threads, provider_named("bench", options.provider)));
    for (int i = 0; i < 3; ++i) steps.back()->run();
    rows.push_back({.work = name, .peer = "vitrine", .variant = options.provider, .unit = "ms", .threads = threads});
  }
  constexpr int in_a_turn = 5;
  const int turns = peers.empty() ? 1 : (options.repeats + in_a_turn - 1) / in_a_turn;
  const int samples = peers.empty() ? options.repeats : in_a_turn;
  Progress progress(name, static_cast<std::size_t>(turns) * (peers.size() + static_cast<std::size_t>(samples)));
  for (int turn = 0; turn < turns; ++turn) {
    for (int i = 0; i < samples; ++i, progress.advance(1, ""))
      for (std::size_t k = 0; k < steps.size(); ++k) rows[first + k].samples.push_back(steps[k]->measure());
    for (Measured& peer : peers) {
      progress.advance(1, fmt::format("{} {}, {} threads", peer.peer, peer.variant, peer.threads));
      measure_peer(peer, in_a_turn);
    }
  }
  rows.insert(rows.end(), peers.begin(), peers.end());
}

void measure_w7(const BenchOptions& options, std::vector<Measured>& rows) {
  Measured time{.work = "W7", .peer = "vitrine", .variant = "auto", .unit = "ms"}, memory = time;
  memory.unit = "MiB";
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

/// How much longer the best peer takes than we do, each at its best number of threads.
void print_ratios(std::span<const Measured> rows) {
  for (const Workload& work : workloads()) {
    const Measured *ours = nullptr, *peer = nullptr;
    for (const Measured& row : rows) {
      if (row.work != work.name) continue;
      const Measured*& best = row.peer == "vitrine" ? ours : peer;
      if (!best || median(row.samples) < median(best->samples)) best = &row;
    }
    if (ours && peer)
      fmt::print("{}: {:.2f} times as fast as {} at its best ({}, {} thread{}): {:.3f} and {:.3f} ms\n", work.name,
                 median(peer->samples) / median(ours->samples), peer->peer, peer->variant, peer->threads,
                 peer->threads == 1 ? "" : "s", median(ours->samples), median(peer->samples));
  }
}

}  // namespace

int bench(const BenchOptions& options) {
  std::vector<std::string_view> known;
  for (const Workload& work : workloads()) known.push_back(work.name);
  known.push_back("W7");
  // What W7 starts: build the model, train one step, end.
  if (options.works == std::vector<std::string>{"one-step"}) return TrainingStep(workloads()[0], 1).run(), 0;
  if (options.tune) {
    if (!options.works.empty())
      throw UsageError("bench: --tune has works of its own; leave " + options.works[0] + " out");
    const std::string table = tuned_table(options.repeats);
    if (options.output.empty())
      fmt::print("{}", table);
    else
      write_text(options.output, table);
    return 0;
  }
  if (!options.output.empty()) throw UsageError("bench: -o is for the table of --tune; --json FILE takes the numbers");
  std::vector<Measured> rows;
  for (const std::string& work : options.works)
    if (std::ranges::find(known, work) == known.end()) {
      const std::string_view near = nearest(work, known);
      throw UsageError(fmt::format("bench: there is no workload named '{}'{} ({})", work,
                                   near.empty() ? "" : fmt::format("; did you mean '{}'?", near),
                                   fmt::join(known, ", ")));
    }
  const auto wanted = [&](std::string_view work) {
    return options.works.empty() || std::ranges::find(options.works, work) != options.works.end();
  };
  for (const Workload& work : workloads())
    if (wanted(work.name)) measure(work, options, rows);
  if (wanted("W7")) measure_w7(options, rows);

  nlohmann::json made = nlohmann::json::array();
  fmt::print("{:<5} {:<8} {:<39} {:>7} {:>10} {:>10} {:>10}  {}\n", "work", "who", "variant", "threads", "median",
             "least", "most", "unit");
  for (const Measured& row : rows) {
    const auto [least, most] = std::ranges::minmax(row.samples);
    fmt::print("{:<5} {:<8} {:<39} {:>7} {:>10.3f} {:>10.3f} {:>10.3f}  {}\n", row.work, row.peer, row.variant,
               row.threads, median(row.samples), least, most, row.unit);
    made.push_back({{"work", row.work},
                    {"peer", row.peer},
                    {"variant", row.variant},
                    {"threads", row.threads},
                    {"unit", row.unit},
                    {"samples", row.samples},
                    {"median", median(row.samples)}});
  }
  if (options.peers) print_ratios(rows);
  if (!options.common.json.empty()) write_text(options.common.json, made.dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
