// The command line: flags and help, and what a thrown error means to the shell. What commands do is in tools/commands.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "tools/commands/commands.hpp"
#include "tools/complaint.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Checks of our own, because CLI11's say "Value x not in range 0 to 100000". What they hand out follows the flag.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return CLI::Validator(
      [=](const std::string& text) {
        std::uint64_t number = 0;
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        if (error == std::errc() && stop == end && number >= least && number <= most) return std::string();
        return fmt::format("takes a whole number from {} to {}, not '{}'", least, most, text);
      },
      "");
}
CLI::Validator one_of(std::vector<std::string> words) {
  return CLI::Validator(
      [words = std::move(words)](const std::string& text) {
        if (std::ranges::find(words, text) != words.end()) return std::string();
        return fmt::format("takes {}, not '{}'{}", fmt::join(words, ", "), text, suggestion(text, words));
      },
      "");
}

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
  std::string list_json{}, passes_json{}, ops_json{}, audit_json{}, op{}, run_name{}, generate_name{};
  RunOptions run{};
  GenerateOptions generate{};
  ShowOptions show{};
  OptOptions opt{};
  BisectOptions bisect{};
  ExecOptions exec{};
  CertifyOptions certify{};
  TokenizeOptions tokenize{};
  BenchOptions bench{};
  std::function<int()> chosen{};

  CLI::App* add(CLI::App& app, const std::string& name, const std::string& does, std::function<int()> run_it) {
    CLI::App* made = app.add_subcommand(name, does)->group("Commands");
    made->callback([this, run_it = std::move(run_it)] { chosen = run_it; });
    return made;
  }
  static void add_json(CLI::App* command, std::string& file) {
    command->add_option("--json", file, "write what is printed to FILE as JSON")->type_name("FILE");
  }
  static void add_seed(CLI::App* command, std::uint64_t& seed) {
    command->add_option("--seed", seed, "where random numbers begin")
        ->type_name("N")
        ->check(whole_number(0, ~std::uint64_t{0}))
        ->capture_default_str();
  }
  static void add_threads(CLI::App* command, int& threads) {
    command->add_option("--threads", threads, "threads to compute with; 0: all the machine has")
        ->type_name("N")
        ->check(whole_number(0, 1024))
        ->capture_default_str();
  }

  void add_all(CLI::App& app) {
    add_json(add(app, "list", "what can be run, and whether its data is here",
                 [this] { return list_projects(projects, list_json); }),
             list_json);
    add_run(app);
    add_generate(app);
    add_show(app);
    add_opt(app);
    add_bisect(app);
    add_exec(app);
    add_certify(app);
    add_tokenize(app);
    add_json(
        add(app, "passes", "every pass with its contract and equation", [this] { return list_passes(passes_json); }),
        passes_json);
    CLI::App* ops =
        add(app, "ops", "every op with its rule, derivative and colour", [this] { return list_ops(op, ops_json); });
    ops->add_option("NAME", op, "only this op");
    add_json(ops, ops_json);
    add_json(add(app, "audit", "which module, op and pass of the course each model needs, and which none does",
                 [this] { return audit_projects(projects, audit_json); }),
             audit_json);
    add_bench(app);
  }
  void add_run(CLI::App& app) {
    CLI::App* c = add(app, "run", "train, test and draw on real data; 0 only if every gate holds",
                      [this] { return run_project(projects, run_name, run); });
    c->add_option("NAME", run_name, "what to run; 'vitrine list' shows the names")->required();
    c->add_flag("--quick", run.quick, "at most 10 s, the same kinds of gate with lower thresholds");
    c->add_option("--epochs", run.epochs, "times through the data; 0: the project's own number")
        ->type_name("N")
        ->check(whole_number(0, 100000));
    c->add_option("--data", run.data,
                  "other data: a folder with IDX files or CIFAR-10's for models of images, a text for models of text")
        ->type_name("PATH");
    c->add_option("--save", run.save, "write the training so far at the end of every epoch (safetensors)")
        ->type_name("FILE");
    c->add_flag("--resume", run.resume, "go on from the file that --save names, if it is there, bit for bit");
    c->add_option("--load", run.load, "begin with these parameters, of such a file too (safetensors)")
        ->type_name("FILE");
    c->add_flag("--test", run.test, "only test what --load names");
    c->add_option("--out", run.out, "folder for the pictures [out/NAME]")->type_name("DIR");
    // One word each time, or "run --without up mlp" would leave out a part named mlp.
    c->add_option("--without", run.without, "leave a part out and watch the gates fail; may be repeated")
        ->type_name("PART")
        ->allow_extra_args(false);
    c->add_flag("--debug-nans", run.debug_nans,
                "stop at the first node that makes a nan, with its line: exit code 1, or 3 if the data or a state held "
                "it already");
    add_seed(c, run.seed);
    add_threads(c, run.threads);
    add_json(c, run.json);
  }
  void add_generate(CLI::App& app) {
    CLI::App* c = add(app, "generate", "a trained language model writes on from a prompt",
                      [this] { return vitrine::generate(projects, generate_name, generate); });
    c->add_option("NAME", generate_name, "which model; 'vitrine list' shows the names")->required();
    c->add_option("--prompt", generate.prompt, "the text to go on from")->type_name("TEXT")->required();
    c->add_option("--tokens", generate.tokens, "how many to write")
        ->type_name("N")
        ->check(whole_number(1, 1000000))
        ->capture_default_str();
    c->add_option("--temperature", generate.temperature, "below 1 plainer, above 1 wilder; 0: always the likeliest")
        ->type_name("T")
        ->capture_default_str();
    c->add_option("--top-k", generate.top_k, "choose among so many likeliest tokens; 0: all")
        ->type_name("K")
        ->check(whole_number(0, 1000000))
        ->capture_default_str();
    c->add_option("--top-p", generate.top_p, "choose among the likeliest tokens that together have this probability")
        ->type_name("P")
        ->capture_default_str();
    c->add_option("--load", generate.load, "a trained model's file [what 'run' left in out/NAME]")->type_name("FILE");
    add_seed(c, generate.seed);
    add_threads(c, generate.threads);
    add_json(c, generate.json);
  }
  void add_show(CLI::App& app) {
    CLI::App* c = add(app, "show", "a graph at any point of the pipeline, as text or picture",
                      [this] { return vitrine::show(projects, show); });
    c->add_option("MODEL", show.model, "a name that 'vitrine list' shows, or a .vit file; -: standard input")
        ->required();
    c->add_option("--after", show.after, "after this pass has changed the graph for the last time")->type_name("PASS");
    c->add_option("--before", show.before, "before this pass changes the graph for the first time")->type_name("PASS");
    c->add_option("--step", show.step, "which graph of the model: train or forward")
        ->type_name("STEP")
        ->check(one_of({"train", "forward"}))
        ->capture_default_str();
    c->add_option("--format", show.format, "text, dot, svg, png or json")
        ->type_name("FORMAT")
        ->check(one_of({"text", "dot", "svg", "png", "json"}))
        ->capture_default_str();
    c->add_flag("--fold", show.fold, "draw each update as one box, and blocks that compute the same once");
    c->add_option("-o", show.output, "write to FILE instead of standard output")->type_name("FILE");
  }
  void add_opt(CLI::App& app) {
    CLI::App* c = add(app, "opt", "named passes over a text graph; or a smaller graph that still fails a check",
                      [this] { return vitrine::opt(opt); });
    c->add_option("FILE", opt.file, "a .vit file; -: standard input")->required();
    c->add_option("--passes", opt.passes, "names with commas between them; 'vitrine passes' lists them")
        ->type_name("A,B,C");
    c->add_flag("--reduce", opt.reduce,
                "make the graph (after --passes, if given) as small as it gets while --check still fails on it; 1 if "
                "it does not fail to begin with");
    add_check(c, opt.check, "for --reduce");
    c->add_option("--tries", opt.tries, "how often --check may be run")
        ->type_name("N")
        ->check(whole_number(1, 1000000))
        ->capture_default_str();
    c->add_flag("--verify-each", opt.verify_each, "check the graph after every pass, not only at the end");
    c->add_flag("--certify", opt.certify,
                "hold every pass to its contract; one that breaks it is undone, and 1 comes out");
    c->add_option("--inputs", opt.inputs, "with --certify: values of inputs and states (safetensors)")
        ->type_name("FILE");
    c->add_option("--out", opt.out, "with --certify: folder for what reproduces a break")
        ->type_name("DIR")
        ->capture_default_str();
    c->add_flag("--print-after-all", opt.print_after_all, "print the graph after every pass that changed it");
    c->add_flag("--remarks", opt.remarks, "print every rewrite and every refusal on standard error");
    c->add_option("-o", opt.output, "write to FILE instead of standard output")->type_name("FILE");
  }
  static CLI::Option* add_check(CLI::App* command, std::string& check, const std::string& what_for) {
    return command
        ->add_option("--check", check,
                     what_for +
                         ": a command of the shell, with {} where the graph's .vit file goes; its exit code says "
                         "that the graph is good (0) or bad (any other); 126 and 127, which the shell ends with "
                         "if it cannot start the command, are an error")
        ->type_name("CMD");
  }
  void add_bisect(CLI::App& app) {
    CLI::App* c =
        add(app, "bisect", "the first rewrite after which a command fails: 0 if there is one, 1 if there is none",
            [this] { return vitrine::bisect(projects, bisect); });
    c->add_option("MODEL", bisect.model, "a name that 'vitrine list' shows, or a .vit file; -: standard input")
        ->required();
    add_check(c, bisect.check, "the judge")->required();
    c->add_option("--step", bisect.step, "which graph of the model: train or forward")
        ->type_name("STEP")
        ->check(one_of({"train", "forward"}))
        ->capture_default_str();
    c->add_option("--passes", bisect.passes, "only these passes [all that training runs]")->type_name("A,B,C");
    c->add_option("-o", bisect.output, "write the last good graph to FILE.vit and the first bad one to FILE.bad.vit")
        ->type_name("FILE.vit");
    add_json(c, bisect.json);
  }
  void add_exec(CLI::App& app) {
    CLI::App* c = add(app, "exec", "a text graph on given tensors: check us against your own numbers",
                      [this] { return vitrine::exec(exec); });
    c->add_option("FILE", exec.file, "a .vit file; -: standard input")->required();
    c->add_option("--inputs", exec.inputs, "inputs and states by name (safetensors)")->type_name("FILE");
    c->add_option("-o", exec.output, "outputs and updated states by name (safetensors)")->type_name("FILE")->required();
    c->add_flag("--reference", exec.reference, "by each op's own definition, without passes or kernels");
    c->add_option("--passes", exec.passes, "only these passes [all]")->type_name("A,B,C");
    c->add_option("--grad", exec.gradients,
                  "also the gradient of the scalar output for this input or state, as 'd NAME'")
        ->type_name("NAME");
    c->add_option("--provider", exec.provider,
                  "whose loops run products and convolutions; auto: who is faster by a checked-in table")
        ->type_name("P")
        ->check(one_of({"own", "onednn", "auto"}))
        ->capture_default_str();
    add_seed(c, exec.common.seed);
    add_threads(c, exec.common.threads);
    add_json(c, exec.common.json);
  }
  void add_certify(CLI::App& app) {
    CLI::App* c = add(app, "certify", "hold every pass to its contract on a graph; 1 where one breaks it",
                      [this] { return vitrine::certify(projects, certify); });
    c->add_option("MODEL", certify.model, "a name that 'vitrine list' shows, or a .vit file; -: standard input")
        ->required();
    c->add_option("--step", certify.step, "which graph of the model: train, or forward (the model in use)")
        ->type_name("STEP")
        ->check(one_of({"train", "forward"}))
        ->capture_default_str();
    c->add_option("--passes", certify.passes, "only these passes [all]")->type_name("A,B,C");
    c->add_option("--sizes", certify.sizes, "sizes of a model's axes, to be quick; a .vit file keeps its own")
        ->type_name("NAME=N,...")
        ->capture_default_str();
    c->add_option("--out", certify.out, "folder for what reproduces a break")->type_name("DIR")->capture_default_str();
    add_seed(c, certify.common.seed);
    add_threads(c, certify.common.threads);
    add_json(c, certify.common.json);
  }
  void add_tokenize(CLI::App& app) {
    CLI::App* c = add(app, "tokenize", "text as numbers and back; learn how from a text",
                      [this] { return vitrine::tokenize(tokenize); });
    c->add_option("TEXT", tokenize.text, "what to print the ids and pieces of; -: standard input");
    c->add_option("--decode", tokenize.decode, "print the bytes of these ids instead")->type_name("IDS");
    c->add_option("--with", tokenize.with, "a tokenizer that --save wrote, or a folder with GPT-2's files")
        ->type_name("PATH");
    c->add_option("--train", tokenize.train, "learn from a text, or from a dictionary's .index")->type_name("FILE");
    c->add_option("--kind", tokenize.kind, "what to learn: characters, or pairs of bytes")
        ->type_name("KIND")
        ->check(one_of({"characters", "bytes"}));
    c->add_option("--vocabulary", tokenize.vocabulary, "how many tokens of bytes there shall be [1024]")
        ->type_name("N")
        ->check(whole_number(256, 1000000));
    c->add_option("--split", tokenize.split, "cut the text first: gpt2 (at words), or none [gpt2]")
        ->type_name("S")
        ->check(one_of({"gpt2", "none"}));
    c->add_option("--save", tokenize.save, "write the tokenizer to FILE")->type_name("FILE");
    add_json(c, tokenize.json);
  }
  void add_bench(CLI::App& app) {
    CLI::App* c =
        add(app, "bench", "time the workloads, 1 and 2 threads, interleaved", [this] { return vitrine::bench(bench); });
    c->add_option("WORK", bench.works,
                  "training steps W1a, W1b (MLPs), W2 (a CNN), W3s, W3m (GPTs); forward only W1a_fwd, W1b_fwd, W2_fwd; "
                  "2^24 floats W5copy, W5gelu, W5gelu_tanh; rows W5ln (layer norm), W5sm (softmax); matrix products "
                  "W6_64x784x128, W6_256, W6_512, W6_1024, W6_2048; W7 (a whole process); all of these if none is "
                  "named. Or compile: how long each stage of a compilation takes");
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
