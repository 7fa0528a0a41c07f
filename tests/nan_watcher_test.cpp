// `run --debug-nans`: the node that made the first NaN, its line, and what its operands held.
#include "tools/nan_watcher.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
#include "tests/named_values.hpp"
#include "tests/small_training.hpp"
#include "tools/compiled.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(),
                 nan_number = std::numeric_limits<double>::quiet_NaN();

struct Run {
  std::string check{}, input{};  // what it says, as either error
  bool whole() const { return check.empty() && input.empty(); }
};

/// One watched run of a graph. States are given like inputs.
Run watched(const Graph& graph, const Named& given, std::span<const Pass> passes = default_pipeline) {
  Pool pool(1);
  States states(1);
  Program program = compiled(graph, states, pool, passes);
  const Values<float> bytes = leaves<float>(graph, given);
  for (const auto& [name, numbers] : given) {
    const Value leaf = graph.find(name);
    if (leaf.node().leaf == Leaf::input)
      program.bind_input(name, bytes.at(leaf.id).data());
    else
      states.set(name, bytes.at(leaf.id));
  }
  NanWatcher watcher(graph, passes);
  watcher.begin("test: run 1");
  Run made;
  try {
    program.run(watcher);
  } catch (const CheckError& error) {
    made.check = error.what();
  } catch (const InputError& error) {
    made.input = error.what();
  }
  return made;
}

/// With the passes, which put elementwise nodes into one step, and without: the same node.
void check_named(const std::string& text, const Named& given, const std::vector<std::string>& parts) {
  const Graph graph = parse(text);
  for (const auto& passes :
       {std::vector<Pass>(default_pipeline.begin(), default_pipeline.end()), std::vector<Pass>()}) {
    const Run run = watched(graph, given, passes);
    CAPTURE(passes.size(), run.check, run.input);
    CHECK(run.check.starts_with("test: run 1: the first nan is made by "));
    for (const std::string& part : parts) CHECK_THAT(run.check, Contains(part));
  }
}

}  // namespace

TEST_CASE("run --debug-nans names the log of a negative number inside a group, its line, its place and the number") {
  check_named(R"(graph g {
  input %x : f32[batch 2, in 3] #1
  %1 = add(%x, 1.0) : f32[batch 2, in 3] #1
  %2 = log(%1) : f32[batch 2, in 3] #2
  %3 = mul(%2, 2.0) : f32[batch 2, in 3] #3
  %4 = tanh(%3) : f32[batch 2, in 3] #3
  output y = %4
  place #1 = "model.cpp":11 in up
  place #2 = "model.cpp":12 in up.inner
  place #3 = "model.cpp":13 in up
}
)",
              {{"x", {1, 2, 3, 4, 5, -1.5}}},
              {"by %2 = log(%1) : f32[batch 2, in 3] (model.cpp:12, in up.inner) at [1, 2]", "%1 is -0.5 there"});
}

TEST_CASE("run --debug-nans names 0 / 0, with the operand that is broadcast") {
  check_named(R"(graph g {
  input %x : f32[batch 2, in 3]
  input %y : f32[in 3]
  %2 = exp(%x) : f32[batch 2, in 3] #1
  %3 = sub(%2, 1.0) : f32[batch 2, in 3] #1
  %4 = div(%3, %y) : f32[batch 2, in 3] #2
  %5 = abs(%4) : f32[batch 2, in 3] #1
  output z = %5
  place #1 = "model.cpp":7
  place #2 = "model.cpp":8
}
)",
              {{"x", {1, 1, 1, 1, 0, 1}}, {"y", {1, 0, 2}}},
              {"%4 = div(%3, %y)", "(model.cpp:8) at [1, 1]", "%3 is 0 there; %y is 0 there"});
}

TEST_CASE(
    "run --debug-nans says which node made the infinity that became a NaN, in the same step and in one before it") {
  const std::string inside = R"(graph g {
  input %x : f32[4]
  input %y : f32[4]
  %2 = exp(%x) : f32[4] #1
  %3 = mul(%y, 1e30) : f32[4] #2
  %4 = mul(%3, 1e30) : f32[4] #3
  %5 = sub(%2, %4) : f32[4] #4
  output z = %5
  place #1 = "model.cpp":1
  place #2 = "model.cpp":2
  place #3 = "model.cpp":3
  place #4 = "model.cpp":4
}
)";
  check_named(inside, {{"x", {0, 1, 1000, 2}}, {"y", {0, 0, 1, 1}}},
              {"by %5 = sub(%2, %4) : f32[4] (model.cpp:4) at [2]", "%2 is inf there, made by %2 = exp(%x)",
               "%4 is inf there, made by %4 = mul(%3, 1e+30) : f32[4] (model.cpp:3)"});
  const std::string before = R"(graph g {
  input %x : f32[2, 2]
  input %w : f32[2, 2]
  %2 = exp(%x) : f32[2, 2] #1
  %3 = matmul(%2, %w) : f32[2, 2] #2
  output z = %3
  place #1 = "model.cpp":1
  place #2 = "model.cpp":2
}
)";
  check_named(before, {{"x", {0, 0, 1000, 0}}, {"w", {0, 1, 1, 0}}},
              {"by %3 = matmul(%2, %w) : f32[2, 2] (model.cpp:2) at [1, 0]",
               "1 of 4 numbers of %2 are infinite, the first at [1, 0], made by %2 = exp(%x) : f32[2, 2] (model.cpp:1)",
               "%w is from 0 to 1"});
}

TEST_CASE("run --debug-nans names a node of the way back that the labels drive, by the line of what it was made of") {
  const Graph forward = parse(R"(graph g {
  input %x : f32[batch 2, in 2]
  input %target : f32[batch 2, in 2]
  state %w : f32[in 2]
  %3 = mul(%w, %x) : f32[batch 2, in 2] #1
  %4 = mul(%3, %target) : f32[batch 2, in 2] #1
  %5 = sqrt(%4) : f32[batch 2, in 2] #2
  %6 = mul(%5, %target) : f32[batch 2, in 2] #3
  %7 = mean(%6) : f32[] #3
  output loss = %7
  place #1 = "model.cpp":21 in up
  place #2 = "model.cpp":22 in root
  place #3 = "model.cpp":23
}
)");
  const Graph step = training_step(forward, Adam{});
  const Named fine{{"x", {1, 2, 3, 4}}, {"target", {1, 2, 3, 4}}, {"w", {1, 1}}};
  CHECK(watched(step, fine).whole());
  // The loss is as finite as before; only the root's derivative at 0 is infinite, and 0 times that is none.
  const Run run = watched(step, {{"x", {1, 2, 3, 4}}, {"target", {1, 0, 3, 4}}, {"w", {1, 1}}});
  INFO(run.check);
  CHECK_THAT(run.check, Contains("the first nan is made by %") &&
                            Contains("(model.cpp:22, in root, on the way back)") && Contains("at [0, 1]") &&
                            Contains(" is 0 there"));
}

TEST_CASE("run --debug-nans sees what a step held that writes over its own operand") {
  check_named(R"(graph g {
  input %x : f32[3]
  state %w : f32[3]
  %2 = sub(%w, %x) : f32[3] #1
  %3 = sqrt(%2) : f32[3] #2
  update %w = %3
  output w = %x
  place #1 = "model.cpp":1
  place #2 = "model.cpp":2
}
)",
              {{"x", {1, 2, 3}}, {"w", {2, 2, 2}}}, {"%3 = sqrt(%2)", "(model.cpp:2) at [2]", "%2 is -1 there"});
}

TEST_CASE("run --debug-nans calls a NaN that was there already by the name of input, state or constant") {
  const Graph graph = parse(R"(graph g {
  input %x : f32[in 2, out 3]
  state %w : f32[out 3]
  %2 = transpose(%x) : f32[out 3, in 2]
  %3 = exp(%2) : f32[out 3, in 2]
  %4 = relu(%w) : f32[out 3]
  output y = %3
  output z = %4
}
)");
  const std::vector<double> x(6, 1), w(3, 1);
  std::vector<double> bad_x = x, bad_w = w;
  bad_x[4] = bad_w[2] = nan_number;
  const Run input = watched(graph, {{"x", bad_x}, {"w", w}}), state = watched(graph, {{"x", x}, {"w", bad_w}});
  CHECK_THAT(input.input, Contains("test: run 1: the input 'x' holds a nan already, at [1, 1]"));
  CHECK_THAT(state.input, Contains("the state 'w' holds a nan already, at [2]; mend where it comes from"));
  const Graph constant = parse(R"(graph g {
  input %x : f32[2]
  constant %1 = [1.0, nan] : f32[2]
  %2 = add(%x, %1) : f32[2]
  output y = %2
}
)");
  CHECK_THAT(watched(constant, {{"x", {1, 2}}}).input, Contains("the constant %1 holds a nan already, at [1]"));
}

TEST_CASE("run --debug-nans names the sum whose kernel overflows in its own order, where the definition does not") {
  std::vector<double> x(64, 0.);
  x[0] = x[32] = 3e38, x[1] = x[33] = -3e38;  // two of the kernel's 32 lanes overflow
  check_named(R"(graph g {
  input %x : f32[64]
  %1 = sum_to(%x) {to = []} : f32[] #1
  %2 = relu(%1) : f32[] #2
  output y = %2
  place #1 = "model.cpp":1
  place #2 = "model.cpp":2
}
)",
              {{"x", x}},
              {"%1 = sum_to(%x) {to = []} : f32[] (model.cpp:1), which its kernel", "another order",
               "%x is from -3e+38 to 3e+38"});
}

TEST_CASE("a NaN on the side that where does not take is none, and infinities alone stop nothing") {
  const Graph graph = parse(R"(graph g {
  input %x : f32[3]
  %1 = log(%x) : f32[3]
  %2 = greater(%x, 0.0) : bool[3]
  %3 = where(%2, %1, 0.0) : f32[3]
  %4 = exp(%3) : f32[3]
  output y = %4
}
)");
  CHECK(watched(graph, {{"x", {-1, 1, infinity}}}).whole());
}

TEST_CASE(
    "a watched training has the bits of one that nobody watches, and stops at a planted NaN with its file whole") {
  const Scratch scratch;
  const std::string file = (scratch / "state").string();
  const auto train = [&](small::Session& session, bool watch, const Dataset& data) {
    const Graph step = training_step(session.model, session.optimizer),
                rest = training_step(specialize(session.model, std::array{Axis{"batch", 2}}), session.optimizer);
    const auto full_watcher = nan_watcher(watch, step), rest_watcher = nan_watcher(watch, rest);
    vitrine::train({.title = "small",
                    .model = session.model,
                    .data = data,
                    .batch = 4,
                    .epochs = 3,
                    .seed = 5,
                    .save = file,
                    .log = -1},
                   {session.full, &session.rest, session.states, full_watcher.get(), rest_watcher.get()},
                   session.state);
  };
  small::Points data;
  small::Session plain, watched;
  train(plain, false, data);
  const std::string expected = content_of(file);
  train(watched, true, data);
  CHECK(content_of(file) == expected);

  small::Session diverging(1, Sgd{.rate = {.rate = 3e38f}});
  const std::string said = complaint<CheckError>([&] { train(diverging, true, data); });
  INFO(said);
  CHECK_THAT(said, Contains("small: epoch 1, batch 2: the first nan is made by %") && Contains("small_training.hpp:"));
  CHECK(content_of(file) == expected);

  data.spoiled = std::numeric_limits<float>::quiet_NaN();
  data.spoiled_from = 1;
  small::Session spoiled;
  CHECK_THAT(input_error_of([&] { train(spoiled, true, data); }),
             Contains("small: epoch 2, batch ") && Contains("the input 'image' holds a nan already, at ["));
  small::Session kept;
  kept.load(file);
  CHECK(kept.state.cursor == Cursor{1, 0});  // the last epoch that was sound
}
