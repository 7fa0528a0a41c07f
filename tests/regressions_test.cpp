// Bugs that were found by looking for them, each by the promise it broke.
#include <catch2/catch.hpp>
#include <cstring>

#include "compiler/compile.hpp"
#include "compiler/gradients.hpp"
#include "compiler/op_table.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/reference.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/neg.hpp"

using namespace vitrine;

namespace {

/// The graph with the gradient of its output "loss" for each named leaf as output "d <name>".
Graph with_gradients_for(std::string_view text, const std::vector<std::string>& names) {
  Graph graph = parse(text);
  std::vector<Value> leaves;
  for (const std::string& name : names) leaves.push_back(graph.find(name));
  const Gradients made = gradients(graph.outputs()[0].second, leaves);
  for (std::size_t i = 0; i < names.size(); ++i) graph.output("d " + names[i], made[i]);
  return graph;
}

std::vector<double> value_of(const Graph& graph, const std::string& output,
                             const std::map<std::string, std::vector<double>>& given) {
  Values<double> leaves;
  for (const auto& [name, numbers] : given) {
    const auto bytes = std::as_bytes(std::span(numbers));
    leaves[graph.find(name).id] = {bytes.begin(), bytes.end()};
  }
  const auto values = evaluate<double>(graph, leaves);
  for (const auto& [name, v] : graph.outputs()) {
    if (name != output) continue;
    std::vector<double> numbers(v.type().shape.elements());
    std::memcpy(numbers.data(), values.at(v.id).data(), numbers.size() * sizeof(double));
    return numbers;
  }
  FAIL("no output " << output);
  return {};
}

}  // namespace

TEST_CASE("an inner axis that only one side of a matmul names does not meet itself in the gradients") {
  const Graph graph = with_gradients_for(R"(graph g {
    input %q : f32[time 2, 2]
    input %v : f32[time 2, d 1]
    %1 = matmul(%q, %v) : f32[time 2, d 1]
    %2 = sum_to(%1) {to = []} : f32[]
    output loss = %2
  })",
                                         {"q", "v"});
  const std::map<std::string, std::vector<double>> given{{"q", {1, 2, 3, 4}}, {"v", {5, 6}}};
  CHECK(value_of(graph, "d q", given) == std::vector<double>{5, 6, 5, 6});
  CHECK(value_of(graph, "d v", given) == std::vector<double>{4, 6});
}

TEST_CASE("labels that name an axis like the classes do not stop the gradient of cross entropy") {
  Graph graph = parse(R"(graph g {
    input %x : f32[2, kind 2]
    input %label : i32[kind 2]
    %1 = cross_entropy(%x, %label) : f32[kind 2]
    %2 = mean(%1) : f32[]
    output loss = %2
  })");
  CHECK_NOTHROW(gradients(graph.outputs()[0].second, std::array{graph.find("x")}));
}

TEST_CASE("a cast from numbers to numbers passes its gradient on") {
  const Graph graph = with_gradients_for(R"(graph g {
    input %x : f32[2]
    %1 = cast(%x) {to = f32} : f32[2]
    %2 = mul(%x, %1) : f32[2]
    %3 = sum_to(%2) {to = []} : f32[]
    output loss = %3
  })",
                                         {"x"});
  CHECK(value_of(graph, "d x", {{"x", {3, -4}}}) == std::vector<double>{6, -8});
}

TEST_CASE("whole numbers beyond 2^24 stay whole through a cast, and numbers out of range go to its ends") {
  const Graph graph = parse(R"(graph g {
    constant %1 = [16777217, -2147483648] : i32[2]
    %2 = cast(%1) {to = i32} : i32[2]
    constant %3 = [3e9, -3e9, nan, -1.9] : f32[4]
    %4 = cast(%3) {to = i32} : i32[4]
    output whole = %2
    output ends = %4
  })");
  const auto values = evaluate<float>(graph, {});
  const auto integers = [&](std::uint32_t id) {
    std::vector<std::int32_t> made(values.at(id).size() / 4);
    std::memcpy(made.data(), values.at(id).data(), values.at(id).size());
    return made;
  };
  CHECK(integers(2) == std::vector<std::int32_t>{16777217, -2147483647 - 1});
  CHECK(integers(4) == std::vector<std::int32_t>{2147483647, -2147483647 - 1, 0, -1});
}

TEST_CASE("a derivative that is a chosen 0 whatever the gradient is still has the operand's shape") {
  const Graph graph = with_gradients_for(R"vit(graph g {
    input %x : f32[3]
    input %y : f32[]
    %1 = map(%x, %y) {by = "select(greater(y, 0.0), x * 2.0, 1.0)"} : f32[3]
    %2 = sum_to(%1) {to = []} : f32[]
    output loss = %2
})vit",
                                         {"x"});
  CHECK(value_of(graph, "d x", {{"x", {1, 2, 3}}, {"y", {-1}}}) == std::vector<double>{0, 0, 0});
  CHECK(value_of(graph, "d x", {{"x", {1, 2, 3}}, {"y", {1}}}) == std::vector<double>{2, 2, 2});
}

TEST_CASE("the derivative of maxima within maxima stays as long as they are") {
  std::string nest = "x";
  for (int i = 0; i < 60; ++i) nest = "maximum(" + nest + ", y)";
  Graph graph = parse("graph g {\n input %x : f32[2]\n input %y : f32[2]\n %1 = map(%x, %y) {by = \"" + nest +
                      "\"} : f32[2]\n %2 = mean(%1) : f32[]\n output loss = %2\n}");
  gradients(graph.outputs()[0].second, std::array{graph.find("x"), graph.find("y")});
  CHECK(graph.topological().size() < 2000);
}

TEST_CASE("the last step does not take the place of an output") {
  Graph graph = parse(R"(graph g {
    input %x : f32[3]
    %1 = softmax(%x) : f32[3]
    %2 = exp(%1) : f32[3]
    output first = %1
    output last = %2
  })");
  // compile() runs the independent checker; without it the planner would let %2 overwrite %1.
  const Plan plan = compile(graph, CpuTarget(Isa::portable));
  REQUIRE(plan.outputs.size() == 2);
  CHECK(plan.outputs[0].slot.offset != plan.outputs[1].slot.offset);
}

TEST_CASE("a place on line 0 is refused, and a file without a line is not written") {
  CHECK_THROWS_AS(
      parse("graph g {\n input %x : f32[2]\n %1 = relu(%x) : f32[2] #1\n output y = %1\n place #1 = \"m.cpp\":0\n}"),
      InputError);
  Graph graph("g");
  const Value x = graph.input("x", {DType::f32, shape_of<2>});
  graph.output("y", emit(parse("graph h {\n %1 = relu(1.0) : f32[]\n}").find(1).node().op.value(), {x}));
  graph.locate("model.cpp", 0);
  CHECK(print(parse(print(graph))) == print(graph));
}

TEST_CASE("a parameter that only a flat op leads to is told which op that is") {
  Graph graph = parse(R"(graph g {
    input %x : f32[2]
    %1 = greater(%x, 0.0) : bool[2]
    %2 = cast(%1) {to = f32} : f32[2]
    %3 = mean(%2) : f32[]
    output loss = %3
  })");
  CHECK_THROWS_WITH(gradients(graph.outputs()[0].second, std::array{graph.find("x")}),
                    Catch::Contains("'x' reaches the loss only through %2 = cast, which has no derivative"));
}

TEST_CASE("a state with a next value of its own is no parameter of a training step") {
  const Graph forward = parse(R"(graph g {
    input %x : f32[2]
    state %w : f32[2] = 1.0
    state %running : f32[2] = 0.0
    %1 = mul(%x, %w) : f32[2]
    %2 = mean(%1) : f32[]
    output loss = %2
    update %running = %1
  })");
  CHECK(training_step(forward, Sgd{}).updates().size() == 2);
}

TEST_CASE("a number as an output may end the line's item") {
  CHECK(print(parse("graph g { output c = 1.0 output d = 2.0 }")) ==
        "graph g {\n  output c = 1.0\n  output d = 2.0\n}\n");
}

TEST_CASE("a leaf with one axis name twice, and a state that cannot begin as written, are refused") {
  for (const char* text : {"input %x : f32[a 3, a 3]", "state %x : i32[3] = normal(5.0)", "state %x : bool[1] = 2.0",
                           "state %x : i32[1] = 1e20", "state %x : i32[1] = nan", "state %x : u8[1] = -1.0"})
    CHECK_THROWS_AS(parse(std::string("graph g { ") + text + " }"), InputError);
}

TEST_CASE("a chain longer than a step may be runs as several") {
  std::string text = "graph g {\n input %x : f32[4]\n %1 = add(%x, %x) : f32[4]\n output y1 = %1\n";
  for (int i = 2; i <= 80; ++i) {
    const std::string n = std::to_string(i);
    text += " %" + n + " = add(%" + std::to_string(i - 1) + ", %x) : f32[4]\n output y" + n + " = %" + n + "\n";
  }
  Graph graph = parse(text + "}");
  optimize(graph);
  const Plan plan = compile(graph, CpuTarget(Isa::portable));
  CHECK(plan.steps.size() == 2);
  for (const Step& step : plan.steps) CHECK(step.results.size() <= 64);
}

TEST_CASE("a value may be replaced by what reads it") {
  Graph graph = parse("graph g {\n input %x : f32[2]\n %1 = relu(%x) : f32[2]\n output y = %1\n}");
  Record record;
  Rewriter rewriter(graph, "test", record);
  rewriter.replace(graph.find(1), -graph.find(1), "x => -x");
  CHECK(print(graph).find("%2 = neg(%1) : f32[2]") != std::string::npos);
  CHECK(graph.topological().size() == 3);
}

TEST_CASE("an input without elements may be nowhere in memory") {
  Graph graph = parse("graph g { input %x : f32[0] %1 = relu(%x) : f32[0] output y = %1 }");
  Pool pool(1);
  States states;
  Program program(compile(graph, CpuTarget(Isa::portable)), states, pool, Isa::portable);
  program.bind_input("x", nullptr);
  program.run();
  CHECK(program.output("y").empty());
}

TEST_CASE("a text cannot ask for memory that its length does not pay for") {
  CHECK_THROWS_WITH(parse("graph g {\n input %x : f32[2]\n %1048575 = relu(%x) : f32[2]\n}", "g.vit"),
                    Catch::Contains("g.vit:3:3: this number is too large for so short a text"));
}

TEST_CASE("a sum of constants is left to its kernel, which adds in another order than the definition") {
  Graph graph =
      parse("graph g { constant %1 = [1e8, 1.0, -1e8] : f32[3] %2 = sum_to(%1) {to = []} : f32[] output y = %2 }");
  CHECK(optimize(graph).rewrites.empty());
}

TEST_CASE("a graph whose constants are younger than some inputs prints as it did once it is read again") {
  Graph graph("g");
  const Value x = graph.input("x", {DType::f32, shape_of<2>});
  const Value dead = -x, c = graph.constant({{DType::f32, shape_of<2>}, std::vector<std::byte>(8)});
  const Value y = graph.input("y", {DType::f32, shape_of<2>});
  graph.output("sum", emit(find_op("add")->example().op, {c, y}));
  Record record;
  Rewriter(graph, "test", record).erase(dead, "a place for y before the constant, when the text is read");
  CHECK(print(parse(print(graph))) == print(graph));
}

TEST_CASE("the pixels at the places of maxima are numbers, and integers are refused") {
  const auto [op, in] = find_op("max_pool2d_gather")->example();
  CHECK(op.type(in).ok());
  CHECK_FALSE(op.type(std::array{Type{DType::i32, in[0].shape}, in[1]}).ok());
}

TEST_CASE("steps without elements have no workspace and ask for none") {  // checked where optionals are: preset dev
  for (const char* text : {R"(graph g {
    input %q : f32[0, 4, 2]
    input %k : f32[0, 4, 2]
    input %l : f32[0, 4]
    %1 = attention_query_gradient(%q, %k, %k, %q, %l, %q) {scale = 1.0, window = 0} : f32[0, 4, 2]
    output y = %1
  })",
                           R"(graph g {
    input %x : f32[0, 3]
    state %s : f32[0, 4] = 0.0
    input %w : f32[3, 4]
    %1 = matmul(%x, %w) : f32[0, 4]
    %2 = tanh(%1) : f32[0, 4]
    update %s = %2
  })"}) {
    Graph graph = parse(text);
    optimize(graph);
    Pool pool(1);
    States states;
    Program program(compile(graph, CpuTarget(Isa::portable)), states, pool, Isa::portable);
    const std::vector<float> numbers(12);
    for (const auto& [name, type] : program.plan().inputs) program.bind_input(name, numbers.data());
    program.run();
    for (const NamedSlot& output : program.plan().outputs) CHECK(program.output(output.name).empty());
  }
}
