#pragma once
// The flags of each command, and what they take. A command's flags go into its struct of options.
#include <CLI/CLI.hpp>

#include "tools/commands/commands.hpp"

namespace vitrine {

/// Checks of our own, because CLI11's say "Value x not in range 0 to 100000". What they hand out follows the flag.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);
CLI::Validator one_of(std::vector<std::string> words);

void add_model(CLI::App* command, std::string& model);
void add_step(CLI::App* command, std::string& step, const std::string& which = "train or forward");
void add_json(CLI::App* command, std::string& file);
void add_seed(CLI::App* command, std::uint64_t& seed);
void add_threads(CLI::App* command, int& threads);

void add_run_flags(CLI::App*, std::string& name, RunOptions&);
void add_generate_flags(CLI::App*, std::string& name, GenerateOptions&);
void add_quantize_flags(CLI::App*, std::string& name, QuantizeOptions&);
void add_show_flags(CLI::App*, ShowOptions&);
void add_opt_flags(CLI::App*, OptOptions&);
void add_diff_flags(CLI::App*, DiffCommandOptions&);
void add_explain_flags(CLI::App*, ExplainOptions&);
void add_pages_flags(CLI::App*, PagesOptions&, const std::string& of_what);
void add_bisect_flags(CLI::App*, BisectOptions&);
void add_exec_flags(CLI::App*, ExecOptions&);
void add_certify_flags(CLI::App*, CertifyOptions&);
void add_lint_flags(CLI::App*, LintOptions&);
void add_profile_flags(CLI::App*, ProfileOptions&);
void add_report_flags(CLI::App*, ReportOptions&);
void add_tokenize_flags(CLI::App*, TokenizeOptions&);

}  // namespace vitrine
