// The command line: commands and help, and what a thrown error means to the shell. Flags are in tools/flags.cpp, what
// commands do in tools/commands.
#include <fmt/format.h>

#include "tools/complaint.hpp"
#include "tools/flags.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// CLI11's help with a line between what a command does and how it is called.
struct Help : CLI::Formatter {
  Help() {
    label("SUBCOMMAND", "COMMAND");
    label("REQUIRED", "(required)");
    label("TEXT", "");
    column_width(28);
  }
  std::string make_usage(const CLI::App* app, std::string name) const override {
    return "\n" + CLI::Formatter::make_usage(app, std::move(name));
  }
};

/// A command's flags go into a struct of their own, which lives as long as the parser.
struct Commands {
  const Projects& projects;
  std::string list_json{}, audit_json{}, run_name{}, generate_name{}, quantize_name{};
  RunOptions run{};
  GenerateOptions generate{};
  QuantizeOptions quantize{};
  ShowOptions show{};
  OptOptions opt{};
  DiffCommandOptions diff{};
  ExplainOptions explain{};
  PagesOptions passes{}, ops{};
  BisectOptions bisect{};
  ExecOptions exec{};
  CertifyOptions certify{};
  LintOptions lint{};
  ProfileOptions profile{};
  ReportOptions report{};
  TokenizeOptions tokenize{};
  BenchOptions bench{};
  std::function<int()> chosen{};

  CLI::App* add(CLI::App& app, const std::string& name, const std::string& does, std::function<int()> run_it) {
    CLI::App* made = app.add_subcommand(name, does)->group("Commands");
    made->callback([this, run_it = std::move(run_it)] { chosen = run_it; });
    return made;
  }
  void add_all(CLI::App& app) {
    add_json(add(app, "list", "what can be run, and whether its data is here",
                 [this] { return list_projects(projects, list_json); }),
             list_json);
    add_run_flags(add(app, "run", "train, test and draw on real data; 0 only if every gate holds",
                      [this] { return run_project(projects, run_name, run); }),
                  run_name, run);
    add_generate_flags(add(app, "generate", "a trained language model writes on from a prompt",
                           [this] { return vitrine::generate(projects, generate_name, generate); }),
                       generate_name, generate);
    add_quantize_flags(
        add(app, "quantize", "a trained model's weights in few bits, measured beside f32; 1 if the budget is missed",
            [this] { return vitrine::quantize(projects, quantize_name, quantize); }),
        quantize_name, quantize);
    add_show_flags(add(app, "show", "a graph at any point of the pipeline, as text or picture",
                       [this] { return vitrine::show(projects, show); }),
                   show);
    add_report_flags(add(app, "report", "the whole compilation as one page for a browser: every rewrite, and why not",
                         [this] { return vitrine::report(projects, report); }),
                     report);
    add_opt_flags(add(app, "opt", "named passes over a text graph; or a smaller graph that still fails a check",
                      [this] { return vitrine::opt(opt); }),
                  opt);
    add_explain_flags(add(app, "explain", "one value's life: where it was written, every rewrite, cost, place, error",
                          [this] { return vitrine::explain(projects, explain); }),
                      explain);
    add_diff_flags(add(app, "diff", "two graphs, or what two compilations did, side by side: 0 if equal, 1 if not",
                       [this] { return vitrine::diff(projects, diff); }),
                   diff);
    add_bisect_flags(
        add(app, "bisect", "the first rewrite after which a command fails: 0 if there is one, 1 if there is none",
            [this] { return vitrine::bisect(projects, bisect); }),
        bisect);
    add_exec_flags(add(app, "exec", "a text graph on given tensors: check us against your own numbers",
                       [this] { return vitrine::exec(exec); }),
                   exec);
    add_certify_flags(add(app, "certify", "hold every pass to its contract on a graph; 1 where one breaks it",
                          [this] { return vitrine::certify(projects, certify); }),
                      certify);
    add_lint_flags(
        add(app, "lint", "what a model most likely does not mean, though its types fit; 1 where there is any",
            [this] { return lint_model(projects, lint); }),
        lint);
    add_profile_flags(add(app, "profile", "where a program's time goes, step by step, and how near each is to a limit",
                          [this] { return vitrine::profile(projects, profile); }),
                      profile);
    add_tokenize_flags(add(app, "tokenize", "text as numbers and back; learn how from a text",
                           [this] { return vitrine::tokenize(tokenize); }),
                       tokenize);
    add_pages_flags(add(app, "passes", "every pass with its contract and equation; a page about one; all as a web page",
                        [this] { return list_passes(passes); }),
                    passes, "pass");
    add_pages_flags(add(app, "ops", "every op with its rule, derivative and colour; all as a web page",
                        [this] { return list_ops(ops); }),
                    ops, "op");
    add_json(add(app, "audit", "which module, op and pass of the course each model needs, and which none does",
                 [this] { return audit_projects(projects, audit_json); }),
             audit_json);
    add_bench(app);
  }
  void add_bench(CLI::App& app) {
    CLI::App* c = add(app, "bench", "time the workloads, 1 and 2 threads, interleaved",
                      [this] { return vitrine::bench(projects, bench); });
    c->add_option("WORK", bench.works,
                  "training steps W1a, W1b (MLPs), W2 (a CNN), W3s, W3m (GPTs); forward only W1a_fwd, W1b_fwd, W2_fwd; "
                  "2^24 floats W5copy, W5gelu, W5gelu_tanh; rows W5ln (layer norm), W5sm (softmax); matrix products "
                  "W6_64x784x128, W6_256, W6_512, W6_1024, W6_2048; W7 (a whole process); all of these if none is "
                  "named. Or a milestone's training step, by its name; or compile: how long each stage of a "
                  "compilation takes");
    c->add_option("--repeats", bench.repeats, "how often each is measured")
        ->type_name("N")
        ->check(whole_number(1, 1000))
        ->capture_default_str();
    c->add_option("--threads", bench.common.threads, "only this number of threads [1 and 2]")
        ->type_name("N")
        ->check(whole_number(0, 1024));
    c->add_flag("--peers", bench.peers,
                "PyTorch and ONNX Runtime on the same workloads too, in turns, each in its fastest way, and how much "
                "faster we are; over all works about 12 minutes, 3 for W3m");
    c->add_flag("--ungrouped", bench.ungrouped,
                "ours without fusion too, in turns, every node a step of its own, and how much faster fusion makes it");
    c->add_option("--provider", bench.provider,
                  "whose loops run products and convolutions, as in exec [auto; for W6 each in turn]")
        ->type_name("P")
        ->check(one_of({"own", "onednn", "auto"}));
    c->add_flag("--tune", bench.tune, "instead: own and oneDNN on many sizes, as the table that auto reads");
    c->add_option("-o", bench.output, "write that table to FILE instead of standard output")->type_name("FILE");
    add_json(c, bench.common.json);
  }
};

int fail(const char* kind, const std::exception& error, int code) {
  fmt::print(stderr, "vitrine: {}{}\n", kind, error.what());
  return code;
}

}  // namespace

int command_line(int argc, char** argv, std::vector<Project> projects) {
  CLI::App app("vitrine: a deep-learning compiler behind glass");
  app.name("vitrine");
  app.formatter(std::make_shared<Help>());
  app.set_help_flag("-h,--help", "print this help");
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error&) { return std::string(); });
  Commands commands{.projects = projects};
  commands.add_all(app);
  app.footer(
      "'vitrine COMMAND --help' lists what a command takes. To begin with: vitrine list, vitrine run NAME --quick\n"
      "Exit codes: 0 what it says is true; 1 a gate or check failed; 2 wrong use;\n"
      "3 input or environment (file, format, disk, missing tool); 4 our bug");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "vitrine: {}\n", complaint(app, error));
    return 2;
  }
  try {
    const int code = commands.chosen();
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    throw InputError("standard output: cannot be written to; check the disk or the pipe");
  } catch (const CheckError& error) {
    return fail("", error, 1);
  } catch (const UsageError& error) {
    return fail("", error, 2);
  } catch (const InputError& error) {
    return fail("", error, 3);
  } catch (const std::system_error& error) {  // what fmt throws when stdout is full
    return fail("", InputError(std::string("standard output: ") + error.what() + "; check the disk or the pipe"), 3);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "vitrine: out of memory; use a smaller graph or a larger machine\n");
    return 3;
  } catch (const std::exception& error) {
    return fail("a bug of ours, please report it with the command line: ", error, 4);
  }
}

}  // namespace vitrine
