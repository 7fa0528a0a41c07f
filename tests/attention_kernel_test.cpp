// Attention as compiled programs compute it, tile by tile: against double and against primitives, on every instruction
// set; and what its bits do not depend on.
#include <catch2/catch.hpp>

#include "tests/attention_case.hpp"
#include "tests/compiled_values.hpp"
#include "tests/named_values.hpp"
#include "tests/program_bits.hpp"

using namespace vitrine;

namespace {

/// Cases that fill tiles and panels, overfill them, and leave some out.
std::vector<AttentionCase> large_cases() {
  std::vector<AttentionCase> made = attention_cases();
  for (const Looks looks : {everywhere, causal, causal.within(70), everywhere.within(40)}) {
    made.push_back({shape_of<2, 2, 128, 32>, shape_of<2, 2, 128, 32>, shape_of<2, 2, 128, 32>, looks, 0.2f});
    made.push_back({shape_of<4, 197, 24>, shape_of<2, 197, 24>, shape_of<2, 197, 40>, looks, 0.2f});
    made.push_back({shape_of<1, 64, 7>, shape_of<1, 64, 7>, shape_of<1, 64, 1>, looks, 0.2f});
  }
  return made;
}

/// One output of a graph as a program makes it, in bits.
std::vector<float> bits_of(const Graph& graph, const Values<float>& leaves, const char* name, int threads = 2) {
  return floats(run_compiled(graph, leaves, threads).at(name));
}

Graph forward(const Shape& query, const Shape& key, Looks looks) {
  Graph graph("forward");
  const Value q = graph.input("q", {DType::f32, query}), k = graph.input("k", {DType::f32, key}),
              v = graph.input("v", {DType::f32, key});
  graph.output("out", emit(Attention{0.25f, looks.causal, looks.window}, {q, k, v}));
  return graph;
}

bool same_bits(const float* a, const float* b, std::size_t n) { return std::memcmp(a, b, n * sizeof(float)) == 0; }

}  // namespace

TEST_CASE("compiled, attention and the same from primitives are what double says, on every instruction set") {
  for (const AttentionCase& c : large_cases())
    for (const bool primitives : {false, true}) {
      const Graph graph = attention_graph(c, primitives);
      const Values<double> wide = evaluate<double>(graph, attention_leaves<double>(graph));
      for (const Isa isa : all_isas()) {
        const auto made = compiled(graph, attention_leaves<float>(graph), isa);
        for (const auto& [name, v] : graph.outputs()) {
          const std::vector<double> wanted = numbers<double>(wide, v);
          double largest = 1;
          for (const double x : wanted)
            if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
          for (std::size_t i = 0; i < wanted.size(); ++i) {
            const double got = made.at(name)[i];
            CAPTURE(name, i, name_of(isa), primitives, got, wanted[i]);
            INFO((Sentence{} << c.query << c.key << (c.looks.causal ? " causal " : " ") << c.looks.window).str());
            REQUIRE((got == wanted[i] || std::abs(got - wanted[i]) <= 2e-6 * largest));
          }
        }
      }
    }
}

TEST_CASE("attention has the same bits for 1, 2 and 4 threads") {
  for (const AttentionCase& c : large_cases()) {
    Graph graph = attention_graph(c, false);
    optimize(graph);
    const Values<float> leaves = attention_leaves<float>(graph);
    const auto one = run_compiled(graph, leaves, 1);
    CHECK(run_compiled(graph, leaves, 2) == one);
    CHECK(run_compiled(graph, leaves, 4) == one);
  }
}

TEST_CASE("one step makes attention and its logsumexp, one all three gradients, and each alone has the same bits") {
  for (const AttentionCase& c :
       {AttentionCase{shape_of<2, 4, 70, 8>, shape_of<2, 2, 70, 8>, shape_of<2, 2, 70, 24>, causal}}) {
    Graph together = attention_graph(c, false, false);
    const Graph alone = together;  // without the passes every op is a step of its own
    optimize(together);
    const Plan plan = compile(together, CpuTarget(best_isa()));
    std::vector<std::size_t> companions;
    for (const Step& step : plan.steps)
      if (step.choice.kernel == "attention") companions.push_back(step.companions.size());
    CHECK(companions == std::vector<std::size_t>{1, 2});
    const Values<float> leaves = attention_leaves<float>(alone);
    CHECK(run_compiled(together, leaves) == run_compiled(alone, leaves));
  }
}

TEST_CASE("no tensor of attention's step has a number for each pair of a query and a key") {
  constexpr std::size_t time = 1024, each = 8;
  Graph graph = attention_graph({shape_of<1, time, each>, shape_of<1, time, each>, shape_of<1, time, each>, causal},
                                false, false);
  optimize(graph);
  CHECK(compile(graph, CpuTarget(best_isa())).arena_bytes < 20 * time * each * sizeof(float));
}

TEST_CASE("a row of attention has the bits that it has alone, whatever rows and keys there are besides") {
  constexpr Axis most{200};
  const Shape full = shape_of<2, 200, 24>;
  const Graph whole = forward(full, full, causal);
  const Values<float> leaves = attention_leaves<float>(whole);
  const std::vector<float> wanted = bits_of(whole, leaves, "out");
  for (const std::size_t time : {1u, 2u, 63u, 64u, 65u, 130u, 199u}) {
    const Shape some = full.with(1, time);
    const Graph part = forward(some, some, causal);
    Values<float> first;  // the first rows of each head
    for (const char* name : {"q", "k", "v"})
      for (std::size_t head = 0; head < 2; ++head) {
        const std::byte* from = leaves.at(whole.find(name).id).data() + head * most.size * 24 * sizeof(float);
        auto& to = first[part.find(name).id];
        to.insert(to.end(), from, from + time * 24 * sizeof(float));
      }
    const std::vector<float> got = bits_of(part, first, "out");
    for (std::size_t head = 0; head < 2; ++head) {
      CAPTURE(time, head);
      CHECK(same_bits(&got[head * time * 24], &wanted[head * most.size * 24], time * 24));
    }
  }
}

TEST_CASE(
    "causal attention does not see the future: another token, a NaN even, leaves the rows before it as they are") {
  const Shape full = shape_of<2, 130, 16>;
  const Graph graph = forward(full, full, causal);
  const Values<float> before = attention_leaves<float>(graph);
  const std::vector<float> wanted = bits_of(graph, before, "out");
  for (const float other :
       {5.f, 1e30f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    for (const std::size_t changed : {1u, 17u, 64u, 100u, 129u}) {
      Values<float> after = before;
      for (auto& [id, bytes] : after)
        for (std::size_t head = 0; head < 2; ++head)
          for (std::size_t i = 0; i < 16; ++i)
            reinterpret_cast<float*>(bytes.data())[(head * 130 + changed) * 16 + i] = other;
      const std::vector<float> got = bits_of(graph, after, "out");
      for (std::size_t head = 0; head < 2; ++head) {
        CAPTURE(other, changed, head);
        CHECK(same_bits(&got[head * 130 * 16], &wanted[head * 130 * 16], changed * 16));
        CHECK_FALSE(same_bits(&got[(head * 130 + changed) * 16], &wanted[(head * 130 + changed) * 16], 16));
      }
    }
}

TEST_CASE("heads that are cut out of [batch, time, width] by views are read where they lie") {
  constexpr Axis batch{"batch", 2}, step{"time", 70}, head{"head", 3}, each{"each", 8};
  Graph graph("split"), dense("dense");
  const Value x = graph.input("x", f32<batch, step, 72>);
  std::vector<Value> parts;
  for (std::int64_t i = 0; i < 3; ++i)
    parts.push_back(permute<0, 2, 1, 3>(reshape<batch, step, head, each>(emit(Slice{2, 24 * i, 24 * i + 24, 1}, {x}))));
  graph.output("y", attention<causal>(parts[0], parts[1], parts[2]));
  for (const Step& s : compile(graph, CpuTarget(best_isa())).steps)
    CHECK(s.choice.kernel == "attention");  // and no copy
  const Values<float> leaves = attention_leaves<float>(graph), values = evaluate<float>(graph, leaves);
  Values<float> copies;
  std::vector<Value> in;
  for (const Value& part : parts) {
    in.push_back(dense.input("x" + std::to_string(in.size()), part.type()));
    copies[in.back().id] = values.at(part.id);
  }
  dense.output("y", attention<causal>(in[0], in[1], in[2]));
  CHECK(run_compiled(graph, leaves) == run_compiled(dense, copies));
}
