#pragma once
// Whole sequences and what attention makes of them, and parts of them beside a cache: rows must have the same bits.
#include <catch2/catch.hpp>
#include <functional>
#include <random>

#include "tests/named_values.hpp"
#include "tests/program_bits.hpp"
#include "vitrine/ops.hpp"

namespace vitrine::cached {

using Floats = std::vector<float>;

inline Floats drawn(std::size_t count, std::uint32_t seed) {
  std::mt19937 bits(seed);
  Floats made(count);
  for (float& x : made) x = static_cast<float>(bits() >> 8) * 0x1p-22f - 2.f;
  return made;
}

struct Sizes {
  std::size_t batch, heads, groups, time, each, wide;
};

/// How a graph of one output "y" is computed: by definition, or by programs.
using Compute = std::function<Floats(const Graph&, const std::map<std::string, std::vector<std::byte>>&)>;

inline std::vector<std::byte> bytes_of(const auto& elements) {
  const auto bytes = std::as_bytes(std::span(elements));
  return {bytes.begin(), bytes.end()};
}
inline Floats floats_of(std::span<const std::byte> bytes) {
  Floats made(bytes.size() / sizeof(float));
  if (!made.empty()) std::memcpy(made.data(), bytes.data(), bytes.size());
  return made;
}

inline Floats by_definition(const Graph& graph, const std::map<std::string, std::vector<std::byte>>& inputs) {
  Values<float> leaves;
  for (const auto& [name, bytes] : inputs) leaves[graph.find(name).id] = bytes;
  return floats_of(evaluate<float>(graph, leaves).at(output_of(graph, "y").id));
}
inline Compute by_program(Isa isa, int threads) {
  return [=](const Graph& graph, const std::map<std::string, std::vector<std::byte>>& inputs) {
    Pool pool(threads);
    States states(1);
    Program program(compile(graph, CpuTarget(isa)), states, pool, isa);
    for (const auto& [name, bytes] : inputs) program.bind_input(name, bytes.data());
    program.run();
    return floats_of(program.output("y"));
  };
}

/// Whole sequences, and what attention makes of them.
struct Whole {
  Sizes n;
  Looks looks;
  Floats q = drawn(n.batch * n.heads * n.time * n.each, 1), k = drawn(n.batch * n.groups * n.time * n.each, 2),
         v = drawn(n.batch * n.groups * n.time * n.wide, 3);

  Shape shape(std::size_t heads, std::size_t rows, std::size_t columns) const {
    return Shape{} << n.batch << heads << rows << columns;
  }
  Floats attention(const Compute& compute) const {
    Graph graph("whole");
    const Value query = graph.input("q", {DType::f32, shape(n.heads, n.time, n.each)}),
                keys = graph.input("k", {DType::f32, shape(n.groups, n.time, n.each)}),
                values = graph.input("v", {DType::f32, shape(n.groups, n.time, n.wide)});
    graph.output("y", emit(Attention{0.3f, looks.causal, looks.window}, {query, keys, values}));
    return compute(graph, {{"q", bytes_of(q)}, {"k", bytes_of(k)}, {"v", bytes_of(v)}});
  }
};

/// Rows [first, first + count) of each head.
inline Floats rows_of(const Floats& x, std::size_t heads, std::size_t time, std::size_t columns,
                      const std::vector<std::size_t>& first, std::size_t count) {
  Floats made;
  for (std::size_t head = 0; head < heads; ++head) {
    const std::size_t from = first[head * first.size() / heads];
    for (std::size_t row = from; row < from + count; ++row)
      for (std::size_t c = 0; c < columns; ++c)
        made.push_back(row < time ? x[(head * time + row) * columns + c] : 7.f);  // what fills up
  }
  return made;
}

/// Keys or values as a cache holds them when sequence b has come to its first ends[b] rows: the rest is zero, or, in a
/// ring, what was there before.
inline Floats cache_of(const Floats& x, std::size_t heads, std::size_t time, std::size_t columns,
                       const std::vector<std::size_t>& ends, std::size_t rows, bool ring) {
  Floats made(heads * rows * columns, 0.f);
  for (std::size_t head = 0; head < heads; ++head)
    for (std::size_t row = 0; row < std::min(time, ends[head * ends.size() / heads]); ++row)
      for (std::size_t c = 0; c < columns; ++c)
        made[(head * rows + (ring ? row % rows : row)) * columns + c] = x[(head * time + row) * columns + c];
  return made;
}

/// What attention_at makes of `count` queries of each sequence.
inline Floats part(const Whole& w, const std::vector<std::size_t>& first, std::size_t count, std::size_t rows,
                   bool ring, const Compute& compute) {
  const Sizes& n = w.n;
  Graph graph("part");
  const Value query = graph.input("q", {DType::f32, w.shape(n.heads, count, n.each)}),
              keys = graph.input("k", {DType::f32, w.shape(n.groups, rows, n.each)}),
              values = graph.input("v", {DType::f32, w.shape(n.groups, rows, n.wide)}),
              at = graph.input("at", {DType::i32, Shape{} << n.batch});
  graph.output("y", attention_at(query, keys, values, at, 0.3f, w.looks.window, ring));
  std::vector<std::size_t> ends;
  std::vector<std::int32_t> position;
  for (const std::size_t f : first) ends.push_back(f + count), position.push_back(static_cast<std::int32_t>(f));
  return compute(graph, {{"q", bytes_of(rows_of(w.q, n.batch * n.heads, n.time, n.each, first, count))},
                         {"k", bytes_of(cache_of(w.k, n.batch * n.groups, n.time, n.each, ends, rows, ring))},
                         {"v", bytes_of(cache_of(w.v, n.batch * n.groups, n.time, n.wide, ends, rows, ring))},
                         {"at", bytes_of(position)}});
}

/// Of a part, rows that are a sequence's own have the bits of the whole's.
inline void check_part(const Whole& w, const Floats& whole, const std::vector<std::size_t>& first, std::size_t count,
                       std::size_t rows, bool ring, const Compute& compute) {
  const Sizes& n = w.n;
  const Floats got = part(w, first, count, rows, ring, compute);
  REQUIRE(got.size() == n.batch * n.heads * count * n.wide);
  for (std::size_t head = 0; head < n.batch * n.heads; ++head) {
    const std::size_t from = first[head / n.heads];
    const std::size_t own = from < n.time ? std::min(count, n.time - from) : 0;
    CAPTURE(n.heads, n.groups, n.each, n.wide, w.looks.window, ring, rows, head, from, count);
    REQUIRE(std::memcmp(&got[head * count * n.wide], &whole[(head * n.time + from) * n.wide],
                        own * n.wide * sizeof(float)) == 0);
  }
}

/// Where the sequences of a batch stand when the first is at `at`.
inline std::vector<std::size_t> places(std::size_t batch, std::size_t at, std::size_t time) {
  std::vector<std::size_t> made;
  for (std::size_t b = 0; b < batch; ++b) made.push_back((at + 37 * b) % time);
  return made;
}

/// Every chunk of every size from the first row to the last, at every `step`th place.
inline void check_parts(const Whole& w, std::size_t rows, bool ring, const Compute& compute, std::size_t step,
                        const std::vector<std::size_t>& counts) {
  const Floats whole = w.attention(compute);
  for (const std::size_t count : counts)
    for (std::size_t at = 0; at < w.n.time; at += step)
      check_part(w, whole, places(w.n.batch, at, w.n.time), count, rows, ring, compute);
}

}  // namespace vitrine::cached
