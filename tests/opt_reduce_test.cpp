// `opt --reduce` as a user runs it.
#include "compiler/parse.hpp"
#include "compiler/print.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
using Catch::StartsWith;

TEST_CASE("opt --reduce makes a milestone's training step as small as what its check is about") {
  const Scratch scratch;
  const std::string step = (scratch / "step.vit").string(), small = (scratch / "small.vit").string();
  REQUIRE(vitrine_run({"show", "mlp", "-o", step}).status == 0);
  const Finished run = vitrine_run({"opt", step, "--reduce", "--check", "! grep -q 'transpose(' {}", "-o", small});
  INFO(run.err);
  CHECK(run.status == 0);
  CHECK(run.out.empty());
  CHECK_THAT(run.err, Contains("nodes are left; CMD ran "));
  const std::string text = content_of(small);
  CHECK_THAT(text, StartsWith("graph \"mlp training step\" {\n  state %") && Contains(" 1] = normal(") &&
                       Contains(" = transpose(%") && Contains("\n  output "));
  CHECK(std::ranges::count(text, '\n') == 5);
  CHECK(print(parse(text)) == text);
}

TEST_CASE("opt --reduce runs --passes first, and its result can be any file or standard output") {
  const std::string example =
      "graph g {\n  input %x : f32[2, 3]\n  state %w : f32[4, 3] = normal(0.5)\n  %2 = transpose(%w) : f32[3, 4]\n"
      "  %3 = matmul(%x, %2) : f32[2, 4]\n  %4 = relu(%3) : f32[2, 4]\n  output y = %4\n}\n";
  const Finished run = vitrine_run(
      {"opt", "-", "--passes=fold_transposes", "--reduce", "--check", "! grep -q transpose_right {}"}, example);
  INFO(run.err);
  CHECK(run.status == 0);
  CHECK_THAT(run.out,
             Contains("{transpose_right = true} : f32[1, 1]") && !Contains("relu") && !Contains(" = transpose("));
}

TEST_CASE("what does not fail to begin with is not reduced: exit code 1, one sentence, and no file") {
  const Scratch scratch;
  const std::string small = (scratch / "small.vit").string();
  const std::string example = "graph g {\n  input %x : f32[2]\n  output y = %x\n}\n";
  CHECK_THAT(sentence_of({"opt", "-", "--reduce", "--check", "true {}", "-o", small}, 1, example),
             Contains("nothing to reduce"));
  CHECK_FALSE(std::filesystem::exists(small));
}

TEST_CASE("opt --reduce stops after --tries runs of the check and says so") {
  const Scratch scratch;
  const std::string runs = (scratch / "runs").string(), step = (scratch / "step.vit").string();
  REQUIRE(vitrine_run({"show", "xor", "-o", step}).status == 0);
  const Finished run = vitrine_run(
      {"opt", step, "--reduce", "--tries", "5", "--check", "echo >> " + runs + "; ! grep -q 'matmul(' {}", "-o", step});
  CHECK(run.status == 0);
  CHECK_THAT(run.err, Contains("CMD ran 5 times, which is all that --tries allows"));
  CHECK(content_of(runs) == "\n\n\n\n\n");
  CHECK_THAT(content_of(step), Contains("matmul("));
}
