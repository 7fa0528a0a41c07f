#pragma once
// How far a long job is: a bar on a terminal, plain lines anywhere else (a log file, a pipe, CI).
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace vitrine {

/// Shows percent, bar, rate, time left and a note on stderr, redrawn at most ten times a second and cleared when the
/// object dies. Off a terminal only `line` prints, without control characters. For one thread.
class Progress {
 public:
  /// `total` counts what `advance` adds up to (images, steps); 0 when unknown. `descriptor` is stderr but in tests.
  Progress(std::string title, std::size_t total, int descriptor = 2);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// `n` more are done; `note` is what to show beside the bar ("loss 0.412").
  void advance(std::size_t n, std::string_view note);

  /// A line that stays, above the bar: one per milestone of the job, such as an epoch.
  void line(std::string_view text);

 private:
  using Clock = std::chrono::steady_clock;

  void draw(Clock::time_point now);
  void clear();

  std::string title_;
  std::size_t total_;
  std::size_t done_ = 0;
  std::string note_;
  int descriptor_;
  bool is_terminal_;
  bool is_drawn_ = false;
  Clock::time_point start_;
  Clock::time_point next_draw_;
};

/// A length of time for people: "8 s", "3 min 05 s", "2 h 10 min". Below zero, NaN and infinity: "?".
std::string duration_text(double seconds);

}  // namespace vitrine
