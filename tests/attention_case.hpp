#pragma once
// Attention as its ops compute it and as primitives do, side by side in one graph.
#include <cmath>
#include <random>

#include "compiler/gradients.hpp"
#include "compiler/reference.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

struct AttentionCase {
  Shape query, key, value;
  Looks looks{};
  float scale = 0.5f;
};

/// Masks, heads in groups, axes of batches, and sizes of 1, 0 and beyond one tile of a kernel.
inline std::vector<AttentionCase> attention_cases() {
  constexpr Shape heads = shape_of<4, 5, 3>, wide = shape_of<4, 5, 2>;
  std::vector<AttentionCase> made;
  for (const Looks looks : {everywhere, causal, everywhere.within(2), causal.within(2), causal.within(1)})
    made.push_back({heads, heads, wide, looks});
  for (const Looks looks : {everywhere, causal, causal.within(3)}) {
    made.push_back({heads, shape_of<2, 5, 3>, shape_of<2, 5, 2>, looks});
    made.push_back({heads, shape_of<1, 5, 3>, shape_of<1, 5, 2>, looks});
    made.push_back({shape_of<2, 4, 5, 3>, shape_of<2, 2, 5, 3>, shape_of<2, 2, 5, 2>, looks});
    made.push_back({shape_of<2, 3, 2, 4, 3>, shape_of<2, 3, 2, 4, 3>, shape_of<2, 3, 2, 4, 3>, looks});
    made.push_back({shape_of<1, 1, 3>, shape_of<1, 1, 3>, shape_of<1, 1, 2>, looks});
    made.push_back({shape_of<2, 4, 1>, shape_of<1, 4, 1>, shape_of<1, 4, 1>, looks});
    made.push_back({shape_of<2, 70, 3>, shape_of<1, 70, 3>, shape_of<1, 70, 5>, looks});
    for (const AttentionCase& empty : {AttentionCase{shape_of<0, 2, 4, 3>, shape_of<0, 1, 4, 3>, shape_of<0, 1, 4, 3>},
                                       AttentionCase{shape_of<0, 4, 3>, shape_of<2, 4, 3>, shape_of<2, 4, 2>},
                                       AttentionCase{shape_of<2, 0, 3>, shape_of<1, 0, 3>, shape_of<1, 0, 2>},
                                       AttentionCase{shape_of<2, 4, 0>, shape_of<2, 4, 0>, shape_of<2, 4, 2>},
                                       AttentionCase{shape_of<2, 4, 3>, shape_of<2, 4, 3>, shape_of<2, 4, 0>}})
      made.push_back({empty.query, empty.key, empty.value, looks});
  }
  // Other numbers of keys than of queries, and queries that look at none.
  made.push_back({shape_of<2, 3, 4>, shape_of<2, 7, 4>, shape_of<2, 7, 2>});
  made.push_back({shape_of<2, 9, 4>, shape_of<2, 3, 4>, shape_of<2, 3, 2>, everywhere.within(3)});
  made.push_back({shape_of<2, 3, 4>, shape_of<2, 0, 4>, shape_of<2, 0, 2>});
  made.push_back({shape_of<2, 150, 4>, shape_of<2, 90, 4>, shape_of<2, 90, 2>, everywhere.within(20)});
  return made;
}

/// Outputs "out", "logsumexp", "dq", "dk", "dv" of a loss of both, from inputs q, k, v, dout and dlogsumexp. The
/// derivative of the logsumexp is left out where `with_logsumexp` is not set.
inline Graph attention_graph(const AttentionCase& c, bool primitives, bool with_logsumexp = true) {
  Graph graph(primitives ? "primitives" : "attention");
  const Value q = graph.input("q", {DType::f32, c.query}), k = graph.input("k", {DType::f32, c.key}),
              v = graph.input("v", {DType::f32, c.value});
  AttentionFromPrimitives made{};
  if (primitives)
    made = attention_from_primitives(q, k, v, c.looks, c.scale);
  else
    made = {emit(Attention{c.scale, c.looks.causal, c.looks.window}, {q, k, v}),
            emit(AttentionLogsumexp{c.scale, c.looks.causal, c.looks.window}, {q, k, v})};
  Value loss = sum(made.out * graph.input("dout", made.out.type()));
  if (with_logsumexp) {
    // A row without keys has a logsumexp of -infinity and no gradient.
    const Value l = made.logsumexp, seen = where(greater(l, -1e30f), l, 0.f);
    loss = loss + sum(seen * graph.input("dlogsumexp", l.type()));
  }
  const auto d = gradients(loss, std::array{q, k, v});
  graph.output("out", made.out);
  graph.output("logsumexp", made.logsumexp);
  graph.output("dq", d[0]);
  graph.output("dk", d[1]);
  graph.output("dv", d[2]);
  return graph;
}

/// Random numbers for the inputs of a graph, the same for inputs of one name.
template <class Real> Values<Real> attention_leaves(const Graph& graph, double size = 1) {
  Values<Real> made;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input) continue;
    std::mt19937 random(static_cast<unsigned>(v.node().name[1] * 256 + v.node().name[0]));
    auto& bytes = made[v.id];
    bytes.resize(v.type().shape.elements() * sizeof(Real));
    for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
      const auto x = static_cast<float>(size * (static_cast<double>(random() % 4001) - 2000) / 1000);
      reinterpret_cast<Real*>(bytes.data())[i] = static_cast<Real>(x);
    }
  }
  return made;
}

}  // namespace vitrine
