#include "compiler/reduce.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "compiler/cuts.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/verify.hpp"
#include "tests/transformer_graph.hpp"

using namespace vitrine;

namespace {

std::size_t ops_in(const Graph& graph) { return size_of(graph).ops; }

template <class Like> bool any_node(const Graph& graph, Like&& like) {
  for (Value v : graph.topological())
    if (v.op() && like(v)) return true;
  return false;
}
Fails has_op(std::string name) {
  return [name](const Graph& graph) { return any_node(graph, [&](Value v) { return v.op()->name() == name; }); };
}

/// A training step with every kind of note: gradients, updates, groups.
Graph training_graph() {
  Graph forward = TransformerGraph::of(1);
  Graph step = training_step(forward, Sgd{});
  optimize(step);
  return step;
}

void check_is_smallest(const Graph& small, const Fails& fails) {
  CHECK(fails(small));
  CHECK(print(parse(print(small))) == print(small));
  for (const Graph& smaller : cut_once(small)) {
    INFO(print(small) << "could be\n" << print(smaller));
    REQUIRE(size_of(smaller) < size_of(small));
    REQUIRE_FALSE(fails(smaller));
  }
}

}  // namespace

TEST_CASE("whatever op of a transformer a check is about, it is reduced to that op and its leaves") {
  const Graph graph = TransformerGraph::of(1);
  REQUIRE(graph.topological().size() > 60);
  std::set<std::string> names;
  for (Value v : graph.topological())
    if (v.op()) names.emplace(v.op()->name());
  REQUIRE(names.size() > 10);
  for (const std::string& name : names) {
    const Fails fails = has_op(name);
    const Graph small = reduced(graph, fails);
    INFO(print(small));
    CHECK(ops_in(small) == 1);
    CHECK(size_of(small).leaves <= 2);
    check_is_smallest(small, fails);
  }
}

TEST_CASE("a check on ops that read each other keeps them, and axes as long as it asks for") {
  const Graph graph = TransformerGraph::of(1);
  const Fails softmax_before_matmul = [](const Graph& g) {
    return any_node(g, [](Value v) {
      return as<Matmul>(v) && v.operands()[0].op() && v.operands()[0].op()->name() == "softmax" &&
             v.type().shape.rank() == 4 && v.type().shape[1].size > 1;
    });
  };
  REQUIRE(softmax_before_matmul(graph));
  const Graph small = reduced(graph, softmax_before_matmul);
  CHECK(ops_in(small) == 2);
  CHECK(size_of(small).leaves == 2);
  CHECK_THAT(print(small), Catch::Contains("f32[batch 1, head 2, time 1, ") && !Catch::Contains("state"));
  check_is_smallest(small, softmax_before_matmul);

  const Fails two_permutes = [](const Graph& g) {
    std::size_t n = 0;
    for (Value v : g.topological()) n += as<Permute>(v) != nullptr;
    return n >= 3;
  };
  const Graph three = reduced(graph, two_permutes);
  CHECK(ops_in(three) == 3);
  check_is_smallest(three, two_permutes);
}

TEST_CASE("a check that always fails reduces to nothing, one that fails of this graph only to the graph itself") {
  for (const Graph& graph : {TransformerGraph::of(1), training_graph()}) {
    std::size_t asked = 0;
    const Graph nothing = reduced(graph, [&](const Graph&) { return ++asked > 0; });
    CHECK(nothing.topological().empty());
    CHECK(nothing.outputs().empty());
    CHECK(asked < 20);
    const std::string text = print(graph);
    CHECK(print(reduced(graph, [&](const Graph& g) { return print(g) == text; })) == text);
  }
}

TEST_CASE("a check sees only graphs that stand, none twice, and the same ones each time") {
  const Graph graph = training_graph();
  std::vector<std::string> first, second;
  for (auto* texts : {&first, &second}) {
    const Graph small = reduced(graph, [&](const Graph& g) {
      verify(g);
      texts->push_back(print(g));
      CHECK(print(parse(texts->back())) == texts->back());
      return has_op("softmax")(g) && has_op("mul")(g);
    });
    CHECK(ops_in(small) == 2);
  }
  CHECK(first == second);
  CHECK(std::set<std::string>(first.begin(), first.end()).size() == first.size());
}

TEST_CASE("updates, groups, notes, constants and attributes go, or stay where the check asks for them") {
  const Graph step = training_graph();
  REQUIRE(size_of(step).groups > 3);
  const Fails updates = [](const Graph& g) { return !g.updates().empty(); };
  const Graph updated = reduced(step, updates);
  CHECK(ops_in(updated) == 0);
  CHECK(updated.updates().size() == 1);
  CHECK(updated.outputs().empty());
  check_is_smallest(updated, updates);

  const Fails grouped = [](const Graph& g) {
    return any_node(g, [](Value v) { return v.node().group != 0 && v.node().phase == Phase::gradient; });
  };
  const Graph one = reduced(step, grouped);
  CHECK(ops_in(one) == 1);
  CHECK(size_of(one).groups == 1);
  CHECK(size_of(one).notes == 1);
  check_is_smallest(one, grouped);

  const Graph flags = parse(R"(graph g {
  input %x : f32[rows 4, 3]
  constant %1 = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] : f32[2, 3]
  %2 = matmul(%x, %1) {transpose_right = true} : f32[rows 4, 2]
  %3 = neg(%2) : f32[rows 4, 2]
  output y = %2
}
)");
  const Graph plain = reduced(flags, has_op("matmul"));
  CHECK_THAT(print(plain), Catch::Contains("f32[rows 1, 1]") && !Catch::Contains("transpose_right"));
  CHECK_THAT(print(plain), !Catch::Contains("constant") && !Catch::Contains("neg"));
  const Graph unread = reduced(flags, has_op("neg"));  // what nothing reads may be what fails
  CHECK(ops_in(unread) == 1);
  const Fails flag = [](const Graph& g) {
    return any_node(g, [](Value v) { return as<Matmul>(v) && as<Matmul>(v)->transpose_right; });
  };
  CHECK(flag(reduced(flags, flag)));
}

TEST_CASE("a graph of 300 nodes is reduced in a few hundred checks") {
  const Graph graph = TransformerGraph::of(6);
  REQUIRE(graph.topological().size() > 300);
  std::size_t asked = 0;
  const Fails fails = [&](const Graph& g) {
    ++asked;
    return any_node(g, [](Value v) { return as<Where>(v) != nullptr; }) && has_op("gelu")(g) && has_op("gather")(g);
  };
  CHECK(ops_in(reduced(graph, fails)) == 3);
  CHECK(asked < 300);
}

TEST_CASE("no more checks are made than allowed, and what is smallest by then is handed out") {
  const Graph graph = TransformerGraph::of(1);
  for (const std::size_t tries : std::array<std::size_t, 4>{0, 1, 3, 10}) {
    std::size_t asked = 0, told = 0;
    const Graph small = reduced(graph, [&](const Graph& g) { return ++asked, has_op("softmax")(g); },
                                {.tries = tries, .after_try = [&](const Graph&) { ++told; }});
    CHECK(asked == tries);
    CHECK(told == tries);
    CHECK(has_op("softmax")(small));
    if (tries == 0) CHECK(print(small) == print(graph));
  }
}

TEST_CASE("every cut of every golden graph is a smaller graph whose text reads back") {
  // Golden graphs seldom have notes: this one has all of them.
  std::vector<Graph> graphs{
      parse("graph g {\n  input %x : f32[4]\n  state %s : f32[4] = 0.0\n  %2 = add(%x, %s) : f32[4] @gradient #1\n"
            "  output y = %2\n  update %s = %2\n  place #1 = in here\n}\n")};
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::filesystem::path(VITRINE_SOURCE) / "tests/golden")) {
    if (entry.path().extension() != ".vit") continue;
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    graphs.push_back(parse(text.substr(0, text.find("\n=>\n") + 1), entry.path().string()));
  }
  std::size_t cuts = 0;
  std::set<std::string_view> kinds;
  for (const Graph& graph : graphs) {
    for (const Cut& cut : every_cut())
      if (cut.count(Sketch(graph)) > 0) kinds.insert(cut.name);
    for (const Graph& smaller : cut_once(graph)) {
      ++cuts;
      verify(smaller);
      REQUIRE(size_of(smaller) < size_of(graph));
      REQUIRE(print(parse(print(smaller))) == print(smaller));
    }
  }
  CHECK(cuts > 1000);
  for (const Cut& cut : every_cut()) {
    CAPTURE(cut.name);
    CHECK(kinds.contains(cut.name));
  }
}
