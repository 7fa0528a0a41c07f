// `diff` as a user runs it: what it prints, draws and hands out to the shell.
#include <nlohmann/json.hpp>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tests/xml_texts.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

nlohmann::json json_of(const std::filesystem::path& path) { return nlohmann::json::parse(content_of(path)); }

Finished differs(const Words& words, int code) {
  const Finished run = vitrine_run(words);
  INFO(typed(words) << "\nsaid: " << run.err);
  CHECK(run.status == code);
  CHECK(run.err.empty());
  CHECK(is_plain(run.out));
  return run;
}

}  // namespace

TEST_CASE("diff of a model with itself is equal, and the exit code says so") {
  CHECK_THAT(differs({"diff", "xor", "xor"}, 0).out, Contains("equal: "));
  CHECK_THAT(differs({"diff", "xor"}, 0).out, Contains("equal: "));
}

TEST_CASE("diff of two points of a compilation tells what the passes between them did") {
  const Scratch scratch;
  const std::string json = (scratch / "d.json").string();
  const Finished run =
      differs({"diff", "mlp", "mlp", "--after-a", "none", "--after-b", "fold_transposes", "--json", json}, 1);
  CHECK_THAT(run.out, Contains("a: mlp, step train, before any pass") &&
                          Contains("b: mlp, step train, after fold_transposes") &&
                          Contains("{transpose_left = true}") && Contains("attributes, operands"));
  const auto made = json_of(json);
  CHECK(made["equal"] == false);
  CHECK(made["changed"].size() >= 3);
  for (const auto& pair : made["changed"]) CHECK_FALSE(pair["differs"].get<std::string>().empty());
  CHECK(made["same"].get<int>() > 100);
  // Nothing lies between these two points.
  differs({"diff", "mlp", "--after-a", "fold_transposes", "--before-b", "remove_unused"}, 0);
  CHECK_THAT(differs({"diff", "mlp", "--before-a", "group_elementwise", "--after-b", "group_elementwise"}, 1).out,
             Contains("0 only in a (-), 0 only in b (+)") && Contains("run as one step in b and not in a"));
}

TEST_CASE("what happens alike in numbered modules is told once") {
  const std::string told = differs({"diff", "gpt", "--after-b", "fold_transposes"}, 1).out;
  CHECK_THAT(told, Contains("in blocks.3.mlp.down (gradient); the same in blocks.2, blocks.1, blocks.0\n"));
  CHECK_THAT(told, !Contains("in blocks.1.mlp.down"));
}

TEST_CASE("diff compares files and models, and steps of a model") {
  const Scratch scratch;
  const std::string was = (scratch / "was.vit").string(), is = (scratch / "is.vit").string();
  put(was, "graph g {\n  input %x : f32[2]\n  %1 = relu(%x) : f32[2]\n  output y = %1\n}\n");
  put(is, "graph g {\n  input %x : f32[2]\n  %9 = gelu(%x) : f32[2]\n  output y = %9\n}\n");
  CHECK_THAT(differs({"diff", was, is}, 1).out,
             Contains("  ~ %1 = relu(%x) : f32[2]\n    %9 = gelu(%x) : f32[2]\n    op\n"));
  CHECK_THAT(differs({"diff", "xor", "--step-a", "forward", "--step-b", "train"}, 1).out,
             Contains("0 only in a (-)") && Contains("the next value of up.weight: not there in a"));
  const std::string model = (scratch / "xor.vit").string();
  REQUIRE(vitrine_run({"show", "xor", "-o", model}).status == 0);
  differs({"diff", "xor", model}, 0);
}

TEST_CASE("diff draws both graphs as one picture") {
  const Words words{"diff", "mlp", "--after-b", "fold_transposes", "--format", "svg"};
  const Finished run = differs(words, 1);
  CHECK(read_xml(run.out).count("svg") == 1);
  CHECK_THAT(run.out, Contains("transpose_left") && Contains("#8f3a73"));
  CHECK(differs(words, 1).out == run.out);
  const std::string whole =
      differs({"diff", "mlp", "--after-b", "fold_transposes", "--format", "dot", "--whole"}, 1).out;
  CHECK(whole.size() > differs({"diff", "mlp", "--after-b", "fold_transposes", "--format", "dot"}, 1).out.size());
}

TEST_CASE("diff --pipelines tells which rewrites one compilation makes and the other does not") {
  const Scratch scratch;
  const std::string json = (scratch / "d.json").string();
  CHECK_THAT(differs({"diff", "xor", "--pipelines"}, 0).out, Contains("equal: both make the same rewrites"));
  const Finished run =
      differs({"diff", "mlp", "--pipelines", "--passes-b", "fold_transposes,remove_unused", "--json", json}, 1);
  CHECK_THAT(run.out, Contains("only in a:\n") && !Contains("only in b:\n") &&
                          Contains("fold_constants: f(constants) => constant") && Contains("compiler/passes/"));
  const auto made = json_of(json);
  CHECK(made["only_b"].empty());
  std::size_t more = 0;
  for (const auto& row : made["rules"]) more += row["a"].get<std::size_t>() - row["b"].get<std::size_t>();
  CHECK(made["only_a"].size() >= more);
}

TEST_CASE("diff says in one sentence what is wrong with how it was called") {
  const auto says = [](const Words& words, const std::string& what) {
    CHECK_THAT(sentence_of(words, 2), Contains(what));
  };
  says({"diff"}, "A is missing");
  says({"diff", "xro", "mlp"}, "did you mean 'xor'?");
  says({"diff", "mlp", "--after-b", "fold_transpose"}, "did you mean 'fold_transposes'?");
  says({"diff", "mlp", "--after-b", "fold_transposes", "--before-b", "training"}, "exclude each other");
  says({"diff", "mlp", "--passes-a", "training"}, "--pipelines");
  says({"diff", "mlp", "--pipelines", "--after-a", "training"}, "leave points");
  says({"diff", "-", "-"}, "standard input can be read once");
  says({"diff", "mlp", "--after-a", "fold_transposes", "--round-a", "40"}, "come to rest after");
  CHECK_THAT(sentence_of({"diff", "missing.vit", "mlp"}, 3), Contains("missing.vit"));
  CHECK_THAT(vitrine_run({"diff", "--help"}).out, Contains("0 they are equal, 1 they differ"));
}
