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
  std::string data{};                  // other data: a folder of images, or a text; empty: the project's own
  std::string save{};                  // the training so far, at the end of every epoch (safetensors)
  std::string load{};                  // parameters to begin with (safetensors)
  bool resume = false;                 // go on from the file `save`, if it is there
  bool test = false;                   // only test the parameters of `load`
  std::string out{};                   // where pictures go; empty: out/<name>
  std::vector<std::string> without{};  // parts knocked out
  bool debug_nans = false;             // stop at the first node that makes a NaN, and name it
  std::uint64_t seed = 1;
  int threads = 0;         // 0: as many as the machine has
  std::string json{};      // file for the numbers; empty: none
  std::string quantize{};  // a scheme: what was trained is held beside itself in few bits, with gates; empty: not
};

/// What a user asked of `generate`.
struct GenerateOptions {
  std::string prompt{};
  std::size_t tokens = 200;     // to write
  float temperature = 0.8f;     // 0: always the likeliest
  std::size_t top_k = 0;        // only the likeliest so many; 0: all
  float top_p = 1;              // only the likeliest that together have this probability
  std::string picture{};        // a plot of what each token took (svg); empty: none
  bool no_cache = false;        // read all again for every token
  bool stop_when_full = false;  // end where the model has no more room, and do not go on from the last half
  std::string load{};           // a trained model's file; empty: the one that `run` left in out/<name>
  std::string weights{};        // f32, or a scheme of few bits; empty: as the file has them
  std::uint64_t seed = 1;
  int threads = 0;
  std::string json{};
};

/// What a user asked of `quantize`.
struct QuantizeOptions {
  std::string scheme = "int8";
  std::vector<std::string> budget{};  // "perplexity=0.1%", "kl=1e-3", ...; empty: what the scheme is meant to hold
  std::string output{};               // empty: out/<name>/<name>.<scheme>.safetensors
  std::string load{};                 // f32 parameters; empty: those that `run` left in out/<name>
  std::string data{};                 // what to measure on; empty: the project's own
  std::string picture{};              // the graph with the error of every value (svg, png, dot); empty: none
  std::uint64_t seed = 1;
  int threads = 0;
  std::string json{};
};

struct Project {
  std::string name{}, year{}, idea{};
  std::string data{};                // what it needs, in words
  std::function<bool()> has_data{};  // whether that is here
  std::function<Graph()> forward{};  // traced, with the output "loss"
  /// The same as a run with these options has it: quick, for other data, without the parts that are left out. Lint
  /// looks at it before the run. Empty: `forward`.
  std::function<Graph(const RunOptions&)> forward_of_run{};
  /// Declares that output "y" sees nothing of what is to come: along the last axis of this input of the forward graph,
  /// no element of it is made of a later one. Empty: nothing is declared.
  std::string causal_input{};
  Optimizer optimizer{};
  std::vector<std::string> parts{};  // what --without takes
  /// Parts of its models for other data (--data), if it has such. `run` must refuse those that the data's model lacks.
  std::vector<std::string> parts_elsewhere{};
  bool resumes = false;  // it saves whole trainings, and takes --resume and --test
  /// Of what tools/features.cpp lists, what its run uses that neither graph nor optimizer shows: readers of data, kinds
  /// of files. `audit` believes it.
  std::vector<std::string> uses{};
  /// Trains, tests, draws, prints; true if every gate holds.
  std::function<bool(const RunOptions&)> run{};
  /// Writes text on stdout as it is made, and figures on stderr. Empty for a project that makes no text.
  std::function<void(const GenerateOptions&)> generate{};
  /// Makes a file in few bits with its certificate; true if it holds its budget. Empty for one without such weights.
  std::function<bool(const QuantizeOptions&)> quantize{};
};

/// The program `vitrine` for these projects: list, run, generate, quantize, show, report, opt, explain, diff, bisect,
/// exec, certify, lint, profile, tokenize, passes, ops, audit, bench. Hands out the exit code: 0 what it says is true,
/// 1 a gate or check failed, 2 wrong use, 3 input or environment, 4 a bug of ours.
int command_line(int argc, char** argv, std::vector<Project> projects);

}  // namespace vitrine
