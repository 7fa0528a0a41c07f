// The command line: flags and help, and what a thrown error means to the shell. What commands do is in tools/commands.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include "tools/commands/commands.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

/// The word the parser did not understand, with the nearest one that it would have. CLI11's own text names neither.
std::string complaint(const CLI::App& app, const CLI::ParseError& error, std::span<char* const> words) {
  const CLI::App* at = &app;
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands()) at = sub;
  for (const CLI::Option* option : at->get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  if (at == &app)
    for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (std::string_view word : words) {
    const std::string flag(word.substr(0, word.find('=')));
    const bool odd = at == &app ? !flag.empty() : flag.starts_with("--");
    if (!odd || std::ranges::find(names, flag) != names.end()) continue;
    const std::string_view near = nearest(flag, known);
    return fmt::format("{} knows no '{}'{} ({} --help lists all)", at == &app ? "vitrine" : at->get_name(), flag,
                       near.empty() ? "" : fmt::format("; did you mean '{}'?", near), at == &app ? "vitrine" : "vitrine " + at->get_name());
  }
  std::string said = error.what();
  std::ranges::replace(said, '\n', ' ');
  return fmt::format("{} ({} --help explains)", said, at == &app ? "vitrine" : "vitrine " + at->get_name());
}

/// A command's flags go into a struct of their own, which lives as long as the parser.
struct Commands {
  const Projects& projects;
  std::string list_json{}, passes_json{}, ops_json{}, op{}, run_name{};
  RunOptions run{};
  ShowOptions show{};
  OptOptions opt{};
  ExecOptions exec{};
  BenchOptions bench{};
  std::function<int()> chosen{};

  CLI::App* add(CLI::App& app, const std::string& name, const std::string& does, std::function<int()> run_it) {
    CLI::App* made = app.add_subcommand(name, does);
    made->callback([this, run_it = std::move(run_it)] { chosen = run_it; });
    return made;
  }
  static void add_json(CLI::App* command, std::string& file) { command->add_option("--json", file, "write the numbers to FILE as JSON")->type_name("FILE"); }
  static void add_seed(CLI::App* command, std::uint64_t& seed) { command->add_option("--seed", seed, "where random numbers begin")->type_name("N")->capture_default_str(); }
  static void add_threads(CLI::App* command, int& threads) {
    command->add_option("--threads", threads, "threads to compute with; 0: all the machine has")->type_name("N")->check(CLI::Range(0, 1024))->capture_default_str();
  }

  void add_all(CLI::App& app) {
    add_json(add(app, "list", "what can be run, and whether its data is here", [this] { return list_projects(projects, list_json); }), list_json);
    add_run(app);
    add_show(app);
    add_opt(app);
    add_exec(app);
    add_json(add(app, "passes", "every pass with its contract and equation", [this] { return list_passes(passes_json); }), passes_json);
    CLI::App* ops = add(app, "ops", "every op with its rule, derivative and colour", [this] { return list_ops(op, ops_json); });
    ops->add_option("NAME", op, "only this op");
    add_json(ops, ops_json);
    add_bench(app);
  }
  void add_run(CLI::App& app) {
    CLI::App* c = add(app, "run", "train, test and draw on real data; 0 only if every gate holds", [this] { return run_project(projects, run_name, run); });
    c->add_option("NAME", run_name, "what to run (vitrine list)")->required();
    c->add_flag("--quick", run.quick, "at most 10 s, the same kinds of gate with lower thresholds");
    c->add_option("--epochs", run.epochs, "times through the data; 0: the project's own number")->type_name("N")->check(CLI::Range(0, 100000));
    c->add_option("--data", run.data, "another folder with the data")->type_name("PATH");
    c->add_option("--save", run.save, "write the trained parameters (safetensors)")->type_name("FILE");
    c->add_option("--load", run.load, "begin with these parameters (safetensors)")->type_name("FILE");
    c->add_option("--out", run.out, "folder for the pictures [out/NAME]")->type_name("DIR");
    c->add_option("--without", run.without, "leave a part out and watch the gates fail")->type_name("PART");
    add_seed(c, run.seed);
    add_threads(c, run.threads);
    add_json(c, run.json);
  }
  void add_show(CLI::App& app) {
    CLI::App* c = add(app, "show", "a graph at any point of the pipeline, as text or picture", [this] { return vitrine::show(projects, show); });
    c->add_option("MODEL", show.model, "a name (vitrine list) or a .vit file; -: standard input")->required();
    c->add_option("--after", show.after, "after this pass has changed the graph for the last time")->type_name("PASS");
    c->add_option("--before", show.before, "before this pass changes the graph for the first time")->type_name("PASS");
    c->add_option("--step", show.step, "which graph of the model: train or forward")->type_name("STEP")->check(CLI::IsMember({"train", "forward"}))->capture_default_str();
    c->add_option("--format", show.format, "text, dot, svg, png or json")->type_name("FORMAT")->check(CLI::IsMember({"text", "dot", "svg", "png", "json"}))->capture_default_str();
    c->add_flag("--fold", show.fold, "draw each update, and each repeat of a block, as one box");
    c->add_option("-o", show.output, "write to FILE instead of standard output")->type_name("FILE");
  }
  void add_opt(CLI::App& app) {
    CLI::App* c = add(app, "opt", "named passes over a text graph", [this] { return vitrine::opt(opt); });
    c->add_option("FILE", opt.file, "a .vit file; -: standard input")->required();
    c->add_option("--passes", opt.passes, "names with commas between them (vitrine passes)")->type_name("A,B,C")->required();
    c->add_flag("--verify-each", opt.verify_each, "check the graph after every pass, not only at the end");
    c->add_flag("--print-after-all", opt.print_after_all, "print the graph after every pass that changed it");
    c->add_flag("--remarks", opt.remarks, "print every rewrite and every refusal on standard error");
    c->add_option("-o", opt.output, "write to FILE instead of standard output")->type_name("FILE");
  }
  void add_exec(CLI::App& app) {
    CLI::App* c = add(app, "exec", "a text graph on given tensors: check us against your own numbers", [this] { return vitrine::exec(exec); });
    c->add_option("FILE", exec.file, "a .vit file; -: standard input")->required();
    c->add_option("--inputs", exec.inputs, "inputs and states by name (safetensors)")->type_name("FILE");
    c->add_option("-o", exec.output, "outputs and updated states by name (safetensors)")->type_name("FILE")->required();
    c->add_flag("--reference", exec.reference, "by each op's own definition, without passes or kernels");
    c->add_option("--passes", exec.passes, "only these passes [all]")->type_name("A,B,C");
    c->add_option("--grad", exec.gradients, "also the gradient of the scalar output for this input or state, as 'd NAME'")->type_name("NAME");
    c->add_option("--provider", exec.provider, "who multiplies matrices: own or auto (this build has one provider)")->type_name("P")->check(CLI::IsMember({"own", "auto"}))->capture_default_str();
    add_seed(c, exec.common.seed);
    add_threads(c, exec.common.threads);
    add_json(c, exec.common.json);
  }
  void add_bench(CLI::App& app) {
    CLI::App* c = add(app, "bench", "time the workloads, 1 and 2 threads, interleaved", [this] { return vitrine::bench(bench); });
    c->add_option("WORK", bench.works, "W1a (an MLP's training step), W7 (a whole process); all if none is named");
    c->add_option("--repeats", bench.repeats, "how often each is measured")->type_name("N")->check(CLI::Range(1, 1000))->capture_default_str();
    c->add_option("--threads", bench.common.threads, "only this number of threads [1 and 2]")->type_name("N")->check(CLI::Range(0, 1024));
    add_json(c, bench.common.json);
  }
};

int fail(const char* kind, const std::exception& error, int code) {
  fmt::print(stderr, "vitrine: {}{}\n", kind, error.what());
  return code;
}

}  // namespace

int command_line(int argc, char** argv, std::vector<Project> projects) {
  CLI::App app("vitrine: a deep-learning compiler behind glass\n\nExit codes: 0 what it says is true; 1 a gate or check failed; 2 wrong use;\n"
               "3 input or environment (file, format, disk, missing tool); 4 our bug.");
  app.name("vitrine");
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error&) { return std::string(); });
  Commands commands{.projects = projects};
  commands.add_all(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    const std::span<char* const> words(argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
    fmt::print(stderr, "vitrine: {}\n", complaint(app, error, words));
    return 2;
  }
  try {
    return commands.chosen();
  } catch (const UsageError& error) {
    return fail("", error, 2);
  } catch (const InputError& error) {
    return fail("", error, 3);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "vitrine: out of memory; use a smaller graph or a larger machine\n");
    return 3;
  } catch (const std::exception& error) {
    return fail("a bug of ours, please report it with the command line: ", error, 4);
  }
}

}  // namespace vitrine
