// The ten faults that a course's own framework shipped with (TinyTorch 0.1.10), planted here one by one, and what is
// said of each: the table in milestones/README.md is this file.
#include "compiler/gradients.hpp"
#include "compiler/lint.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/planted.hpp"
#include "tests/named_values.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tests/small_language.hpp"
#include "tools/certify.hpp"
#include "tools/language_probes.hpp"
#include "tools/small_values.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

std::string found_in(const Graph& graph, const std::string& causal_along = "") {
  std::string text;
  for (const Finding& f : lint({graph, causal_along})) text += sentence_of(f) + "\n";
  return text;
}
std::string refusal_of(const Graph& forward) {
  return complaint<UsageError>([&] { training_step(forward, Sgd{}); });
}

/// y = 2 x; z = sum(y + 3 y), whose gradient is 8.
Graph twice() {
  Graph graph("twice");
  const Value y = graph.state("x", f32<2>) * 2.f;
  graph.output("loss", sum(y + 3.f * y));
  return graph;
}
Certificate certified(const Graph& forward) {
  Graph step = differentiated_step(forward, Sgd{});
  Pool pool(1);
  return certify(step, &forward, default_pipeline, small_values(step, 1), pool).certificate;
}

constexpr Axis batch{"batch", 2}, row{"row", 4}, kind{"kind", 3}, step{"time", 5}, key{"key", 5}, width{"width", 4};

}  // namespace

TEST_CASE("fault 1, a gradient lost where a value is read twice: it is 8, and a compiler that loses it is named") {
  const Graph graph = with_gradients(twice());
  const auto values = evaluate<double>(graph, leaves<double>(graph, {{"x", {1, 2}}}));
  CHECK(numbers<double>(values, output_of(graph, "d x")) == std::vector<double>{8, 8});
  REQUIRE(certified(twice()).holds());
  planted().derivative = [](Value v, Gradients& made) {
    if (as<Add>(v)) made[1] = {};
  };
  const Certificate broken = certified(twice());
  planted().derivative = {};
  REQUIRE_FALSE(broken.holds());
  CHECK(broken.breaks[0].pass == "gradients");
}

TEST_CASE("fault 2, a way back that doubles with every reuse: each further layer costs the same") {
  const auto nodes = [](auto model) {
    return training_step(trace_language_model(model, "gpt"), AdamW{}).topological().size();
  };
  namespace s = small;
  const std::size_t one = nodes(Gpt<s::batch, s::time, s::token, s::width, s::head, 1>{}),
                    two = nodes(Gpt<s::batch, s::time, s::token, s::width, s::head, 2>{}),
                    three = nodes(Gpt<s::batch, s::time, s::token, s::width, s::head, 3>{});
  CHECK(three - two == two - one);
  // In the program too: an expression is a tree, and using it twice would double it, so that is no program.
  CHECK_THAT(content_of(std::filesystem::path(VITRINE_SOURCE) / "tests/must_not_compile/reused_expression.cpp"),
             Contains("name it"));
}

TEST_CASE(
    "fault 3, a mask the wrong way round: lint names the node, and attention that looks everywhere fails a gate") {
  const auto model = [](bool inverted) {
    Graph graph("masked");
    const Value x = graph.input("x", f32<batch, step, width>), k = emit(Rename{shape_of<batch, key, width>}, {x});
    const Value at = emit(Reshape{shape_of<step, 1>}, {cast<DType::f32>(emit(graph, Iota{step}))});
    const Value of = cast<DType::f32>(emit(graph, Iota{key}));
    const Value scores = matmul(x, transpose(k)) * 0.5f, hidden = inverted ? less_equal(of, at) : greater(of, at);
    graph.output("y", matmul(softmax(where(hidden, -NumberRange::infinity, scores)), k));
    return graph;
  };
  CHECK_THAT(found_in(model(true), "time"), Contains("lint not_causal: ") && Contains("it knows what it is to guess"));
  CHECK(found_in(model(false), "time") == "");
  // The gate "attention chooses" asks for less than 0.9 of what looking everywhere alike has.
  AttentionMap everywhere_alike{.module = "", .heads = 1, .time = 4, .looks = causal};
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t k = 0; k < 4; ++k)
      everywhere_alike.weights.push_back(k <= i ? 1. / static_cast<double>(i + 1) : 0);
  CHECK(mean_entropy({everywhere_alike}) > 0.99);
}

TEST_CASE("fault 4, a graph that is cut where numbers are copied out of it: the filters can never learn") {
  const auto model = [](bool cut) {
    Graph graph("cnn");
    const Value image = graph.input("image", f32<batch, 4, 4, 1>), filters = graph.state("filters", f32<3, 3, 1, 2>);
    const Value seen = relu(conv2d(image, filters));
    graph.output("seen", seen);
    const Value flat = cut ? graph.input("flat", f32<batch, 8>) : reshape<batch, 8>(seen);
    graph.output("loss",
                 cross_entropy(matmul(flat, graph.state("last", f32<8, kind>)), graph.input("label", i32<batch>)));
    return graph;
  };
  CHECK(found_in(model(true)) ==
        "lint unreachable_parameter: 'filters': the loss is not made of it, so that it can never learn; use it in the "
        "model or take it out\n");
  CHECK_THAT(refusal_of(model(true)), Contains("the loss does not depend on 'filters', so it can never learn"));
  CHECK(found_in(model(false)) == "");
  CHECK(refusal_of(model(false)) == "");
}

TEST_CASE("fault 5, a loss that is a number from elsewhere: no parameter can learn") {
  Graph graph("detached");
  graph.output("y", matmul(graph.input("x", f32<batch, row>), graph.state("w", f32<row, kind>)));
  graph.output("loss", mean(graph.input("measured", f32<batch>)));
  CHECK_THAT(found_in(graph), Contains("lint unreachable_parameter: 'w': the loss is not made of it"));
  CHECK_THAT(refusal_of(graph), Contains("the loss does not depend on 'w'"));
}

TEST_CASE("fault 6, positions that no gradient reaches: lint names them, and what is not reflected does not compile") {
  const auto model = [](bool copied) {
    Graph graph("positions");
    const Value x = graph.input("x", f32<batch, step, width>), places = graph.state("places", f32<step, width>);
    const Value held = copied ? graph.input("numbers", f32<step, width>) : places;
    graph.output("loss", mean((x + held) * graph.state("w", f32<width>)));
    return graph;
  };
  CHECK_THAT(found_in(model(true)), Contains("lint unreachable_parameter: 'places': the loss is not made of it"));
  CHECK(found_in(model(false)) == "");
  CHECK_THAT(content_of(std::filesystem::path(VITRINE_SOURCE) / "tests/must_not_compile/unreflected_parameter.cpp"),
             Contains("name every parameter in BOOST_HANA_DEFINE_STRUCT"));
}

TEST_CASE("fault 8, success at 75 percent: what does not solve all four rows ends with exit code 1") {
  const Scratch scratch;
  const Finished run = vitrine_run({"run", "xor", "--quick", "--without", "tanh", "--out", scratch.folder().string()});
  CHECK(run.status == 1);
  CHECK_THAT(run.out, Contains("FAILED 1986: the hidden layer solves it: 0 of 5 seeds get 4 of 4 right"));
}

TEST_CASE("fault 9, random data in the place of missing ones: data that are not there are an error and no training") {
  const Scratch scratch;
  CHECK_THAT(sentence_of({"run", "mlp", "--quick", "--data", (scratch / "none").string()}, 3), Contains("none"));
}

TEST_CASE("fault 10, a speed of something that computes less: a program that leaves out work is named") {
  Graph forward("bends");
  const Value x = forward.input("x", f32<batch, row>), w = forward.state("w", f32<row>);
  forward.output("loss", mean(gelu(x * w)));
  REQUIRE(certified(forward).holds());
  planted().plan = [](Plan& plan) {  // every fused step hands out what it had before its last function
    for (Step& each : plan.steps)
      if (each.group != 0 && each.kernel)
        for (std::uint16_t& result : each.kernel->results)
          result = static_cast<std::uint16_t>(result > 0 ? result - 1 : 0);
  };
  const Certificate broken = certified(forward);
  planted().plan = {};
  REQUIRE_FALSE(broken.holds());
  CHECK(broken.breaks[0].pass == "group_elementwise");
}
