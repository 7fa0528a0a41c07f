// Proofs that take longer than a test may, as commands: tools/prove NAME. Exit codes are vitrine's own: 0 what was to
// be proved holds, 1 it does not, 2 wrong use, 3 input or environment, 4 our bug.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <fstream>
#include <mutex>
#include <thread>

#include "tests/fuzz_checks.hpp"
#include "tools/progress.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

struct FuzzOptions {
  std::uint64_t count = 500, seed = 1;
  unsigned threads = 1;
  std::string out = "out/prove";
};

/// A graph at a time by each thread; what they found and counted, together.
class Fuzzing {
 public:
  explicit Fuzzing(const FuzzOptions& options) : options_(options), progress_("graphs", options.count) {
    std::vector<std::thread> workers;
    for (unsigned i = 1; i < options.threads; ++i) workers.emplace_back([this] { work(); });
    work();
    for (std::thread& worker : workers) worker.join();
  }
  const Tally& tally() const { return tally_; }
  const std::map<std::uint64_t, std::string>& found() const { return found_; }

 private:
  void work() {
    for (std::uint64_t i = next_++; i < options_.count; i = next_++) {
      const std::uint64_t seed = options_.seed + i;
      Tally tally;
      const std::string found = check_random_graph(seed, tally);
      const std::lock_guard lock(mutex_);
      for (const auto& [what, times] : tally) tally_[what] += times;
      if (!found.empty()) {
        found_[seed] = found;
        progress_.line(found.substr(0, found.find('\n')));
      }
      progress_.advance(1, fmt::format("{} found", found_.size()));
      const std::uint64_t done = ++done_;
      if (done % 1000 == 0)
        progress_.line(fmt::format("{} of {} graphs, {} found", done, options_.count, found_.size()));
    }
  }

  const FuzzOptions& options_;
  std::atomic<std::uint64_t> next_ = 0;
  std::uint64_t done_ = 0;
  std::mutex mutex_{};
  Progress progress_;
  Tally tally_{};
  std::map<std::uint64_t, std::string> found_{};
};

void write(const std::filesystem::path& folder, std::uint64_t seed, const std::string& report) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::filesystem::path file = folder / fmt::format("graph_{}.txt", seed);
  std::ofstream out(file);
  if (!(out << report << std::flush))
    throw InputError(file.string() + ": cannot be written; check the folder and the disk");
  fmt::print("  {}\n    {}\n", file.string(), report.substr(0, report.find('\n')));
}

int fuzz_graphs(const FuzzOptions& options) {
  const Fuzzing fuzzing(options);
  for (const auto& [what, times] : fuzzing.tally()) fmt::print("{:>9}  {}\n", times, what);
  if (fuzzing.found().empty()) {
    fmt::print("{} graphs from seed {}: every check holds\n", options.count, options.seed);
    return 0;
  }
  fmt::print("{} graphs from seed {}: {} of them break a promise\n", options.count, options.seed,
             fuzzing.found().size());
  for (const auto& [seed, report] : fuzzing.found()) write(options.out, seed, report);
  fmt::print("again: tools/prove fuzz-graphs --count 1 --seed {}\n", fuzzing.found().begin()->first);
  return 1;
}

int prove(int argc, char** argv) {
  CLI::App app("prove: what takes longer to check than a test may");
  app.name("prove");
  app.require_subcommand(1);
  FuzzOptions fuzz;
  CLI::App* graphs = app.add_subcommand("fuzz-graphs", "random graphs through every pass, the runtime and gradients");
  graphs->add_option("--count", fuzz.count, "how many graphs")->capture_default_str();
  graphs->add_option("--seed", fuzz.seed, "the first one's seed; the others' follow")->capture_default_str();
  graphs->add_option("--threads", fuzz.threads, "graphs at once")->check(CLI::Range(1u, 256u))->capture_default_str();
  graphs->add_option("--out", fuzz.out, "folder for the graphs that break a promise")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return fuzz_graphs(fuzz);
  } catch (const InputError& error) {
    fmt::print(stderr, "prove: {}\n", error.what());
    return 3;
  } catch (const std::exception& error) {
    fmt::print(stderr, "prove: a bug of ours, please report it with the command line: {}\n", error.what());
    return 4;
  }
}

}  // namespace

}  // namespace vitrine

int main(int argc, char** argv) { return vitrine::prove(argc, argv); }
