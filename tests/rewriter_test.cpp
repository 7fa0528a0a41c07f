#include <catch2/catch.hpp>
#include <set>

#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/verify.hpp"
#include "tests/named_values.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/abs.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/neg.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/ops/tanh.hpp"

using namespace vitrine;

namespace {
std::vector<std::uint32_t> ids(const std::vector<Value>& values) {
  std::vector<std::uint32_t> made;
  for (Value v : values) made.push_back(v.id);
  return made;
}
}  // namespace

TEST_CASE("a replacement is recorded with its rule, its line, what was matched and what was made") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), y = relu(x), z = tanh(y);
  graph.output("z", z);
  Record record;
  Rewriter rewriter(graph, "test", record);
  const Value made = abs(x);
  const std::uint32_t here = __LINE__ + 1;
  rewriter.replace(y, made, "relu => abs");

  REQUIRE(record.rewrites.size() == 1);
  const Rewrite& rewrite = record.rewrites[0];
  CHECK(rewrite.pass == "test");
  CHECK(rewrite.rule == "relu => abs");
  CHECK(rewrite.at.line() == here);
  REQUIRE(rewrite.matched.size() == 1);
  CHECK(rewrite.matched[0].value == y);
  CHECK(ids(rewrite.matched[0].operands) == std::vector{x.id});
  REQUIRE(rewrite.made.size() == 1);
  CHECK(rewrite.made[0].value == made);
  CHECK(rewrite.by == made);
  CHECK(z.operands()[0] == made);
  CHECK(graph.users(y).empty());
  verify(graph);
}

TEST_CASE("the record shows operands as they stood at the rewrite, whatever happens to them later") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), a = relu(x), b = tanh(a);
  graph.output("y", -b);
  Record record;
  Rewriter rewriter(graph, "test", record);
  rewriter.replace(b, abs(a), "tanh => abs");
  rewriter.replace(a, x, "relu(x) => x");
  REQUIRE(record.rewrites.size() == 2);
  CHECK(ids(record.rewrites[0].matched[0].operands) == std::vector{a.id});
  CHECK(ids(record.rewrites[0].made[0].operands) == std::vector{a.id});
  CHECK(record.rewrites[0].made[0].value.operands()[0] == x);  // the node itself moved on
  const std::string text = print(record);
  CHECK_THAT(text, Catch::Contains("- %2 = tanh(%1) : f32[3]") && Catch::Contains("+ %4 = abs(%1) : f32[3]"));
}

TEST_CASE("each rewrite has made the nodes since the one before, and no other") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), a = relu(x), b = tanh(x);
  graph.output("a", a);
  graph.output("b", b);
  Record record;
  Rewriter rewriter(graph, "test", record);
  const Value inner = -x, first = abs(inner);
  rewriter.replace(a, first, "one");
  const Value second = -b;
  rewriter.replace(b, -second, "two");
  REQUIRE(record.rewrites.size() == 2);
  CHECK(record.rewrites[0].made.size() == 2);
  CHECK(record.rewrites[0].made[0].value == inner);
  CHECK(record.rewrites[0].made[1].value == first);
  REQUIRE(record.rewrites[1].made.size() == 2);
  CHECK(record.rewrites[1].made[0].value == second);
}

TEST_CASE("a new node takes line, module and phase of what it stands for, and names it as its origin") {
  Graph graph;
  const Value x = graph.input("x", f32<3>);
  Value y;
  {
    const Graph::Scope scope(graph, "block.1", Phase::forward);
    y = relu(x);
  }
  graph.locate("model.cpp", 12);
  graph.output("y", y);
  Record record;
  Rewriter rewriter(graph, "test", record);
  const Value made = abs(x);
  rewriter.replace(y, made, "relu => abs");
  CHECK(made.node().at == Location{"model.cpp", 12, "block.1"});
  CHECK(made.node().origin == std::vector{y.id});
  CHECK(made.node().phase == Phase::forward);
}

TEST_CASE("outputs and updates follow a replacement") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), w = graph.state("w", f32<3>), y = relu(x);
  graph.output("y", y);
  graph.update(w, y);
  Record record;
  Rewriter rewriter(graph, "test", record);
  rewriter.replace(y, x, "relu(x) => x");
  CHECK(graph.outputs()[0].second == x);
  CHECK(graph.updates()[0].second == x);
  verify(graph);
}

TEST_CASE("a replacement of another type is our bug, and says so") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), y = relu(x), z = graph.input("z", f32<4>);
  Record record;
  Rewriter rewriter(graph, "test", record);
  CHECK(complaint<InternalError>([&] { rewriter.replace(y, z, "wrong"); }) ==
        "pass test: wrong changes f32[3] into f32[4]");
  CHECK(record.rewrites.empty());
}

TEST_CASE("what is still read cannot be erased") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), y = relu(x), z = tanh(y);
  graph.output("z", z);
  Record record;
  Rewriter rewriter(graph, "test", record);
  CHECK_THROWS_AS(rewriter.erase(y, "unread"), InternalError);
  CHECK_THROWS_AS(rewriter.erase(z, "unread"), InternalError);
}

TEST_CASE("a dead node keeps its op and operands for the record") {
  Graph graph;
  const Value x = graph.input("x", f32<3>), y = relu(x);
  Record record;
  Rewriter rewriter(graph, "test", record);
  rewriter.erase(y, "unread => nothing");
  CHECK_THAT(print(record), Catch::Contains("- %1 = relu(%x) : f32[3]"));
}

TEST_CASE("a candidate that is turned down is recorded once, however often a pass meets it") {
  Graph graph = parse(R"(graph g {
    input %x : f32[3]
    %1 = mul(%x, 0.0) : f32[3]
    %2 = neg(%1) : f32[3]
    %3 = neg(%2) : f32[3]
    output y = %3
  })");
  const Record record = optimize(graph);  // several rounds: neg(neg(x)) fires in the first
  std::size_t found = 0;
  for (const Refusal& r : record.refusals) found += r.rule == "x * 0 => 0";
  CHECK(found == 1);
  REQUIRE(!record.refusals.empty());
  CHECK(record.refusals[0].reason == "inf * 0 is NaN and -1 * 0 is -0");
  CHECK(!record.refusals[0].suggestion.empty());
}

TEST_CASE("where a member of a group changes, the group dissolves") {
  Graph graph = parse(R"(graph g {
    input %x : f32[3]
    %1 = relu(%x) : f32[3] @g1
    %2 = tanh(%1) : f32[3] @g1
    %3 = exp(%x) : f32[3] @g2
    %4 = sin(%3) : f32[3] @g2
    output y = %2
    output z = %4
  })");
  Record record;
  Rewriter rewriter(graph, "test", record);
  rewriter.replace(graph.find(1), abs(graph.find("x")), "relu => abs");
  CHECK(graph.find(2).node().group == 0);
  CHECK(graph.find(3).node().group == 2);
  CHECK(graph.find(4).node().group == 2);
  verify(graph);
}

TEST_CASE("the same graph gives the same record") {
  const std::string text = R"(graph g {
    input %x : f32[3, 3]
    %1 = transpose(%x) : f32[3, 3]
    %2 = matmul(%1, %x) : f32[3, 3]
    %3 = mul(%2, 1.0) : f32[3, 3]
    %4 = relu(%3) : f32[3, 3]
    output y = %4
  })";
  Graph first = parse(text), second = parse(text);
  CHECK(print(optimize(first)) == print(optimize(second)));
  CHECK(print(first) == print(second));
}

TEST_CASE("a pass that breaks the graph is named, with what it broke") {
  constexpr Pass wrong{"ring", Contract::exact, "", [](Graph& graph, Rewriter& rewriter) {
                         const Value first = graph.topological()[1];
                         if (graph.users(first).size() == 1)
                           rewriter.replace(first, graph.users(first)[0], "a => what reads a");
                       }};
  Graph graph = parse(R"(graph g {
    input %x : f32[3]
    %1 = relu(%x) : f32[3]
    %2 = tanh(%1) : f32[3]
    output y = %2
  })");
  CHECK_THAT(complaint<InternalError>([&] { optimize(graph, std::array{wrong}); }),
             Catch::StartsWith("after pass ring: verify:"));
}

TEST_CASE("two rules that undo each other are stopped, with the pass's name") {
  constexpr Pass swing{"swing", Contract::exact, "", [](Graph& graph, Rewriter& rewriter) {
                         const Value y = graph.outputs()[0].second, x = graph.find("x");
                         rewriter.replace(y, y.op()->name() == "relu" ? abs(x) : relu(x), "there and back");
                       }};
  Graph graph;
  graph.output("y", relu(graph.input("x", f32<3>)));
  CHECK_THAT(complaint<InternalError>([&] { optimize(graph, std::array{swing}); }), Catch::Contains("swing"));
}

TEST_CASE("passes are chosen by name, and an unknown one is answered with the nearest") {
  CHECK(passes_named("").empty());
  const auto two = passes_named("remove_unused,fold_constants");
  REQUIRE(two.size() == 2);
  CHECK(two[0].name == "remove_unused");
  CHECK(two[1].name == "fold_constants");
  CHECK(complaint<UsageError>([] { passes_named("fold_constant"); }) ==
        "there is no pass named 'fold_constant'; did you mean 'fold_constants'? ('vitrine passes' lists them)");
  CHECK_THAT(complaint<UsageError>([] { passes_named("remove_unused,,fold_constants"); }),
             Catch::Contains("no pass named ''"));
}

TEST_CASE("a pipeline that ends after fewer rewrites holds nothing that was made for the next one") {
  const std::string text = R"(graph g {
  input %x : f32[2, 3]
  input %w : f32[4, 3]
  %2 = mul(%x, 1.0) : f32[2, 3]
  %3 = transpose(%w) : f32[3, 4]
  %4 = matmul(%2, %3) : f32[2, 4]
  %5 = neg(%4) : f32[2, 4]
  %6 = abs(%5) : f32[2, 4]
  %7 = pow(%6, -1.0) : f32[2, 4]
  output y = %7
}
)";
  Graph whole = parse(text);
  const std::size_t all = optimize(whole).rewrites.size();
  REQUIRE(all > 5);
  for (std::size_t most = 0; most < all; ++most) {
    CAPTURE(most);
    Graph graph = parse(text);
    const std::uint32_t first_new = graph.end_of_ids();
    const Record record = optimize(graph, default_pipeline, {.most_rewrites = most});
    REQUIRE(record.rewrites.size() == most);
    std::set<std::uint32_t> made;
    for (const Rewrite& rewrite : record.rewrites)
      for (const Seen& seen : rewrite.made) made.insert(seen.value.id);
    for (Value v : graph.topological())
      if (v.op() && v.id >= first_new) CHECK(made.contains(v.id));
    if (most == 0) CHECK(print(graph) == text);
  }
}
