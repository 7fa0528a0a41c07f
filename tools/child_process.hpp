#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

struct Finished {
  enum class How { exited, not_found, out_of_time } how = How::exited;
  int status = 0;  // of exited: the exit code, or 128 + the signal that ended it
  std::string out, err;
};

/// Runs a program found on PATH, without a shell: `command` is its name and arguments. `input` is its standard input.
/// Out of time, it is killed. Throws InputError if the system has no process or pipe left to give.
Finished run_child(const std::vector<std::string>& command, std::string_view input, std::chrono::milliseconds limit);

}  // namespace vitrine
