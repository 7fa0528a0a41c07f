// `certify` and `opt --certify` as a user runs them, by the real program and by one with a bug in it.
#include <nlohmann/json.hpp>

#include "compiler/parse.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

const std::string clipped = R"(graph clipped {
  input %x : f32[time 2, 5] #1
  %1 = tanh(%x) : f32[time 2, 5] #1
  %2 = mul(%1, 3.0) : f32[time 2, 5] #1
  %3 = maximum(%2, -1.0) : f32[time 2, 5] #2
  %4 = minimum(%3, 1.0) : f32[time 2, 5] #2
  %5 = neg(%4) : f32[time 2, 5] #1
  %6 = neg(%5) : f32[time 2, 5] #1
  output y = %6
  place #1 = "model.cpp":7
  place #2 = "model.cpp":12 in clip
}
)";

Finished planted_run(const std::string& bug, const Words& words, std::string_view input = {}) {
  const Variable planted("VITRINE_PLANTED", bug);
  return run_program(VITRINE_PLANTED_PROGRAM, words, input);
}

}  // namespace

TEST_CASE("certify holds every stage of a small model, and writes every number as JSON") {
  const Scratch scratch;
  const std::string json = (scratch / "certificate.json").string();
  const Finished run = vitrine_run({"certify", "xor", "--json", json});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(run.err.empty());
  CHECK_THAT(run.out, Contains("gradients") && Contains("group_elementwise") && Contains("program") &&
                          Contains("certified: every stage holds its contract") && !Contains("BROKEN"));
  const auto made = nlohmann::json::parse(content_of(json));
  CHECK(made["holds"] == true);
  CHECK(made["breaks"].empty());
  for (const auto& stage : made["stages"]) CHECK(stage["rewrites"] > 0);
}

TEST_CASE("certify of a model in use runs the passes that only use has") {
  const Finished run = vitrine_run({"certify", "cnn", "--step", "forward"});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK_THAT(run.out, Contains("pool_before_relu") && Contains("certified"));
}

TEST_CASE("certify names pass, rewrite, node and the user's line, writes what shows it again, and goes on without it") {
  const Scratch scratch;
  const std::string out = (scratch / "broken").string(), made = (scratch / "made.vit").string();
  const std::string bug = "a clip loses its upper bound";
  const Finished run = planted_run(bug, {"certify", "-", "--out", out}, clipped);
  INFO(run.out << run.err);
  CHECK(run.status == 1);
  CHECK_THAT(run.out, Contains("BROKEN") && !Contains("certified"));
  CHECK_THAT(run.err, Contains("broken: simplify_algebra: planted") && Contains("%4 = minimum(%3, 1.0)") &&
                          Contains("from model.cpp:12 in clip") && Contains("was 1") &&
                          Contains("vitrine opt " + out + "/simplify_algebra.vit --passes=simplify_algebra --certify"));
  // What it wrote shows it again, with the bug and not without.
  const Words again{"opt",
                    out + "/simplify_algebra.vit",
                    "--passes=simplify_algebra",
                    "--certify",
                    "--inputs",
                    out + "/simplify_algebra.safetensors",
                    "--out",
                    (scratch / "again").string(),
                    "-o",
                    made};
  CHECK(planted_run(bug, again).status == 1);
  CHECK(vitrine_run(again).status == 0);
  CHECK(content_of(out + "/simplify_algebra.vit").find("minimum") != std::string::npos);
  // The pass is undone as a whole; the others have done their work.
  const Finished opt = planted_run(
      bug, {"opt", "-", "--passes=simplify_algebra,remove_unused,group_elementwise", "--certify", "--out", out},
      clipped);
  CHECK(opt.status == 1);
  CHECK_THAT(opt.out, Contains("minimum") && Contains("neg") && Contains("@g1"));
}

TEST_CASE("bisect and --reduce find a planted bug by a command of the shell") {
  const Scratch scratch;
  const std::string graph = (scratch / "g.vit").string(), small = (scratch / "small.vit").string(),
                    program = VITRINE_PLANTED_PROGRAM, out = (scratch / "broken").string();
  put(graph, clipped);
  const std::string bug = "a clip loses its upper bound";
  const Finished bisect = planted_run(bug, {"bisect", graph, "--check", "! grep -q 'output y = %3' {}"});
  INFO(bisect.out << bisect.err);
  CHECK(bisect.status == 0);
  CHECK_THAT(bisect.out, Contains("simplify_algebra") && Contains("rule: planted"));
  const Finished reduce =
      planted_run(bug, {"opt", graph, "--reduce", "--check",
                        "'" + program + "' opt {} --passes=simplify_algebra --certify --out '" + out + "' -o /dev/null",
                        "-o", small});
  INFO(reduce.err);
  CHECK(reduce.status == 0);
  const Graph left = parse(content_of(small));
  CHECK(std::ranges::count_if(left.topological(), [](Value v) { return v.op() != nullptr; }) <= 2);
}

TEST_CASE("certify says what is wrong with its words") {
  CHECK_THAT(sentence_of({"certify", "nothing"}, 2), Contains("no model named 'nothing'"));
  CHECK_THAT(sentence_of({"certify", "xor", "--sizes", "batch"}, 2), Contains("--sizes takes NAME=N,NAME=N"));
  CHECK_THAT(sentence_of({"certify", "xor", "--passes", "simplify"}, 2), Contains("there is no pass named"));
  CHECK_THAT(sentence_of({"opt", "-", "--passes=training", "--inputs", "x.safetensors"}, 2, clipped),
             Contains("--certify"));
  CHECK_THAT(sentence_of({"certify", "-"}, 3, "graph"), Contains("standard input"));
}
