#pragma once
// The commands, one file each. A command prints on stdout, throws what goes wrong (vitrine/error.hpp) and hands out its
// exit code.
#include <optional>
#include <string>
#include <vector>

#include "tools/pass_choice.hpp"
#include "tools/point.hpp"
#include "vitrine/project.hpp"

namespace vitrine {

using Projects = std::vector<Project>;

/// What several commands take.
struct Common {
  std::uint64_t seed = 1;
  int threads = 0;
  std::string json{};
};

int list_projects(const Projects&, const std::string& json);
int run_project(const Projects&, const std::string& name, const RunOptions&);
int generate(const Projects&, const std::string& name, const GenerateOptions&);
int quantize(const Projects&, const std::string& name, const QuantizeOptions&);

struct ShowOptions {
  std::string model, after, before, format = "text", output;
  std::string step = "train";
  bool fold = false, print_after_all = false, print_before_all = false;
  bool proof = false;     // why it can go on, and what is kept
  std::size_t round = 0;  // 0: not given
};
int show(const Projects&, const ShowOptions&);

struct OptOptions {
  std::string file, passes, check, output;
  bool verify_each = false, print_after_all = false, print_before_all = false, remarks = false, reduce = false,
       certify = false;
  std::size_t tries = 1000;        // how often --check is run
  std::string inputs{};            // values to certify with
  std::string out = "out/broken";  // where reproducers go
};
int opt(const OptOptions&);

struct DiffCommandOptions {
  std::string a, b, step = "train", step_a{}, step_b{}, format = "text", output{}, json{};
  Point at_a{}, at_b{};
  bool whole = false, pipelines = false;
  PassChoice passes_a{}, passes_b{};
};
int diff(const Projects&, const DiffCommandOptions&);

struct ExplainOptions {
  std::string model, node, step = "train", sizes = "batch=2,time=5", output{};
  bool measures_error = true;
  Common common{};
};
int explain(const Projects&, const ExplainOptions&);

struct BisectOptions {
  std::string model, check, step = "train", passes{}, output{}, json{};
};
int bisect(const Projects&, const BisectOptions&);

struct ExecOptions {
  std::string file, inputs, output, passes, provider = "auto";
  bool reference = false;
  std::vector<std::string> gradients{};
  Common common{};
};
int exec(const ExecOptions&);

struct CertifyOptions {
  std::string model, step = "train", passes, sizes = "batch=2,time=5", out = "out/broken";
  Common common{};
};
int certify(const Projects&, const CertifyOptions&);

struct ProfileOptions {
  std::string model, step = "train", provider = "auto", out;
  int repeats = 15;
  std::size_t top = 0;  // 0: those that make nearly all of the time
  bool measure_limits = false;
  Common common{};
};
int profile(const Projects&, const ProfileOptions&);

struct ReportOptions {
  std::string model, step = "train", profile{}, output{};
  std::string against{}, step_b{};  // another compilation beside it
  PassChoice passes_b{};
};
int report(const Projects&, const ReportOptions&);

struct TokenizeOptions {
  std::optional<std::string> text{}, decode{};
  std::string with{}, train{}, kind{}, split{}, save{}, json{};
  std::size_t vocabulary = 0;  // 0: not given
};
int tokenize(const TokenizeOptions&);

struct LintOptions {
  std::string model, step = "forward", causal, json{};
};
int lint_model(const Projects&, const LintOptions&);

struct PagesOptions {
  std::string name{}, format = "text", output{}, json{};
};
int list_passes(const PagesOptions&);
int list_ops(const PagesOptions&);
int audit_projects(const Projects&, const std::string& json);

struct BenchOptions {
  std::vector<std::string> works{};
  int repeats = 15;
  std::string provider{};  // empty: auto, and for products every one
  bool peers = false;      // PyTorch and ONNX Runtime too, in turns
  bool ungrouped = false;  // or ours without fusion
  bool tune = false;
  std::string output{};
  Common common{};
};
int bench(const Projects&, const BenchOptions&);

}  // namespace vitrine
