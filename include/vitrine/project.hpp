#pragma once
// A project is a model with what it takes to train, test, show and measure it. One call from main gives it the whole
// command line; the milestones are projects too.
#include <functional>
#include <string>
#include <vector>

#include "vitrine/graph.hpp"
#include "vitrine/optimizer.hpp"

namespace vitrine {

/// What a user asked of `run`.
struct RunOptions {
  bool quick = false;                  // at most 10 s, thresholds lowered and printed as quick ones
  int epochs = 0;                      // 0: the project's own number
  std::string data{};                  // another folder with the data; empty: the project's own
  std::string save{};                  // the training so far, at the end of every epoch (safetensors)
  std::string load{};                  // parameters to begin with (safetensors)
  bool resume = false;                 // go on from the file `save`, if it is there
  bool test = false;                   // only test the parameters of `load`
  std::string out{};                   // where pictures go; empty: out/<name>
  std::vector<std::string> without{};  // parts knocked out
  std::uint64_t seed = 1;
  int threads = 0;     // 0: as many as the machine has
  std::string json{};  // file for the numbers; empty: none
};

struct Project {
  std::string name{}, year{}, idea{};
  std::string data{};                // what it needs, in words
  std::function<bool()> has_data{};  // whether that is here
  std::function<Graph()> forward{};  // traced, with the output "loss"
  Optimizer optimizer{};
  std::vector<std::string> parts{};  // what --without takes
  bool resumes = false;              // it saves whole trainings, and takes --resume and --test
  /// Trains, tests, draws, prints; true if every gate holds.
  std::function<bool(const RunOptions&)> run{};
};

/// The program `vitrine` for these projects: list, run, show, opt, exec, passes, ops, bench. Hands out the exit code:
/// 0 what it says is true, 1 a gate or check failed, 2 wrong use, 3 input or environment, 4 a bug of ours.
int command_line(int argc, char** argv, std::vector<Project> projects);

}  // namespace vitrine
