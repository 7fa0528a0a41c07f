// `show` and `opt` as a user runs them: a graph at any point of the pipeline, in every format.
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/example_graph.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tests/xml_texts.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

/// The same once the product reads the weight as it lies.
const std::string folded = R"(graph example {
  input %x : f32[batch 2, in 3]
  state %w : f32[out 4, in 3] = normal(0.5)
  %7 = matmul(%x, %w) {transpose_right = true} : f32[batch 2, out 4] of 3 #1
  %4 = neg(%7) : f32[batch 2, out 4]
  %5 = neg(%4) : f32[batch 2, out 4]
  %6 = relu(%5) : f32[batch 2, out 4]
  output y = %6
  place #1 = "model.cpp":12 in up
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
  put(path, example_graph);
  const Finished run = ok({"show", path, "--format", "memory"});
  CHECK_THAT(run.out, Contains("<svg") && Contains("lower bound"));
  CHECK_THAT(run.err, Contains("example: arena ") && Contains("(+0.0 %), placed by size"));
}

TEST_CASE("opt runs the passes that it is told, in that order, over a file or standard input") {
  const Scratch scratch;
  const std::string path = (scratch / "example.vit").string(), made = (scratch / "made.vit").string();
  put(path, example_graph);
  const std::string passes = "--passes=fold_transposes,remove_unused";
  CHECK(ok({"opt", path, passes}).out == folded);
  CHECK(ok({"opt", "-", passes, "--verify-each"}, example_graph).out == folded);
  CHECK(ok({"opt", path, passes, "-o", made}).out.empty());
  CHECK(content_of(made) == folded);
  CHECK(ok({"opt", made, passes}).out == folded);
  CHECK(ok({"opt", path, "--passes=remove_unused"}).out == example_graph);
}

TEST_CASE("opt --print-after-all heads each graph with the pass that made it, and --remarks tells every rewrite") {
  const Finished run =
      ok({"opt", "-", "--passes=fold_transposes,remove_unused", "--print-after-all", "--remarks"}, example_graph);
  CHECK(run.out.starts_with("// -----// IR Dump After fold_transposes //----- //\ngraph example {\n"));
  CHECK_THAT(run.out, Contains("}\n\n// -----// IR Dump After remove_unused //----- //\n" + folded));
  CHECK(run.out.ends_with("\n" + folded));
  CHECK_THAT(run.err, Contains("fold_transposes: matmul(transpose(a), b) => ") &&
                          Contains("  - %3 = matmul(%x, %2) : f32[batch 2, out 4]") &&
                          Contains("  + %7 = matmul(%x, %w) {transpose_right = true}") &&
                          Contains("compiler/passes/fold_transposes.cpp:"));
  CHECK(is_plain(run.out + run.err));
}

namespace {

/// What Compiler Explorer's pipeline view makes of a text: a header is a line of exactly this form, a dump is what
/// stands below it, and "Before" and "After" of one name belong together in turn.
struct Dump {
  std::string when, pass, graph;
};
std::vector<Dump> dumps_of(const std::string& text) {
  const std::string begin = "// -----// IR Dump ", end = " //----- //";
  std::vector<Dump> made;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(begin) && line.ends_with(end)) {
      const std::string header = line.substr(begin.size(), line.size() - begin.size() - end.size());
      const std::size_t space = header.find(' ');
      made.push_back({header.substr(0, space), header.substr(space + 1), ""});
    } else if (!made.empty() && !line.empty()) {
      made.back().graph += line + "\n";
    }
  }
  return made;
}

}  // namespace

TEST_CASE("with --print-before-all each dump has its other half, as Compiler Explorer's pipeline view pairs them") {
  const auto dumps =
      dumps_of(ok({"opt", "-", "--passes=fold_transposes,remove_unused", "--print-before-all", "--print-after-all"},
                  example_graph)
                   .out);
  REQUIRE(dumps.size() == 4);
  for (std::size_t i = 0; i < dumps.size(); i += 2) {
    CHECK(dumps[i].when == "Before");
    CHECK(dumps[i + 1].when == "After");
    CHECK(dumps[i].pass == dumps[i + 1].pass);
    CHECK(dumps[i].graph != dumps[i + 1].graph);
  }
  CHECK(dumps[0].graph == example_graph);
  CHECK(dumps[2].graph == dumps[1].graph);
  CHECK(dumps[3].graph == folded);  // the graph that comes out is not printed a second time
}

TEST_CASE("opt -o gets the graph alone, while the dumps go to standard output") {
  const Scratch scratch;
  const std::string made = (scratch / "made.vit").string();
  const Finished run =
      ok({"opt", "-", "--passes=fold_transposes,remove_unused", "--print-after-all", "-o", made}, example_graph);
  CHECK(dumps_of(run.out).size() == 2);
  CHECK(content_of(made) == folded);
}

TEST_CASE("show --print-after-all follows a model from its trace through gradients to its last pass") {
  const auto dumps = dumps_of(ok({"show", "mlp", "--print-after-all", "--print-before-all"}).out);
  REQUIRE(dumps.size() > 6);
  CHECK(dumps.front().graph == ok({"show", "mlp", "--step", "forward"}).out);
  CHECK(dumps.back().graph == ok({"show", "mlp", "--after", "all"}).out);
  const auto is_gradients = [](const Dump& dump) { return dump.pass == "gradients" && dump.when == "After"; };
  const auto gradients = std::ranges::find_if(dumps, is_gradients);
  REQUIRE(gradients != dumps.end());
  CHECK(gradients->graph == ok({"show", "mlp", "--after", "none"}).out);
  for (std::size_t i = 2; i < dumps.size(); i += 2) CHECK(dumps[i].graph == dumps[i - 1].graph);
  CHECK_THAT(sentence_of({"show", "mlp", "--print-after-all", "--after", "training"}, 2), Contains("leave --after"));
}

TEST_CASE("show --round picks one of a pass's turns") {
  // The second transpose meets its product only once the first has gone.
  const std::string twice = R"(graph g {
  input %x : f32[2, 3]
  state %w : f32[4, 3] = normal(0.5)
  %2 = mul(%w, 1.0) : f32[4, 3]
  %3 = transpose(%2) : f32[3, 4]
  %4 = matmul(%x, %3) : f32[2, 4]
  %5 = neg(%4) : f32[2, 4]
  %6 = neg(%5) : f32[2, 4]
  output y = %6
}
)";
  const auto at = [&](const Words& where) {
    Words words{"show", "-"};
    words.insert(words.end(), where.begin(), where.end());
    return ok(words, twice).out;
  };
  const std::string first = at({"--after", "simplify_algebra", "--round", "1"});
  CHECK(first == at({"--before", "fold_transposes", "--round", "1"}));
  CHECK(at({"--before", "simplify_algebra", "--round", "1"}) == twice);
  CHECK_THAT(first, !Contains("= matmul(%x, %w)"));
  CHECK_THAT(at({"--after", "fold_transposes", "--round", "1"}), Contains("{transpose_right = true}"));
  CHECK(at({"--after", "remove_unused", "--round", "1"}) == at({"--before", "training", "--round", "2"}));
  CHECK_THAT(sentence_of({"show", "-", "--after", "training", "--round", "9"}, 2, twice),
             Contains("come to rest after 2 rounds"));
  CHECK_THAT(sentence_of({"show", "-", "--after", "group_elementwise", "--round", "1"}, 2, twice),
             Contains("runs once, after the last round"));
  CHECK_THAT(sentence_of({"show", "-", "--round", "1"}, 2, twice), Contains("--round says which turn of a pass"));
}

TEST_CASE("show knows the end and the beginning of a pipeline, and the stage before there are gradients") {
  CHECK(ok({"show", "mlp", "--after", "none"}).out == ok({"show", "mlp"}).out);
  CHECK(ok({"show", "mlp", "--after", "all"}).out == ok({"show", "mlp", "--after", "group_elementwise"}).out);
  for (const char* pass : {"recognize_rows", "recognize_cross_entropy", "recognize_attention"})
    for (const char* when : {"--before", "--after"})
      CHECK_THAT(ok({"show", "gpt", when, pass}).out, !Contains("update %") && Contains("output loss"));
}

TEST_CASE("show writes a graph as text, dot, svg, png and json") {
  const Finished text = ok({"show", "-"}, example_graph);
  CHECK(text.out == example_graph);
  CHECK(ok({"show", "-", "--format", "dot"}, example_graph).out.starts_with("digraph "));
  CHECK(nlohmann::json::parse(ok({"show", "-", "--format", "json"}, example_graph).out).is_object());
  const std::string svg = ok({"show", "-", "--format", "svg"}, example_graph).out;
  CHECK(read_xml(svg).count("svg") == 1);
  CHECK_THAT(svg, Contains("matmul"));
  const Scratch scratch;
  const std::string png = (scratch / "graph.png").string();
  CHECK(ok({"show", "-", "--format", "png", "-o", png}, example_graph).out.empty());
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
