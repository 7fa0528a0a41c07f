// What a student sees of a model of repeated blocks: one of them, what hands on to the next, and its gradients and
// updates beside it.
#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/dot.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/passes.hpp"
#include "tests/transformer_graph.hpp"
#include "tests/xml_texts.hpp"
#include "tools/graphviz.hpp"
#include "vitrine/layers/random_states.hpp"

using namespace vitrine;

namespace {

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}
std::size_t boxes(const std::string& text) { return count(text, " [id="); }
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The id of the box with this title.
std::string id_of(const std::string& text, const std::string& title) {
  const std::size_t at = text.find("<B>" + title + "</B>");
  if (at == std::string::npos) return "no box " + title;
  const std::size_t line = text.rfind('\n', at) + 1, begin = text.find_first_not_of(' ', line);
  return text.substr(begin, text.find(' ', begin) - begin);
}
/// How many arrows lead from one to another, whatever they look like.
std::size_t arrows(const std::string& text, const std::string& from, const std::string& to, const std::string& looks) {
  std::size_t found = 0;
  const std::string start = "  " + id_of(text, from) + " -> " + id_of(text, to) + " [";
  for (auto at = text.find(start); at != std::string::npos; at = text.find(start, at + 1))
    found += has(text.substr(at, text.find('\n', at) - at), looks);
  return found;
}

Graph training_step_of(Graph forward) { return training_step(forward, AdamW{.clip = {.norm = 1}}); }

}  // namespace

TEST_CASE("four blocks of a Transformer are one frame with its parts, and fit a screen") {
  const Graph graph = TransformerGraph::of(4);
  const std::string text = dot(graph, {.fold = true});
  CHECK(count(text, "<B>blocks.0 to blocks.3 (× 4)</B>") == 1);
  CHECK(count(text, "subgraph") == 1);
  for (const char* part : {"attention_norm", "attention", "mlp_norm", "mlp", "norm", "head", "embedding", "positions"})
    CHECK(count(text, "<B>" + std::string(part) + "</B>") == 1);
  CHECK(boxes(text) < 24);
  CHECK(has(text, "blocks.0 to blocks.3: 4 modules that compute the same, one after the other."));
  CHECK(has(text, "to the next: what one repeat hands to another"));
  CHECK(count(text, "label=\"to the next\"") == 2);  // the residual sum, to the next norm and the next sum
  CHECK(arrows(text, "attention_norm", "attention", "") == 1);
  CHECK(arrows(text, "greater_equal", "attention", "") == 1);  // the mask, computed once: outside of the frame

  std::string width, height;
  for_each_element(read_xml(render(text, "svg")), [&](const std::string& name, const Xml& element) {
    if (name == "svg") width = attribute(element, "width"), height = attribute(element, "height");
  });
  CHECK(std::stod(width) * 96 / 72 <= 1280);  // points to pixels
  CHECK(std::stod(height) * 96 / 72 <= 800);
}

TEST_CASE("what each block computes itself is told from what the first computes for all") {
  const std::string text = dot(TransformerGraph::of(2), {.fold = true});
  CHECK(count(text, "<B>blocks.0 to blocks.1 (× 2)</B>") == 1);
  const std::string whole = dot(TransformerGraph::of(4));
  CHECK_FALSE(has(whole, "(×"));
  CHECK_FALSE(has(whole, "repeat"));
  CHECK(count(whole, "<B>blocks.2.attention.query.weight</B>") == 1);
}

TEST_CASE("a block that is unlike the others stays by itself") {
  const std::string text = dot(TransformerGraph::of(5, 4), {.fold = true});
  CHECK(count(text, "<B>blocks.0 to blocks.3 (× 4)</B>") == 1);
  CHECK(count(text, "<B>blocks.4</B>") == 1);
  CHECK(count(text, "<B>mlp</B>") == 2);
  CHECK_FALSE(has(dot(TransformerGraph::of(2, 1), {.fold = true}), "(×"));
}

TEST_CASE("a training step has one frame of blocks, with gradients and updates beside what they belong to") {
  Graph step = training_step_of(TransformerGraph::of(4));
  for (const bool compiled : {false, true}) {
    if (compiled) optimize(step);
    CAPTURE(compiled);
    const std::string text = dot(step, {.fold = true});
    CHECK(count(text, "<B>blocks.0 to blocks.3 (× 4)</B>") == 1);
    CHECK(count(text, "subgraph") == 1);
    CHECK(boxes(text) < 48);
    for (const std::string part : {"attention_norm", "attention", "mlp_norm", "mlp", "norm", "head", "embedding"}) {
      CAPTURE(part);
      CHECK(count(text, "<B>" + part + "</B>") == 1);
      CHECK(arrows(text, part, part + ", gradients", "style=invis, minlen=0") == 1);
      CHECK(arrows(text, part, part + ", updates", "style=invis, minlen=0") == 1);
      CHECK(arrows(text, part + ", updates", part, "the next value") == 1);
    }
    CHECK(count(text, "label=\"to the next\"") == 2);
    CHECK(count(text, "label=\"to the one before\"") == 2);
  }
}

TEST_CASE("where the first block's input learns nothing, only the others are alike") {
  Graph graph("no embedding");
  const Type rows{DType::f32, shape_of<2, 3>}, square{DType::f32, shape_of<3, 3>};
  Value x = graph.input("x", rows);
  const Value scale = graph.input("scale", rows);
  for (int i = 0; i < 4; ++i) {
    const std::string module = "blocks." + std::to_string(i);
    const Graph::Scope scope(graph, module, Phase::forward);
    x = x + tanh(matmul(x, graph.state(module + ".w", square))) * scale;
  }
  graph.output("loss", mean(x * x));
  CHECK(has(dot(graph, {.fold = true}), "<B>blocks.0 to blocks.3 (× 4)</B>"));
  const std::string text = dot(training_step(graph, Sgd{}), {.fold = true});
  CHECK(has(text, "<B>blocks.1 to blocks.3 (× 3)</B>"));
  CHECK(has(text, "<B>blocks.0</B>"));
  CHECK(count(text, "<B>w</B>") == 1);
  CHECK(count(text, "<B>blocks.0.w</B>") == 1);
}

TEST_CASE("blocks whose dropouts draw from streams of their own are alike") {
  Graph graph("dropouts");
  Value x = graph.input("x", {DType::f32, shape_of<2, 3>});
  for (int i = 0; i < 3; ++i) {
    const Graph::Scope scope(graph, "blocks." + std::to_string(i), Phase::forward);
    x = x + emit(Drop{0.5f, i}, {tanh(x), random_seed(graph), random_step(graph)});
  }
  graph.output("y", x);
  CHECK(has(dot(graph, {.fold = true}), "<B>blocks.0 to blocks.2 (× 3)</B>"));
}
