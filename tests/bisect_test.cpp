// `bisect` as a user runs it, and held to a compiler with a bug planted in it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "compiler/planted.hpp"
#include "compiler/print.hpp"
#include "tests/example_graph.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tools/commands/commands.hpp"
#include "vitrine/ops/neg.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

nlohmann::json json_of(const std::filesystem::path& path) { return nlohmann::json::parse(content_of(path)); }

/// A bug in place of a rule, until the end of the block.
class PlantedReplacement {
 public:
  explicit PlantedReplacement(std::function<Value(std::string_view, Value, Value)> bug) {
    planted().replacement = std::move(bug);
  }
  PlantedReplacement(const PlantedReplacement&) = delete;
  PlantedReplacement& operator=(const PlantedReplacement&) = delete;
  ~PlantedReplacement() { planted().replacement = {}; }
};

}  // namespace

TEST_CASE("bisect names pass, round, rule, nodes and line of the rewrite after which a command fails") {
  const Scratch scratch;
  const std::string json = (scratch / "found.json").string();
  const Finished run =
      vitrine_run({"bisect", "-", "--check", "! grep -q transpose_right {}", "--json", json}, example_graph);
  INFO(run.err);
  CHECK(run.status == 0);
  CHECK(is_plain(run.out));
  CHECK_THAT(run.out, Contains("pass: fold_transposes, round 1\n") &&
                          Contains("rule: matmul(transpose(a), b) => matmul(a, b) with a flag\n") &&
                          Contains("compiler/passes/fold_transposes.cpp:") && Contains("  - %3 = matmul(") &&
                          Contains("{transpose_right = true}"));
  const auto found = json_of(json);
  CHECK(found["verdict"] == "found");
  CHECK(found["pass"] == "fold_transposes");
  CHECK(found["round"] == 1);
  CHECK(found["matched"].size() == 1);
  CHECK(found["made"].size() == 1);
  CHECK_THAT(run.out,
             Contains(fmt::format("holds after {} of {} rewrites and fails after {}", found["rewrite"].get<int>() - 1,
                                  found["rewrites"].get<int>(), found["rewrite"].get<int>())) &&
                 Contains(fmt::format("CMD ran {} times", found["runs"].get<int>())));
}

TEST_CASE("bisect finds every rewrite of a training step, if a command fails from there on") {
  const Scratch scratch;
  const std::string model = (scratch / "xor.vit").string(), json = (scratch / "found.json").string();
  const Finished shown = vitrine_run({"show", "xor", "-o", model});
  REQUIRE(shown.status == 0);
  Graph graph = parse(content_of(model));
  const Record record = optimize(graph);
  const std::size_t all = record.rewrites.size();
  REQUIRE(all > 20);
  const auto after = [&](std::size_t n) {
    Graph made = parse(content_of(model));
    optimize(made, default_pipeline, {.most_rewrites = n});
    return print(made);
  };
  std::filesystem::create_directory(scratch / "bad");
  for (std::size_t number = all; number > 0; --number) {
    put(scratch / "bad" / std::to_string(number), after(number));
    if (number % 7 && number != all && number != 1) continue;
    const Finished run =
        vitrine_run({"bisect", "xor", "--json", json, "--check",
                     "for bad in " + (scratch / "bad").string() + "/*; do if cmp -s $bad {}; then exit 1; fi; done"});
    INFO(run.err);
    CHECK(run.status == 0);
    const auto found = json_of(json);
    CHECK(found["rewrite"] == number);
    CHECK(found["rewrites"] == all);
    CHECK(found["pass"] == record.rewrites[number - 1].pass);
    CHECK(found["rule"] == record.rewrites[number - 1].rule);
  }
}

TEST_CASE("bisect finds the rule of a miscompiling compiler by what its program computes") {
  const Scratch scratch;
  const std::string model = (scratch / "g.vit").string(), json = (scratch / "found.json").string(),
                    out = (scratch / "out").string(), want = (scratch / "want").string();
  put(model, R"(graph g {
  state %x : f32[4] = 2.0
  %1 = mul(%x, 1.0) : f32[4]
  %2 = exp(%1) : f32[4]
  %3 = neg(%2) : f32[4]
  %4 = neg(%3) : f32[4]
  %5 = sub(%4, 0.0) : f32[4]
  output y = %5
}
)");
  REQUIRE(vitrine_run({"exec", model, "-o", want, "--passes=remove_unused"}).status == 0);
  const PlantedReplacement bug([](std::string_view pass, Value value, Value by) {
    const bool here = pass == "simplify_algebra" && as<Neg>(value);
    return here ? value.operands()[0] : by;  // neg(neg(x)) => neg(x)
  });
  const int code = bisect({}, {.model = model,
                               .check = fmt::format("{} exec {{}} -o {} --passes=remove_unused && cmp {} {}",
                                                    VITRINE_PROGRAM, out, out, want),
                               .json = json});
  CHECK(code == 0);
  const auto found = json_of(json);
  CHECK(found["pass"] == "simplify_algebra");
  CHECK(found["rule"] == "neg(neg(x)) => x");
  CHECK(found["by"] == "%3");
}

TEST_CASE("bisect says truthfully that a command fails before the first rewrite, or not even after the last") {
  const Scratch scratch;
  const std::string json = (scratch / "found.json").string();
  const auto asked = [&](const std::string& check) { return Words{"bisect", "-", "--json", json, "--check", check}; };
  for (const char* check : {"false {}", "kill -SEGV $$ {}"}) {
    const Finished before = vitrine_run(asked(check), example_graph);
    CHECK(before.status == 1);
    CHECK_THAT(before.out, Contains("fails on the graph before any rewrite") && Contains("CMD ran 1 time\n"));
    CHECK(json_of(json)["verdict"] == "fails before the first rewrite");
  }
  const Finished after = vitrine_run(asked("true {}"), example_graph);
  CHECK(after.status == 1);
  CHECK_THAT(after.out, Contains("there is nothing to find") && Contains("CMD ran 2 times\n"));
  CHECK(json_of(json)["verdict"] == "holds after the last rewrite");
  Words one_pass = asked("true {}");
  one_pass.push_back("--passes=pool_before_relu");
  CHECK_THAT(vitrine_run(one_pass, example_graph).out, Contains("these passes rewrite nothing"));
}

TEST_CASE("a command that the shell cannot start is no verdict, but one sentence and exit code 3") {
  CHECK_THAT(sentence_of({"bisect", "-", "--check", "no-such-program-anywhere {}"}, 3, example_graph),
             Contains("the shell cannot run --check") && Contains("no-such-program-anywhere"));
  CHECK_THAT(sentence_of({"bisect", "-", "--check", "/ {}"}, 3, example_graph),
             Contains("the shell cannot run --check"));
}

TEST_CASE("bisect -o writes the last good graph and the first bad one, one rewrite apart") {
  const Scratch scratch;
  const std::string good = (scratch / "g.vit").string(), bad = (scratch / "g.bad.vit").string();
  const Finished run =
      vitrine_run({"bisect", "-", "--check", "! grep -q transpose_right {}", "-o", good, "--passes=fold_transposes"},
                  example_graph);
  CHECK(run.status == 0);
  CHECK_THAT(run.out, Contains(good) && Contains(bad));
  CHECK(content_of(good) == example_graph);
  CHECK_THAT(content_of(bad), Contains("transpose_right = true"));
  CHECK_THAT(content_of(bad), Contains(" = transpose(%w)"));  // which remove_unused, and not this rewrite, takes
}

TEST_CASE("bisect leaves nothing behind, says the same each time, and copes with a folder of any name") {
  const Scratch scratch;
  const std::string temporary = (scratch / "it's a \"folder\" $HOME").string();
  std::filesystem::create_directory(temporary);
  const Variable there("TMPDIR", temporary);
  const Words words{"bisect", "-", "--check", "! grep -q transpose_right {}"};
  const Finished once = vitrine_run(words, example_graph), again = vitrine_run(words, example_graph);
  INFO(once.err);
  CHECK(once.status == 0);
  CHECK(once.out == again.out);
  CHECK(std::filesystem::is_empty(temporary));
  const Variable nowhere("TMPDIR", (scratch / "missing").string());
  CHECK_THAT(sentence_of(words, 3, example_graph), Contains("TMPDIR"));
}
