// W7: what a whole process takes that builds a model, trains it for one step and ends.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>

#include "tools/interleaved.hpp"
#include "tools/peer.hpp"
#include "tools/progress.hpp"
#include "vitrine/error.hpp"

extern char** environ;

namespace vitrine {

namespace {

/// Runs a command and adds what it took to both rows. What it prints nobody asks for.
void add_run(std::vector<std::string> words, Measured& time, Measured& memory) {
  using Clock = std::chrono::steady_clock;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto start = Clock::now();
  pid_t child = 0;
  if (posix_spawnp(&child, words[0].c_str(), nullptr, nullptr, arguments.data(), environ) != 0)
    throw InputError(fmt::format("bench W7: cannot start {}; check the limits of this machine", words[0]));
  int status = 0;
  rusage used{};
  if (wait4(child, &status, 0, &used) != child || status != 0)
    throw InputError(fmt::format("bench W7: {} did not train its step", fmt::join(words, " ")));
  time.samples.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  memory.samples.push_back(static_cast<double>(used.ru_maxrss) / 1024);
}

}  // namespace

std::vector<Measured> measure_processes(const MeasureOptions& options) {
  const auto row = [](const char* peer, const char* variant, const char* unit) {
    return Measured{.work = "W7", .peer = peer, .variant = variant, .unit = unit};
  };
  std::vector<Measured> rows{row("vitrine", "auto", "ms"), row("vitrine", "auto", "MiB")};
  const bool torch = std::ranges::find(options.peers, "torch") != options.peers.end();
  if (torch) rows.insert(rows.end(), {row("torch", "eager", "ms"), row("torch", "eager", "MiB")});
  Progress progress("W7", static_cast<std::size_t>(options.repeats));
  for (int i = 0; i < options.repeats; ++i, progress.advance(1, "")) {
    add_run({"/proc/self/exe", "bench", "one-step"}, rows[0], rows[1]);
    if (torch) add_run(peer_command(rows[2], 1), rows[2], rows[3]);
  }
  return rows;
}

}  // namespace vitrine
