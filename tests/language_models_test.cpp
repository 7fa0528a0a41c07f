// GPT and Llama as whole models: what they are made of, their gradients, other sizes of batch and text.
#include <catch2/catch.hpp>
#include <set>

#include "compiler/specialize.hpp"
#include "tests/derivative_law.hpp"
#include "tests/small_language.hpp"

using namespace vitrine;

namespace {

namespace milestone {
constexpr Axis batch{"batch", 16}, time{"time", 128}, token{"token", 96}, width{"width", 128}, head{"head", 4};
using Model = Gpt<batch, time, token, width, head, 4>;
}  // namespace milestone

/// One text of three tokens: few enough numbers to try each.
namespace tiny {
constexpr Axis batch{"batch", 1}, time{"time", 3}, token{"token", 4}, width{"width", 4}, head{"head", 2}, kv{"kv", 1},
    wide{"wide", 3};
using TinyGpt = Gpt<batch, time, token, width, head, 1>;
using TinyLlama = Llama<batch, time, token, width, head, kv, wide, 1>;
}  // namespace tiny

Values<double> as_leaves(const Graph& graph, std::size_t kinds) {
  return leaves<double>(graph, some_leaves(graph, kinds));
}

}  // namespace

TEST_CASE("a GPT of width 128 and 4 blocks has the parameters that its layers add up to") {
  constexpr std::size_t norm = 2 * 128, attention = 128 * 128 * 4 + 128 * 3, mlp = 2 * 128 * 512 + 512 + 128;
  static_assert(parameter_count<milestone::Model>() ==
                96 * 128 + 128 * 128 + 4 * (2 * norm + attention + mlp) + norm + 128 * 96);
  static_assert(parameter_count<milestone::Model>() == 833'792);
  // Tied: the scores have no weight of their own. Two key heads of one, no biases.
  static_assert(parameter_count<small::SmallLlama>() == 7 * 8 + 2 * (2 * 8 + 2 * 8 * 8 + 2 * 8 * 4 + 3 * 8 * 6) + 8);
  CHECK(milestone::Model().blocks.size() == 4);
}

TEST_CASE("parameters and nodes of a language model carry the path of their layer") {
  const Graph graph = small::gpt();
  std::set<std::string> modules;
  for (Value v : graph.topological()) {
    modules.insert(v.node().at.module);
    if (as<Attention>(v)) CHECK(v.node().at.module.starts_with("blocks."));
    if (as<Attention>(v)) CHECK(v.node().at.module.ends_with(".attention"));
  }
  CHECK(modules == std::set<std::string>{"",
                                         "blocks.0",
                                         "blocks.0.attention",
                                         "blocks.0.attention.keys",
                                         "blocks.0.attention.merged",
                                         "blocks.0.attention.query",
                                         "blocks.0.attention.values",
                                         "blocks.0.before_attention",
                                         "blocks.0.before_mlp",
                                         "blocks.0.mlp",
                                         "blocks.0.mlp.down",
                                         "blocks.0.mlp.up",
                                         "blocks.1",
                                         "blocks.1.attention",
                                         "blocks.1.attention.keys",
                                         "blocks.1.attention.merged",
                                         "blocks.1.attention.query",
                                         "blocks.1.attention.values",
                                         "blocks.1.before_attention",
                                         "blocks.1.before_mlp",
                                         "blocks.1.mlp",
                                         "blocks.1.mlp.down",
                                         "blocks.1.mlp.up",
                                         "norm",
                                         "positions",
                                         "scores",
                                         "tokens"});
  CHECK(graph.find("blocks.0.attention.query.weight").type() == f32<small::width, Axis("mixed", 8)>);
  CHECK(graph.find("blocks.1.mlp.up.bias").type() == f32<32>);
  for (const FoundParameter& p : parameters_of(small::SmallGpt{})) CHECK(graph.find(p.path).type() == p.type);
}

TEST_CASE("tied weights get one gradient, the sum of both uses in one accumulate") {
  const Graph graph = with_gradients(small::llama());
  const Value d = output_of(graph, "d tokens.weight");
  REQUIRE(d.op()->name() == "accumulate");
  REQUIRE(d.operands().size() == 2);
  std::multiset<std::string> parts;
  for (Value part : d.operands()) {
    while (part.op()->name() == "transpose" || part.op()->name() == "permute" || part.op()->name() == "rename")
      part = part.operands()[0];
    parts.emplace(part.op()->name());
  }
  CHECK(parts == std::multiset<std::string>{"matmul", "scatter_add"});
  CHECK(as<ScatterAdd>(output_of(with_gradients(small::gpt()), "d tokens.weight")));
}

TEST_CASE("every gradient of a GPT and of a Llama is what central differences say") {
  const Graph gpt = trace_language_model(tiny::TinyGpt{}, "gpt"),
              llama = trace_language_model(tiny::TinyLlama{}, "llama");
  CHECK(derivative_disagreement(gpt, as_leaves(gpt, 4)) == "");
  CHECK(derivative_disagreement(llama, as_leaves(llama, 4)) == "");
}

TEST_CASE("the compiled gradients of a GPT and of a Llama are the reference's in double") {
  for (const Graph& forward : {small::gpt(), small::llama()}) {
    const Graph graph = with_gradients(forward);
    const Named given = some_leaves(graph);
    const auto wanted = reference_on(graph, given), made = run_on(graph, given);
    std::size_t states = 0;
    for (Value v : forward.topological()) states += v.node().leaf == Leaf::state;
    CHECK(made.size() == states + 2);
    for (const auto& [name, exact] : wanted) {
      double largest = 0, off = 0;
      for (std::size_t i = 0; i < exact.size(); ++i) {
        largest = std::max(largest, std::abs(exact[i]));
        off = std::max(off, std::abs(exact[i] - made.at(name)[i]));
      }
      CAPTURE(graph.name(), name, largest, off);
      CHECK(largest > 0);
      CHECK(off < 1e-5 * largest);
    }
  }
}

TEST_CASE("one trace serves a smaller batch and a shorter text, whose places compute the same bits") {
  for (const Graph& whole : {small::gpt(), small::llama()}) {
    const Graph part = specialize(whole, std::array{Axis{"time", 5}, Axis{"batch", 2}});
    for (Value v : part.topological())
      for (const Axis& axis : v.type().shape)
        if (axis.label() == "key") CHECK(axis.size == 5);
    const Named all = some_leaves(whole);
    Named some = all;
    for (auto& [name, numbers] : some) {
      if (name != "token" && name != "next") continue;
      const std::vector<double> rows = numbers;
      numbers.clear();
      for (std::size_t row = 0; row < 2; ++row)
        for (std::size_t t = 0; t < 5; ++t) numbers.push_back(rows[row * small::time.size + t]);
    }
    const auto wanted = run_on(whole, all).at("y"), made = run_on(part, some).at("y");
    constexpr std::size_t V = small::token.size;
    REQUIRE(made.size() == 2 * 5 * V);
    for (std::size_t row = 0; row < 2; ++row)
      for (std::size_t i = 0; i < 5 * V; ++i) {
        CAPTURE(whole.name(), row, i);
        REQUIRE(made[row * 5 * V + i] == wanted[row * small::time.size * V + i]);
      }
  }
}

TEST_CASE("a text of one token is a text, and keys cannot be told another number than times") {
  const Graph part = specialize(small::gpt(), std::array{Axis{"time", 1}, Axis{"batch", 1}});
  CHECK(run_on(part, some_leaves(part)).at("y").size() == small::token.size);
  CHECK_THROWS_WITH(specialize(small::gpt(), std::array{Axis{"time", 5}, Axis{"key", 4}}),
                    Catch::Contains("calls axis 'time' also 'key', so they have one size, not 5 and 4"));
}
