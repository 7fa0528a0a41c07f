// The flags of the commands that look at graphs and at what is known of passes and ops.
#include <fmt/format.h>

#include "tools/flags.hpp"

namespace vitrine {

void add_diff_flags(CLI::App* c, DiffCommandOptions& diff) {
  c->add_option("A", diff.a, "a name that 'vitrine list' shows, or a .vit file; -: standard input")->required();
  c->add_option("B", diff.b, "the other one [A itself, at another point]");
  const auto add_step = [&](const char* flag, std::string& step, const std::string& says) {
    c->add_option(flag, step, says)->type_name("STEP")->check(one_of({"train", "forward"}));
  };
  add_step("--step", diff.step, "which graph of a model: train or forward [train]");
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
  c->add_option("--passes-a", diff.passes_a, "with --pipelines: A is compiled with these passes only [all]")
      ->type_name("A,B,C");
  c->add_option("--passes-b", diff.passes_b, "B with these")->type_name("A,B,C");
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

void add_explain_flags(CLI::App* c, ExplainOptions& explain) {
  c->add_option("MODEL", explain.model, "a name that 'vitrine list' shows, or a .vit file; -: standard input")
      ->required();
  c->add_option(
       "--node", explain.node,
       "which value: its number (13 or %13, as 'vitrine show MODEL' prints it at any point of the pipeline), or "
       "the name of an input, a state or an output")
      ->type_name("N")
      ->required();
  c->add_option("--step", explain.step, "which graph of the model: train, or forward (the model in use)")
      ->type_name("STEP")
      ->check(one_of({"train", "forward"}))
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
