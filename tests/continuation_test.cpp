// A graph that goes on from what it kept makes, bit for bit, the rows that the whole graph makes.
#include <catch2/catch.hpp>

#include "compiler/print.hpp"
#include "compiler/verify.hpp"
#include "tests/continuing.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

std::vector<std::int32_t> random_tokens(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::int32_t> made(count);
  for (auto& token : made) token = static_cast<std::int32_t>(random() % small::token.size);
  return made;
}

/// Every state of a graph as a program of it begins, but kept ones.
void fill(const Graph& full, States& states) {
  for (const auto& [name, numbers] : some_leaves(full))
    if (const Value v = full.find(name); v.node().leaf == Leaf::state)
      states.set(name, leaves<float>(full, {{name, numbers}}).at(v.id));
}

/// How many rows of y differ in a bit between the whole graph and one that goes on, when sequences grow by the given
/// chunks in turn, each sequence by another number of tokens of each chunk.
struct Compared {
  std::size_t rows = 0, differ = 0;
};
Compared compare(const Graph& forward, std::size_t batch, std::size_t capacity, const std::vector<std::size_t>& chunks,
                 bool uneven = false, std::size_t most_rows = 16, int threads = 2) {
  const Graph full = in_use(forward, batch, capacity);
  Pool pool(threads);
  States states;
  Program whole = compiled(full, states, pool, inference_pipeline, Provider::own);
  fill(full, states);
  const std::vector<std::int32_t> text = random_tokens(batch * capacity, 7);
  whole.bind_input("token", text.data());
  for (const auto& [name, v] : full.outputs())
    if (name == "loss") whole.bind_input("next", text.data());
  whole.run();
  const auto bytes = whole.output("y");
  const std::vector<float> wanted(reinterpret_cast<const float*>(bytes.data()),
                                  reinterpret_cast<const float*>(bytes.data() + bytes.size()));
  const std::size_t wide = wanted.size() / (batch * capacity);

  Continuing going_on(full, states, pool, {.most_rows = most_rows, .last_only = false});
  std::vector<std::int32_t> position(batch, 0);
  Compared made;
  for (std::size_t turn = 0;; ++turn) {
    const std::size_t rows = chunks[turn % chunks.size()];
    std::vector<std::vector<std::int32_t>> given(batch);
    std::size_t most = 0;
    for (std::size_t b = 0; b < batch; ++b) {
      const auto at = static_cast<std::size_t>(position[b]);
      std::size_t length = uneven ? (turn * 7 + b * 5) % (rows + 1) : rows;
      length = std::min(length, capacity - at);
      most = std::max(most, capacity - at);
      for (std::size_t i = 0; i < length; ++i) given[b].push_back(text[b * capacity + at + i]);
    }
    if (most == 0) return made;
    std::vector<std::int32_t> at_least = position;  // of a sequence that has come to its end, a place that there is
    for (auto& p : at_least) p = std::min(p, static_cast<std::int32_t>(capacity) - 1);
    const std::vector<float> y = going_on.run(given, at_least, rows);
    for (std::size_t b = 0; b < batch; ++b)
      for (std::size_t i = 0; i < given[b].size(); ++i) {
        const std::size_t at = b * capacity + static_cast<std::size_t>(position[b]) + i;
        made.rows += 1;
        made.differ += std::memcmp(&y[(b * rows + i) * wide], &wanted[at * wide], wide * sizeof(float)) != 0;
      }
    for (std::size_t b = 0; b < batch; ++b) position[b] += static_cast<std::int32_t>(given[b].size());
  }
}

}  // namespace

namespace {

using small::batch, small::token, small::width;
constexpr Axis step = small::time, key{"key", step.size}, pair{"pair", 4};

/// A model of one layer, tokens in and what the layer makes of their rows out.
Graph layer_of(const std::string& name, const std::function<Value(Value)>& layer) {
  Graph graph(name);
  const Value rows = graph.state("rows", f32<token, width>);
  graph.output("y", layer(gather(rows, graph.input("token", i32<batch, step>))));
  return graph;
}
Value attended(Value x, Looks looks) {
  const Value q = reshape<batch, 1, step, width>(x), k = emit(Rename{shape_of<batch, 1, key, width>}, {q});
  return reshape<batch, step, width>(emit(Attention{0.5f, looks.causal, looks.window}, {q, k, k}));
}
/// Each place with the one before it.
Value shifted(Value x) { return slice<1, 0, 8>(pad<1, 1, 0>(x)); }
/// Along the time three places wide, as wide as it can be without seeing what is to come.
Value convolved(Value x) {
  const Value filter = x.graph->state("filter", f32<3, 1, width, width>);
  return reshape<batch, step, width>(conv2d(pad<1, 2, 0, 0.5f>(reshape<batch, step, 1, width>(x)), filter));
}
Value sinusoidal(Value x) {
  Graph& graph = *x.graph;
  const auto angle = [&] {
    const Value place = reshape<step, 1>(cast<DType::f32>(emit(graph, Iota{step})));
    return place * exp(cast<DType::f32>(emit(graph, Iota{pair})) * -0.3f);
  };
  return x + reshape<step, width>(concat<-1>(reshape<step, pair, 1>(sin(angle())), reshape<step, pair, 1>(cos(angle()))));
}

}  // namespace

TEST_CASE("whatever looks back only goes on with the same bits") {
  const std::vector<std::pair<const char*, std::function<Value(Value)>>> layers{
      {"a window", [](Value x) { return attended(x, causal.within(3)); }},
      {"two windows", [](Value x) { return attended(attended(x, causal.within(5)), causal.within(2)); }},
      {"a window and all", [](Value x) { return attended(attended(x, causal), causal.within(2)); }},
      {"a shift", [](Value x) { return shifted(x) - x; }},
      {"two shifts", [](Value x) { return shifted(relu(shifted(x))) + x; }},
      {"a convolution", convolved},
      {"a shifted convolution", [](Value x) { return relu(convolved(shifted(x))) + shifted(x); }},
      {"a running sum", [](Value x) { return cumulative_sum<step>(x) * 0.25f; }},
      {"a running sum before", [](Value x) { return relu(cumulative_sum<step, true>(relu(x))) + x; }},
      {"waves of places", [](Value x) { return attended(sinusoidal(x), causal); }},
      {"a state by place", [](Value x) { return attended(x + x.graph->state("w", f32<step, width>), causal); }},
      {"a mean so far",
       [](Value x) {
         const Value count = cast<DType::f32>(emit(*x.graph, Iota{step})) + 1.f;
         return cumulative_sum<step>(x) / reshape<step, 1>(count);
       }},
  };
  for (const auto& [name, layer] : layers) {
    const Graph forward = layer_of(name, layer);
    for (const std::size_t batches : {1u, 4u})
      for (const auto& chunks : std::vector<std::vector<std::size_t>>{{1}, {4, 1, 1}, {8}}) {
        CAPTURE(name, batches, chunks);
        const bool uneven = batches > 1 && chunks.size() > 1;
        const Compared made = compare(forward, batches, 8, chunks, uneven);
        CHECK(made.rows == batches * 8);
        CHECK(made.differ == 0);
      }
  }
}

TEST_CASE("GPT and Llama token by token or by chunks have the whole graph's bits at every position") {
  for (const Graph& forward : {small::gpt(), small::llama(), small::grouped_llama()})
    for (const std::size_t batch : {1u, 4u}) {
      CAPTURE(forward.name(), batch);
      for (const auto& chunks : std::vector<std::vector<std::size_t>>{{1}, {4}, {4, 1, 1}, {8}}) {
        CAPTURE(chunks);
        const Compared made = compare(forward, batch, 8, chunks);
        CHECK(made.rows == batch * 8);
        CHECK(made.differ == 0);
      }
      const Compared uneven = compare(forward, batch, 8, {4, 1}, true);
      CHECK(uneven.rows == batch * 8);
      CHECK(uneven.differ == 0);
    }
}
