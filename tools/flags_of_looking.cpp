// The flags of the commands that look at graphs and at what is known of passes and ops.
#include <fmt/format.h>

#include "tools/flags.hpp"

namespace vitrine {

static void add_pass_choice(CLI::App* c, const std::string& suffix, const std::string& side, PassChoice& passes,
                            const std::string& says) {
  c->add_option("--passes" + suffix, passes.only,
                fmt::format("{}{} is compiled with these passes only [all]", says, side))
      ->type_name("A,B,C");
  c->add_option("--without" + suffix, passes.without, fmt::format("{}{} with all passes but these", says, side))
      ->type_name("A,B,C");
}

void add_diff_flags(CLI::App* c, DiffCommandOptions& diff) {
  c->add_option("A", diff.a, "a name that 'vitrine list' shows, or a .vit file; -: standard input")->required();
  c->add_option("B", diff.b, "the other one [A itself, at another point]");
  const auto add_step = [&](const char* flag, std::string& step, const std::string& says) {
    c->add_option(flag, step, says)->type_name("STEP")->check(one_of({"train", "forward", "decode"}));
  };
  add_step("--step", diff.step, "which graph of a model: train, forward or decode [train]");
  add_step("--step-a", diff.step_a, "of A only");
  add_step("--step-b", diff.step_b, "of B only");
  const auto add_point = [&](const std::string& side, Point& at) {
    c->add_option("--after-" + side, at.after,
                  fmt::format("{} after this pass, as in show; none: before any; all: after the last [none]",
                              side == "a" ? "A" : "B"))
        ->type_name("PASS");
    c->add_option("--before-" + side, at.before, "before it")->type_name("PASS");
    c->add_option("--round-" + side, at.round, "its turn in this round of the passes")
        ->type_name("N")
        ->check(whole_number(1, 1000));
  };
  add_point("a", diff.at_a);
  add_point("b", diff.at_b);
  c->add_flag("--pipelines", diff.pipelines,
              "compare what two compilations did instead: which rewrites one makes and the other does not");
  add_pass_choice(c, "-a", "A", diff.passes_a, "with --pipelines: ");
  add_pass_choice(c, "-b", "B", diff.passes_b, "with --pipelines: ");
  c->add_option("--format", diff.format,
                "text, or both in one picture (dot, svg, png): - and vermilion only in A, + and blue only in B, ~ and "
                "purple changed")
      ->type_name("FORMAT")
      ->check(one_of({"text", "dot", "svg", "png"}))
      ->capture_default_str();
  c->add_flag("--whole", diff.whole, "draw what is the same too, not only what touches a change");
  c->add_option("-o", diff.output, "write to FILE instead of standard output")->type_name("FILE");
  add_json(c, diff.json);
  c->footer("Exit codes: 0 they are equal, 1 they differ, 2 wrong use, 3 input or environment, 4 our bug");
}

void add_report_flags(CLI::App* c, ReportOptions& report) {
  add_model(c, report.model);
  add_step(c, report.step, "train, forward (the model in use), or decode (one token more from what is kept)");
  c->add_option("--profile", report.profile,
                "measured times and the roofline: the profile.json that 'vitrine profile' wrote for the same model")
      ->type_name("FILE");
  c->add_option(
       "--against", report.against,
       "compare with another compilation, in a view of its own: of this model or .vit file [MODEL itself, where "
       "a flag below is given]")
      ->type_name("OTHER");
  c->add_option("--step-b", report.step_b, "the step of the other one [--step]")
      ->type_name("STEP")
      ->check(one_of({"train", "forward", "decode"}));
  add_pass_choice(c, "-b", "the other one", report.passes_b, "");
  c->add_option("-o", report.output, "write to FILE instead of standard output")->type_name("FILE");
}

void add_explain_flags(CLI::App* c, ExplainOptions& explain) {
  c->add_option("MODEL", explain.model, "a name that 'vitrine list' shows, or a .vit file; -: standard input")
      ->required();
  c->add_option(
       "--node", explain.node,
       "which value: its number (13 or %13, as 'vitrine show MODEL' prints it at any point of the pipeline), or "
       "the name of an input, a state or an output")
      ->type_name("N")
      ->required();
  c->add_option("--step", explain.step,
                "which graph of the model: train, forward (the model in use), or decode (one token more)")
      ->type_name("STEP")
      ->check(one_of({"train", "forward", "decode"}))
      ->capture_default_str();
  c->add_option("--sizes", explain.sizes, "sizes of a model's axes to measure its error at; a .vit file keeps its own")
      ->type_name("NAME=N,...")
      ->capture_default_str();
  c->add_flag_callback(
      "--no-error", [&explain] { explain.measures_error = false; }, "leave the error out: nothing is computed");
  c->add_option("-o", explain.output, "write to FILE instead of standard output")->type_name("FILE");
  add_seed(c, explain.common.seed);
  add_threads(c, explain.common.threads);
  add_json(c, explain.common.json);
}

void add_pages_flags(CLI::App* c, PagesOptions& pages, const std::string& of_what) {
  c->add_option("NAME", pages.name, "only this " + of_what + (of_what == "pass" ? ", with an example" : ""));
  c->add_option("--format", pages.format, "text, or html: one page that needs no network")
      ->type_name("FORMAT")
      ->check(one_of({"text", "html"}))
      ->capture_default_str();
  c->add_option("-o", pages.output, "write to FILE instead of standard output")->type_name("FILE");
  add_json(c, pages.json);
}

}  // namespace vitrine
