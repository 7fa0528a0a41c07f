// `show` and `opt` as a user runs them: a graph at any point of the pipeline, in every format.
#include <nlohmann/json.hpp>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tests/xml_texts.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

/// What the README's line on `opt` is about: a transpose that a product can read through.
const std::string example = R"(graph example {
  input %x : f32[batch 2, in 3]
  state %w : f32[out 4, in 3] = normal(0.5)
  %2 = transpose(%w) : f32[in 3, out 4]
  %3 = matmul(%x, %2) : f32[batch 2, out 4]
  output y = %3
}
)";
const std::string folded = R"(graph example {
  input %x : f32[batch 2, in 3]
  state %w : f32[out 4, in 3] = normal(0.5)
  %4 = matmul(%x, %w) {transpose_right = true} : f32[batch 2, out 4] of 3
  output y = %4
}
)";

Finished ok(const Words& words, std::string_view input = {}) {
  const Finished run = vitrine_run(words, input);
  INFO(typed(words) << "\nsaid: " << run.err);
  CHECK(run.status == 0);
  return run;
}

}  // namespace

TEST_CASE("show --format memory draws the compiled step's plan and says how near it is to the lower bound") {
  const Scratch scratch;
  const std::string path = (scratch / "example.vit").string();
  put(path, example);
  const Finished run = ok({"show", path, "--format", "memory"});
  CHECK_THAT(run.out, Contains("<svg") && Contains("lower bound"));
  CHECK_THAT(run.err, Contains("example: arena ") && Contains("(+0.0 %), placed by size"));
}

TEST_CASE("opt runs the passes that it is told, in that order, over a file or standard input") {
  const Scratch scratch;
  const std::string path = (scratch / "example.vit").string(), made = (scratch / "made.vit").string();
  put(path, example);
  const std::string passes = "--passes=fold_transposes,remove_unused";
  CHECK(ok({"opt", path, passes}).out == folded);
  CHECK(ok({"opt", "-", passes, "--verify-each"}, example).out == folded);
  CHECK(ok({"opt", path, passes, "-o", made}).out.empty());
  CHECK(content_of(made) == folded);
  CHECK(ok({"opt", made, passes}).out == folded);
  CHECK(ok({"opt", path, "--passes=remove_unused"}).out == example);
}

TEST_CASE("opt --print-after-all heads each graph with the pass that made it, and --remarks tells every rewrite") {
  const Finished run =
      ok({"opt", "-", "--passes=fold_transposes,remove_unused", "--print-after-all", "--remarks"}, example);
  CHECK(run.out.starts_with("// -----// IR Dump After fold_transposes //----- //\ngraph example {\n"));
  CHECK_THAT(run.out, Contains("}\n\n// -----// IR Dump After remove_unused //----- //\n" + folded));
  CHECK(run.out.ends_with("\n" + folded));
  CHECK_THAT(run.err, Contains("fold_transposes: matmul(transpose(a), b) => ") &&
                          Contains("  - %3 = matmul(%x, %2) : f32[batch 2, out 4]") &&
                          Contains("  + %4 = matmul(%x, %w) {transpose_right = true}") &&
                          Contains("compiler/passes/fold_transposes.cpp:"));
  CHECK(is_plain(run.out + run.err));
}

TEST_CASE("show writes a graph as text, dot, svg, png and json") {
  const Finished text = ok({"show", "-"}, example);
  CHECK(text.out == example);
  CHECK(ok({"show", "-", "--format", "dot"}, example).out.starts_with("digraph "));
  CHECK(nlohmann::json::parse(ok({"show", "-", "--format", "json"}, example).out).is_object());
  const std::string svg = ok({"show", "-", "--format", "svg"}, example).out;
  CHECK(read_xml(svg).count("svg") == 1);
  CHECK_THAT(svg, Contains("matmul"));
  const Scratch scratch;
  const std::string png = (scratch / "graph.png").string();
  CHECK(ok({"show", "-", "--format", "png", "-o", png}, example).out.empty());
  CHECK(content_of(png).starts_with("\x89PNG\r\n"));
}

TEST_CASE("show follows a milestone through the pipeline") {
  const auto shown = [](Words words) {
    words.insert(words.begin(), {"show", "mlp"});
    return ok(words).out;
  };
  const std::string start = shown({}), folded_out = shown({"--after", "fold_transposes"});
  CHECK_THAT(start, Contains(" = transpose(") && Contains("update %"));
  CHECK_THAT(shown({"--step", "forward"}), !Contains("update %"));
  CHECK(shown({"--before", "fold_transposes"}) != folded_out);
  CHECK_THAT(folded_out, Contains("transpose_left = true"));
  const std::string before = shown({"--before", "group_elementwise"}), after = shown({"--after", "group_elementwise"});
  CHECK_THAT(before, !Contains(" @g1"));
  CHECK_THAT(after, Contains(" @g1"));
}

TEST_CASE("after a pass that changes nothing, show has the graph that it was given, not one that later passes made") {
  const std::string nothing_to_do =
      "graph g {\n  input %x : f32[2]\n  %1 = exp(%x) : f32[2]\n  %2 = tanh(%1) : f32[2]\n  output y = %2\n}\n";
  CHECK(ok({"show", "-", "--after", "remove_unused"}, nothing_to_do).out == nothing_to_do);
  CHECK(ok({"show", "-", "--before", "fold_constants"}, nothing_to_do).out == nothing_to_do);
  CHECK_THAT(ok({"show", "-", "--after", "group_elementwise"}, nothing_to_do).out, Contains("@g1"));
}

TEST_CASE("without dot a picture is one plain sentence, exit code 3 and no file") {
  const Scratch scratch;
  const std::string to = (scratch / "graph.svg").string();
  const Variable path("PATH", scratch.folder().string());
  CHECK_THAT(sentence_of({"show", "xor", "--format", "svg", "-o", to}, 3),
             Contains("Debian package graphviz") && Contains("--format text"));
  CHECK_FALSE(std::filesystem::exists(to));
  CHECK(ok({"show", "xor", "--format", "dot"}).out.starts_with("digraph "));
}

TEST_CASE("names that would break a drawing are drawn as they are") {
  const std::string hostile = R"(graph "a \"quoted\" <b>&amp;{|} graph" {
  input %"say \"hi\" -> {<x>|y} \\ ]; }" : f32[2]
  %1 = relu(%"say \"hi\" -> {<x>|y} \\ ]; }") : f32[2]
  output "</svg>--><!--" = %1
}
)";
  CHECK(ok({"show", "-"}, hostile).out == hostile);
  const std::string svg = ok({"show", "-", "--format", "svg"}, hostile).out;
  CHECK(read_xml(svg).count("svg") == 1);
  CHECK_THAT(svg, Contains("&lt;x&gt;") && !Contains("<x>"));
}
