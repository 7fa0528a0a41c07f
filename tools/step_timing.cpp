#include "tools/step_timing.hpp"

#include <time.h>

#include "tools/measured.hpp"

namespace vitrine {

namespace {

using Clock = StepTimes::Clock;

double nanoseconds(Clock::duration d) { return std::chrono::duration<double, std::nano>(d).count(); }

double look_at_the_clock() {
  std::vector<double> looks;
  constexpr int most = 1000;
  auto before = Clock::now();
  for (int i = 0; i < most; ++i) {
    const auto now = Clock::now();
    looks.push_back(nanoseconds(now - before));
    before = now;
  }
  return median(std::move(looks));
}

/// Nanoseconds that the calling thread has computed.
double computed() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

double whole_run(Program& program) {
  const auto start = Clock::now();
  program.run();
  return nanoseconds(Clock::now() - start);
}

}  // namespace

StepTiming time_steps(Program& program, int repeats, const std::function<void()>& after_each) {
  StepTiming made{.look = look_at_the_clock()};
  StepTimes times;
  for (int warm = 0; warm < 2; ++warm) program.run(times);
  constexpr double enough = 20e6;
  const double once = whole_run(program);
  const auto turns = static_cast<std::size_t>(std::clamp(enough / (2 * std::max(once, 1.0)), 1.0, 1000.0));
  std::vector<std::vector<double>> steps(program.steps().size());
  std::vector<double> whole, watched;
  const auto start = Clock::now();
  const double computed_before = computed();
  for (int repeat = 0; repeat < repeats; ++repeat, after_each())
    for (std::size_t turn = 0; turn < turns; ++turn) {
      whole.push_back(whole_run(program));
      program.run(times);
      watched.push_back(nanoseconds(times.at.back() - times.at.front()));
      for (std::size_t i = 0; i < steps.size(); ++i) steps[i].push_back(nanoseconds(times.at[i + 1] - times.at[i]));
    }
  made.on_core = std::min(1.0, (computed() - computed_before) / std::max(1.0, nanoseconds(Clock::now() - start)));
  made.runs = whole.size();
  made.whole = std::max(0.0, median(std::move(whole)) - made.look);
  made.watched = std::max(0.0, median(std::move(watched)) - made.look);
  for (auto& of_one : steps) made.steps.push_back(std::max(0.0, median(std::move(of_one)) - made.look));
  return made;
}

}  // namespace vitrine
