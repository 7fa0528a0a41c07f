#include "tools/flags.hpp"

#include <fmt/format.h>

#include <charconv>

#include "compiler/lint.hpp"
#include "tools/complaint.hpp"

namespace vitrine {

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

void add_json(CLI::App* command, std::string& file) {
  command->add_option("--json", file, "write what is printed to FILE as JSON")->type_name("FILE");
}
void add_seed(CLI::App* command, std::uint64_t& seed) {
  command->add_option("--seed", seed, "where random numbers begin")
      ->type_name("N")
      ->check(whole_number(0, ~std::uint64_t{0}))
      ->capture_default_str();
}
void add_threads(CLI::App* command, int& threads) {
  command->add_option("--threads", threads, "threads to compute with; 0: all the machine has")
      ->type_name("N")
      ->check(whole_number(0, 1024))
      ->capture_default_str();
}

void add_model(CLI::App* command, std::string& model) {
  command
      ->add_option("MODEL", model,
                   "a name that 'vitrine list' shows, NAME:SCHEME for it with weights in few bits (gpt:int8), or a "
                   ".vit file; -: standard input")
      ->required();
}
void add_step(CLI::App* command, std::string& step, const std::string& which) {
  command->add_option("--step", step, "which graph of the model: " + which)
      ->type_name("STEP")
      ->check(one_of({"train", "forward", "decode"}))
      ->capture_default_str();
}

namespace {

void add_provider(CLI::App* command, std::string& provider, const std::string& what) {
  command->add_option("--provider", provider, what)
      ->type_name("P")
      ->check(one_of({"own", "onednn", "auto"}))
      ->capture_default_str();
}
CLI::Option* add_check(CLI::App* command, std::string& check, const std::string& what_for) {
  return command
      ->add_option("--check", check,
                   what_for +
                       ": a command of the shell, with {} where the graph's .vit file goes; its exit code says "
                       "that the graph is good (0) or bad (any other); 126 and 127, which the shell ends with "
                       "if it cannot start the command, are an error")
      ->type_name("CMD");
}
}  // namespace

void add_run_flags(CLI::App* c, std::string& name, RunOptions& run) {
  c->add_option("NAME", name, "what to run; 'vitrine list' shows the names")->required();
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
  c->add_option("--load", run.load, "begin with these parameters, of such a file too (safetensors)")->type_name("FILE");
  c->add_flag("--test", run.test, "only test what --load names");
  c->add_option("--out", run.out, "folder for the pictures [out/NAME]")->type_name("DIR");
  // One word each time, or "run --without up mlp" would leave out a part named mlp.
  c->add_option("--without", run.without, "leave a part out and watch the gates fail; may be repeated")
      ->type_name("PART")
      ->allow_extra_args(false);
  c->add_option("--quantize", run.quantize,
                "hold what was trained beside itself in few bits too, with gates: int8, int4, ... (as quantize's "
                "--scheme)")
      ->type_name("SCHEME");
  c->add_flag("--debug-nans", run.debug_nans,
              "stop at the first node that makes a nan, with its line: exit code 1, or 3 if the data or a state held "
              "it already");
  add_seed(c, run.seed);
  add_threads(c, run.threads);
  add_json(c, run.json);
}
void add_generate_flags(CLI::App* c, std::string& name, GenerateOptions& generate) {
  c->add_option("NAME", name, "which model; 'vitrine list' shows the names")->required();
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
  c->add_option("--picture", generate.picture, "plots what each token took, by its place, into this file (svg)")
      ->type_name("FILE");
  c->add_flag("--no-cache", generate.no_cache, "keep nothing: run the whole model again for every token");
  c->add_option("--when-full",
                "what to do when the model has no more room: refill goes on from the last half of what it "
                "saw, stop ends the text")
      ->type_name("WHAT")
      ->check(one_of({"refill", "stop"}))
      ->default_str("refill")
      ->each([&](const std::string& what) { generate.stop_when_full = what == "stop"; });
  c->add_option("--load", generate.load, "a trained model's file [what 'run' left in out/NAME]")->type_name("FILE");
  c->add_option("--weights", generate.weights,
                "f32, int8, int4, or another scheme that 'vitrine quantize --help' explains: the file that quantize "
                "left in out/NAME, or the f32 one quantized in memory [as the file has them]")
      ->type_name("W");
  add_seed(c, generate.seed);
  add_threads(c, generate.threads);
  add_json(c, generate.json);
}
void add_show_flags(CLI::App* c, ShowOptions& show) {
  add_model(c, show.model);
  c->add_option(
       "--after", show.after,
       "after this pass has changed the graph for the last time; none: before all of them; all: after the last")
      ->type_name("PASS");
  c->add_option("--before", show.before, "before this pass changes the graph for the first time")->type_name("PASS");
  c->add_option("--round", show.round,
                "that pass's turn in this round: the passes run again and again until none changes anything")
      ->type_name("N")
      ->check(whole_number(1, 1000));
  c->add_flag("--proof", show.proof,
              "why the model can go on token by token: the graph in use with how each value hangs on later places, and "
              "what is kept");
  add_step(c, show.step);
  c->add_option("--format", show.format,
                "text, dot, svg, png, json, or memory: a picture of where each tensor of the compiled graph lies")
      ->type_name("FORMAT")
      ->check(one_of({"text", "dot", "svg", "png", "json", "memory"}))
      ->capture_default_str();
  c->add_flag("--fold", show.fold, "draw each update as one box, and blocks that compute the same once");
  c->add_flag("--print-after-all", show.print_after_all,
              "print the graph after every pass that changed it, from the trace on");
  c->add_flag("--print-before-all", show.print_before_all,
              "and before it; Compiler Explorer's pipeline view reads both");
  c->add_option("-o", show.output, "write to FILE instead of standard output")->type_name("FILE");
}
void add_opt_flags(CLI::App* c, OptOptions& opt) {
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
  c->add_option("--inputs", opt.inputs, "with --certify: values of inputs and states (safetensors)")->type_name("FILE");
  c->add_option("--out", opt.out, "with --certify: folder for what reproduces a break")
      ->type_name("DIR")
      ->capture_default_str();
  c->add_flag("--print-after-all", opt.print_after_all,
              "print the graph after every pass that changed it; the last is the graph itself");
  c->add_flag("--print-before-all", opt.print_before_all,
              "print it before each such pass too; Compiler Explorer's pipeline view reads both");
  c->add_flag("--remarks", opt.remarks, "print every rewrite and every refusal on standard error");
  c->add_option("-o", opt.output, "write to FILE instead of standard output")->type_name("FILE");
}
void add_bisect_flags(CLI::App* c, BisectOptions& bisect) {
  add_model(c, bisect.model);
  add_check(c, bisect.check, "the judge")->required();
  add_step(c, bisect.step);
  c->add_option("--passes", bisect.passes, "only these passes [all that training runs]")->type_name("A,B,C");
  c->add_option("-o", bisect.output, "write the last good graph to FILE.vit and the first bad one to FILE.bad.vit")
      ->type_name("FILE.vit");
  add_json(c, bisect.json);
}
void add_exec_flags(CLI::App* c, ExecOptions& exec) {
  c->add_option("FILE", exec.file, "a .vit file; -: standard input")->required();
  c->add_option("--inputs", exec.inputs, "inputs and states by name (safetensors)")->type_name("FILE");
  c->add_option("-o", exec.output, "outputs and updated states by name (safetensors)")->type_name("FILE")->required();
  c->add_flag("--reference", exec.reference, "by each op's own definition, without passes or kernels");
  c->add_option("--passes", exec.passes, "only these passes [all]")->type_name("A,B,C");
  c->add_option("--grad", exec.gradients, "also the gradient of the scalar output for this input or state, as 'd NAME'")
      ->type_name("NAME");
  add_provider(c, exec.provider,
               "whose loops run products and convolutions; auto: who is faster by a checked-in table");
  add_seed(c, exec.common.seed);
  add_threads(c, exec.common.threads);
  add_json(c, exec.common.json);
}
void add_certify_flags(CLI::App* c, CertifyOptions& certify) {
  add_model(c, certify.model);
  add_step(c, certify.step, "train, forward (the model in use), or decode (one token more from what is kept)");
  c->add_option("--passes", certify.passes, "only these passes [all]")->type_name("A,B,C");
  c->add_option("--sizes", certify.sizes, "sizes of a model's axes, to be quick; a .vit file keeps its own")
      ->type_name("NAME=N,...")
      ->capture_default_str();
  c->add_option("--out", certify.out, "folder for what reproduces a break")->type_name("DIR")->capture_default_str();
  add_seed(c, certify.common.seed);
  add_threads(c, certify.common.threads);
  add_json(c, certify.common.json);
}
void add_tokenize_flags(CLI::App* c, TokenizeOptions& tokenize) {
  c->add_option("TEXT", tokenize.text, "what to print the ids and pieces of; -: standard input");
  c->add_option("--decode", tokenize.decode, "print the bytes of these ids instead")->type_name("IDS");
  c->add_option("--with", tokenize.with,
                "a tokenizer that --save wrote, a language model's file, or a folder with GPT-2's files")
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
void add_lint_flags(CLI::App* c, LintOptions& lint) {
  add_model(c, lint.model);
  add_step(c, lint.step);
  c->add_option("--causal", lint.causal,
                "the axis along which no output may see what is to come [what the model declares of itself]")
      ->type_name("AXIS");
  add_json(c, lint.json);
  std::string all = "It says where\n";
  for (const Lint& each : every_lint) all += fmt::format("  {}: {}\n", each.name, each.says);
  c->footer(all.substr(0, all.size() - 1));
}
void add_profile_flags(CLI::App* c, ProfileOptions& profile) {
  c->add_option(
       "MODEL", profile.model,
       "a name that 'vitrine list' shows, a training step that 'vitrine bench' times, or a .vit file; -: standard "
       "input")
      ->required();
  add_step(c, profile.step, "train, forward (the model in use), or decode (one token more from what is kept)");
  c->add_option("--repeats", profile.repeats, "how often the program is measured; each takes 20 ms or one run of it")
      ->type_name("N")
      ->check(whole_number(1, 1000))
      ->capture_default_str();
  add_provider(c, profile.provider, "whose loops run products and convolutions, as in exec");
  c->add_option("--top", profile.top, "print so many steps; 0: those that make 95 % of the time")
      ->type_name("N")
      ->check(whole_number(0, 1000000))
      ->capture_default_str();
  c->add_flag("--measure-limits", profile.measure_limits,
              "measure this machine's limits again, though a file in $XDG_CACHE_HOME/vitrine or ~/.cache/vitrine has "
              "them");
  c->add_option("--out", profile.out, "folder for roofline.svg and profile.json [out/NAME]")->type_name("DIR");
  add_seed(c, profile.common.seed);
  add_threads(c, profile.common.threads);
  add_json(c, profile.common.json);
}

}  // namespace vitrine
