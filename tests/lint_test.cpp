// Each lint with the fault that it is about, planted, and with its mended twin, of which it says nothing.
#include "compiler/lint.hpp"

#include <catch2/catch.hpp>

#include "compiler/parse.hpp"
#include "compiler/print.hpp"
#include "tests/small_language.hpp"
#include "vitrine/layers/dropout.hpp"
#include "vitrine/losses.hpp"
#include "vitrine/ops.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

constexpr Axis batch{"batch", 8}, in{"in", 3}, kind{"kind", 4}, step{"time", 5}, key{"key", 5}, each{"each", 2};

/// What is found of a graph: the sentences, a line each.
std::string found_in(const Graph& graph, const std::string& causal_along = "") {
  std::string text;
  for (const Finding& f : lint({graph, causal_along})) text += sentence_of(f) + "\n";
  return text;
}

/// A graph with input x [batch, in] and the labels, whose loss `build` makes.
Graph with_loss(const std::function<Value(Graph&, Value x, Value label)>& build) {
  Graph graph("planted");
  const Value x = graph.input("x", f32<batch, in>), label = graph.input("label", i32<batch>);
  graph.output("loss", build(graph, x, label));
  return graph;
}
Value linear(Value x, const std::string& name) { return matmul(x, x.graph->state(name, f32<in, kind>)); }

}  // namespace

TEST_CASE("lint unreachable_parameter: the loss is not made of it") {
  const auto model = [](bool uses) {
    return with_loss([&](Graph& graph, Value x, Value label) {
      const Value bias = graph.state("bias", f32<kind>), y = linear(x, "weight");
      return cross_entropy(uses ? y + bias : y, label);
    });
  };
  CHECK(found_in(model(false)) ==
        "lint unreachable_parameter: 'bias': the loss is not made of it, so that it can never learn; use it in the "
        "model or take it out\n");
  CHECK(found_in(model(true)) == "");
}

TEST_CASE("lint unreachable_parameter: the loss is made of it by an index, which has no derivative") {
  const auto model = [](bool differentiable) {
    return with_loss([&](Graph& graph, Value x, Value label) {
      const Value scores = linear(x, "choose"), table = graph.state("table", f32<kind, 4>);
      return cross_entropy(differentiable
                               ? matmul(softmax(scores), emit(Rename{shape_of<kind, Axis{"to", 4}>}, {table}))
                               : gather(table, argmax<kind>(scores), 0),
                           label);
    });
  };
  const std::string said = found_in(model(false));
  CHECK_THAT(said, Contains("lint unreachable_parameter: 'choose': it reaches the loss only through %") &&
                       Contains("which has no derivative for it; keep that op off the way"));
  CHECK(std::ranges::count(said, '\n') == 1);
  CHECK(found_in(model(true)) == "");
}

TEST_CASE("lint unreachable_parameter: a running mean is no parameter") {
  Graph graph("updated");
  const Value x = graph.input("x", f32<batch>), seen = graph.state("seen", f32<>);
  graph.output("y", relu(x));
  graph.update(seen, mean(x));
  CHECK(found_in(graph) == "");
}

namespace {

/// Attention as it is written by hand: scores of every place with every key, a mask of those that are to come.
Graph by_hand(bool masked, bool softmax_along_time = false) {
  Graph graph("by hand");
  const Value x = graph.input("x", f32<batch, step, each>);
  const Value k = emit(Rename{shape_of<batch, key, each>}, {x});
  Value scores = matmul(x, transpose(k)) * 0.5f;
  const Value row = emit(Reshape{shape_of<step, 1>}, {cast<DType::f32>(emit(graph, Iota{step}))});
  if (masked) scores = where(greater(cast<DType::f32>(emit(graph, Iota{key})), row), -NumberRange::infinity, scores);
  graph.output("y", matmul(softmax_along_time ? softmax<step>(scores) : softmax(scores), k));
  return graph;
}

}  // namespace

TEST_CASE("lint not_causal: attention without a mask, told from its masked twin, and only where it is declared") {
  const auto model = [](Looks looks) {
    Graph graph("attends");
    const Value x = graph.input("x", f32<batch, 1, step, each>);
    const Value k = emit(Rename{shape_of<batch, 1, key, each>}, {x});
    graph.output("y", relu(emit(Attention{0.5f, looks.causal, looks.window}, {x, k, k})));
    return graph;
  };
  CHECK_THAT(found_in(model(everywhere), "time"),
             Contains("lint not_causal: attention (%") && Contains("along time every place sees all others") &&
                 Contains("output 'y', which is declared causal") && Contains("attention<causal>"));
  CHECK_THAT(found_in(model(everywhere.within(3)), "time"), Contains("every place sees the 2 next ones"));
  CHECK(found_in(model(causal), "time") == "");
  CHECK(found_in(model(everywhere)) == "");
}

TEST_CASE("lint not_causal: attention written by hand counts with its mask") {
  CHECK_THAT(found_in(by_hand(false), "time"), Contains("lint not_causal: "));
  CHECK(found_in(by_hand(true), "time") == "");
}

TEST_CASE("lint not_causal: a convolution that is padded behind and not before") {
  const auto model = [](bool before) {
    Graph graph("slides");
    const Value x = graph.input("x", f32<batch, 1, step, each>), w = graph.state("w", f32<1, 2, 2, 2>);
    graph.output("y",
                 emit(Rename{shape_of<batch, 1, step, 2>}, {conv2d(before ? pad<2, 1, 0>(x) : pad<2, 0, 1>(x), w)}));
    return graph;
  };
  CHECK_THAT(found_in(model(false), "time"),
             Contains("lint not_causal: conv2d (%") && Contains("every place sees the next one"));
  CHECK(found_in(model(true), "time") == "");
}

TEST_CASE("lint softmax_axis: shares of one axis that are added up along another") {
  CHECK_THAT(found_in(by_hand(true, true)), Contains("lint softmax_axis: softmax (%") &&
                                                Contains("its shares add up to 1 along time, but matmul (%") &&
                                                Contains(" adds them up along key; take softmax<key>"));
  CHECK(found_in(by_hand(true, false)) == "");
}

TEST_CASE("lint softmax_axis: shares are followed through dropout, scale and another name") {
  const auto model = [](bool wrong) {
    Graph graph("pools");
    const Value scores = graph.input("x", f32<batch, step, key>), v = graph.state("v", f32<key, each>);
    const Value shares = (wrong ? softmax<step>(scores) : softmax(scores)) * 2.f;
    graph.output("y", matmul(emit(Rename{shape_of<batch, Axis{"query", 5}, key>}, {shares}), v));
    return graph;
  };
  CHECK_THAT(found_in(model(true)), Contains("along query") && Contains("take softmax<key>"));
  CHECK(found_in(model(false)) == "");
}

TEST_CASE("lint softmax_axis: shares among the examples of a batch") {
  const auto model = [](bool wrong) {
    return with_loss([&](Graph&, Value x, Value label) {
      const Value y = linear(x, "w");
      return -mean(sum<kind>((wrong ? log_softmax<batch>(y) : log_softmax<kind>(y)) * emit(OneHot{kind}, {label})));
    });
  };
  CHECK_THAT(found_in(model(true)), Contains("lint softmax_axis: log_softmax (%") && Contains("along batch"));
  CHECK(found_in(model(false)) == "");
}

TEST_CASE("lint loss_reduced_twice: the mean of a mean, and a mean divided by the batch") {
  const auto model = [](const std::function<Value(Value)>& finish) {
    return with_loss([&](Graph&, Value x, Value label) { return finish(cross_entropy(linear(x, "w"), label)); });
  };
  CHECK_THAT(found_in(model([](Value loss) { return mean(loss); })),
             Contains("lint loss_reduced_twice: mean (%") && Contains("is one number already"));
  CHECK_THAT(found_in(model([](Value loss) { return sum(loss) * 2.f; })),
             Contains("lint loss_reduced_twice: sum_to (%"));
  CHECK_THAT(found_in(model([](Value loss) { return loss / 8.f; })),
             Contains("is a mean over 8 already, and is divided by 8 again") && Contains("leave the division out"));
  CHECK_THAT(found_in(model([](Value loss) { return (loss + 1.f) * 0.125f; })), Contains("divided by 8 again"));
  CHECK(found_in(model([](Value loss) { return loss; })) == "");
  CHECK(found_in(model([](Value loss) { return loss * 0.5f; })) == "");
  CHECK(found_in(model([](Value loss) { return loss / 3.f + 8.f; })) == "");
}

namespace {

constexpr Axis text{"time", 6}, token{"token", 9}, width{"width", 4};

/// An embedding that is declared tied; it makes the scores too, or a layer of its own does.
template <Init Begin, bool Ties> struct Tokens {
  using Table = Embedding<token, width, Begin>;
  using Scores = UnbiasedLinear<width, token>;
  BOOST_HANA_DEFINE_STRUCT(Tokens, (Table, table), (Scores, last));

  Tensor<batch, text, token> operator()(Indices<batch, text> x) const {
    Tensor<batch, text, width> h = table(x);
    Tensor<batch, text, token> y = last(h);
    if constexpr (Ties) return y + table.scores(h);
    return y;
  }
};

}  // namespace

TEST_CASE("lint tied_once: a declaration is kept by the graph and its text, and one use is too few") {
  const auto model = []<Init Begin, bool Ties>() { return trace_language_model(Tokens<Begin, Ties>{}, "tokens"); };
  const Graph once = model.operator()<tied(normal(1)), false>();
  CHECK(found_in(once, "time") ==
        "lint tied_once: 'table.weight': it is declared tied, but used in one place; use it in the other place too, as "
        "Embedding::scores does, or do not declare it\n");
  CHECK_THAT(print(once), Contains("state %table.weight : f32[token 9, width 4] = normal(1.0) tied"));
  CHECK(found_in(parse(print(once))) == found_in(once));
  CHECK(print(parse(print(once))) == print(once));
  CHECK(found_in(model.operator()<tied(normal(1)), true>(), "time") == "");
  CHECK(found_in(model.operator()<normal(1), false>(), "time") == "");
}

TEST_CASE("lint labels_out_of_range: labels that are computed") {
  const auto labelled = [](const std::function<Value(Value)>& labels) {
    Graph graph("labelled");
    const Value x = graph.input("x", f32<batch, kind>), w = graph.state("w", f32<kind, Axis{"out", 4}>);
    graph.output("loss", cross_entropy(matmul(x, w), labels(x)));
    return graph;
  };
  const auto one = [](Value x) {
    Constant held{i32<>, std::vector<std::byte>(4)};
    held.bytes[0] = std::byte{1};
    return x.graph->constant(held);
  };
  CHECK_THAT(
      found_in(labelled([&](Value x) { return argmax<kind>(x) + one(x); })),
      Contains("lint labels_out_of_range: cross_entropy (%") && Contains("goes up to 4, but there are 4, 0 to 3"));
  CHECK_THAT(found_in(labelled([&](Value x) { return argmax<kind>(x) - one(x); })), Contains("goes down to -1"));
  CHECK(found_in(labelled([&](Value x) { return argmax<kind>(x); })) == "");
  // Of what is given at run time nothing is known; a run says so (tools/data).
  CHECK(found_in(labelled([&](Value x) { return x.graph->input("label", i32<batch>) + one(x); })) == "");
}

TEST_CASE("lint labels_out_of_range: a table of positions that is too short for its text") {
  const auto model = [](std::size_t places) {
    Graph graph("positions");
    const Value table = graph.state("table", Type{DType::f32, Shape{} << Axis(places) << each});
    graph.output("y", gather(table, emit(graph, Iota{step}), 0));
    return graph;
  };
  CHECK_THAT(found_in(model(4)),
             Contains("gather (%") && Contains("iota (%") && Contains("goes up to 4, but there are 4"));
  CHECK(found_in(model(5)) == "");
}

TEST_CASE("lint dead_activation: relu of what is never above 0") {
  const auto model = [](const std::function<Value(Value)>& build) {
    return with_loss([&](Graph&, Value x, Value label) { return cross_entropy(build(linear(x, "w")), label); });
  };
  // The gradient stops there too, but by its numbers and not by the graph: nothing else is said.
  CHECK_THAT(
      found_in(model([](Value y) { return relu(-sigmoid(y)) + y; })),
      Contains("lint dead_activation: relu (%") && Contains("lies between -1 and 0, so the result is 0 everywhere"));
  CHECK_THAT(found_in(model([](Value y) { return relu(-(y * y)) + y; })), Contains("lies between -infinity and "));
  CHECK_THAT(found_in(model([](Value y) { return clamp(exp(y) + 2.f, 0.f, 1.f) + y; })),
             Contains("lint dead_activation: ") && Contains("the result is 1 everywhere"));
  CHECK(found_in(model([](Value y) { return relu(sigmoid(y)) + y; })) == "");
  CHECK(found_in(model([](Value y) { return relu(-y) + y; })) == "");
}

namespace {

/// A model that drops by the layer, or by the bare op in the same place.
template <bool Layer> struct Drops {
  using Scale = Tensor<in>;
  BOOST_HANA_DEFINE_STRUCT(Drops, (Scale, scale));

  Tensor<batch, in> operator()(Tensor<batch, in> x) const {
    Tensor<batch, in> h = x * scale;
    if constexpr (Layer) return Dropout<0.5f>{}(h);
    Graph& graph = *h.value.graph;
    return Tensor<batch, in>(emit(Drop{0.5f, 0}, {h.value, random_seed(graph), random_step(graph)}));
  }
};

}  // namespace

TEST_CASE("lint dropout_in_use: the bare op, and the layer that stops with training") {
  CHECK_THAT(
      found_in(trace<Drops<false>>("drops", "x")),
      Contains("lint dropout_in_use: dropout (%") && Contains("it draws from 'random.seed' in the model in use too"));
  CHECK(found_in(trace<Drops<true>>("drops", "x")) == "");
  // A training step is no model in use.
  CHECK(found_in(training_step(trace_regression<Drops<true>>("drops", "x"), Sgd{})) == "");
}

TEST_CASE("a finding names the user's line and module") {
  const Graph graph = trace_language_model(Tokens<normal(1), false>{}, "tokens");
  for (Value v : graph.topological())
    if (v.op() && v.node().at.line) {
      const std::string said = sentence_of(finding_at("name", v, "why", "what to do"));
      CHECK_THAT(said, Contains("tests/lint_test.cpp:") && Contains(": why; what to do"));
      return;
    }
  FAIL("no node knows its line");
}

TEST_CASE("GPT, Llama and their training steps are clean") {
  for (const Graph& graph : {small::gpt(), small::llama(), small::grouped_llama()}) {
    CHECK(found_in(graph, "time") == "");
    CHECK(found_in(training_step(graph, AdamW{})) == "");
  }
}
