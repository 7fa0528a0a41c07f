#pragma once
// The rows that a graph makes when it goes on, held bit for bit against those of the whole graph.
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "tests/continuing.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

/// A model of one layer, tokens in and what the layer makes of their rows out.
inline Graph layer_of(const std::string& name, const std::function<Value(Value)>& layer) {
  Graph graph(name);
  const Value rows = graph.state("rows", f32<small::token, small::width>);
  graph.output("y", layer(gather(rows, graph.input("token", i32<small::batch, small::time>))));
  return graph;
}

inline std::vector<std::int32_t> random_tokens(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::int32_t> made(count);
  for (auto& token : made) token = static_cast<std::int32_t>(random() % small::token.size);
  return made;
}

/// Every state of a graph as a program of it begins, but kept ones.
inline void fill(const Graph& full, States& states) {
  for (const auto& [name, numbers] : some_leaves(full))
    if (const Value v = full.find(name); v.node().leaf == Leaf::state)
      states.set(name, leaves<float>(full, {{name, numbers}}).at(v.id));
}

/// How many rows of y differ in a bit between the whole graph and one that goes on, when sequences grow by the given
/// chunks in turn, each sequence by another number of tokens of each chunk.
struct Compared {
  std::size_t rows = 0, differ = 0;
  double most = 0;  // difference of two numbers, as a share of 1 + the wanted one
};
/// Of a graph that is in use as it is.
inline Compared compare_in_use(const Graph& full, std::size_t batch, std::size_t capacity,
                               const std::vector<std::size_t>& chunks, bool uneven = false, std::size_t most_rows = 16,
                               int threads = 2, std::span<const Pass> passes = inference_pipeline,
                               Provider provider = Provider::own,
                               const std::function<void(std::vector<std::int32_t>&)>& misplace = {}) {
  Pool pool(threads);
  States states;
  Program whole = compiled(full, states, pool, passes, provider);
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

  Continuing going_on(full, states, pool, {.most_rows = most_rows, .last_only = false}, provider);
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
    if (misplace) misplace(at_least);
    const std::vector<float> y = going_on.run(given, at_least, rows);
    for (std::size_t b = 0; b < batch; ++b)
      for (std::size_t i = 0; i < given[b].size(); ++i) {
        const std::size_t at = b * capacity + static_cast<std::size_t>(position[b]) + i;
        made.rows += 1;
        for (std::size_t k = 0; k < wide; ++k) {
          const double want = static_cast<double>(wanted[at * wide + k]);
          const double got = static_cast<double>(y[(b * rows + i) * wide + k]);
          made.most = std::max(made.most, std::abs(got - want) / (1 + std::abs(want)));
        }
        made.differ += std::memcmp(&y[(b * rows + i) * wide], &wanted[at * wide], wide * sizeof(float)) != 0;
      }
    for (std::size_t b = 0; b < batch; ++b) position[b] += static_cast<std::int32_t>(given[b].size());
  }
}
inline Compared compare(const Graph& forward, std::size_t batch, std::size_t capacity,
                        const std::vector<std::size_t>& chunks, bool uneven = false, std::size_t most_rows = 16,
                        int threads = 2) {
  return compare_in_use(in_use(forward, batch, capacity), batch, capacity, chunks, uneven, most_rows, threads);
}

/// The ways in which the small models of tests go on: calls visit(sequences, chunks, uneven).
inline void each_way_to_go_on(const auto& visit) {
  for (const std::size_t batch : {1u, 4u})
    for (const auto& chunks : std::vector<std::vector<std::size_t>>{{1}, {4, 1, 1}, {8}}) {
      CAPTURE(batch, chunks);
      visit(batch, chunks, batch > 1 && chunks.size() > 1);
    }
}

}  // namespace vitrine
