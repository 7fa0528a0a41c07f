// recognize_cross_entropy and recognize_attention: each in several ways to write it, for small shapes, within what
// rounding allows; and forms that are something else.
#include <random>

#include "compiler/rounding.hpp"
#include "tests/rule_proof.hpp"
#include "vitrine/attention_parts.hpp"

namespace vitrine {

namespace {

/// Whole numbers below `kinds`, and floats: ordinary, of large mean, with ties, large.
Values<float> leaves_for(const Graph& graph, int turn, std::size_t kinds) {
  std::mt19937 random(static_cast<unsigned>(turn));
  std::normal_distribution<float> normal;
  Values<float> made;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input) continue;
    auto& bytes = made[v.id];
    bytes.resize(v.type().bytes());
    for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
      const auto whole = static_cast<std::int32_t>(random() % kinds);
      const float x = turn == 0   ? normal(random)
                      : turn == 1 ? normal(random) + 1000.f
                      : turn == 2 ? static_cast<float>(random() % 2)
                                  : normal(random) * 100.f;
      std::memcpy(&bytes[i * 4], v.type().dtype == DType::i32 ? static_cast<const void*>(&whole) : &x, 4);
    }
  }
  return made;
}

/// The rule fires, and both sides are near what the definition is in double.
void fires(Rule& rule, const Graph& before, std::size_t kinds = 2, int turns = 4) {
  const Graph after = rule.fired(before);
  for (int turn = 0; turn < turns; ++turn) {
    const Values<float> leaves = leaves_for(before, turn, kinds);
    const auto allowed = roundings(before, widened(before, leaves));
    const Value y = before.outputs()[0].second;
    const Deviation off = deviation(y.type(), allowed.at(y.id), results_of(after, leaves)[0]);
    if (!off.what.empty()) FAIL(off.what << " in turn " << turn << ":\n" << print(before) << "=>\n" << print(after));
  }
}

/// One of the ways to write the loss of rows [..., C] and labels [...].
using Loss = Value (*)(Value x, Value label);

Shape kept(Value x) { return x.type().shape.with(-1, 1); }
Value sum_of(Value x) { return emit(SumTo{kept(x)}, {x}); }
Value marks(Value x, Value label) { return emit(OneHot{x.type().shape[-1]}, {label}); }
Value log_shares(Value x) { return emit(LogSoftmax{}, {x}); }
Value whole(Value beside, std::size_t n) {
  const auto number = static_cast<std::int32_t>(n);
  const auto* bytes = reinterpret_cast<const std::byte*>(&number);
  return beside.graph->constant({Type{DType::i32, {}}, {bytes, bytes + sizeof number}});
}
Value is_label(Value x, Value label) {
  return equal(emit(*x.graph, Iota{x.type().shape[-1]}), emit(Reshape{kept(x)}, {label}));
}

constexpr std::array<Loss, 8> losses{
    [](Value x, Value c) { return -sum_of(marks(x, c) * log_shares(x)); },
    [](Value x, Value c) { return sum_of(-log_shares(x) * marks(x, c)) * 0.5f; },
    [](Value x, Value c) { return emit(Mean{Shape{}}, {where(is_label(x, c), log_shares(x), 0.f)}); },
    [](Value x, Value c) { return emit(SumTo{Shape{}}, {log_shares(x) * emit(Cast{DType::f32}, {is_label(x, c)})}); },
    [](Value x, Value c) {
      const Value top = emit(MaxTo{kept(x)}, {x});
      return top + log(sum_of(exp(x - top))) - sum_of(x * marks(x, c));
    },
    // Labels that count from 1.
    [](Value x, Value c) { return -sum_of(marks(x, c - whole(x, 1)) * log_shares(x)); },
    // Picked from a table of marks, one for each class.
    [](Value x, Value c) {
      const Axis classes = x.type().shape[-1];
      const Value each = emit(*x.graph, Iota{classes});
      const Value table = emit(Cast{DType::f32}, {equal(each, emit(Reshape{Shape{} << classes << 1}, {each}))});
      return sum_of(log_shares(x) * gather(table, c, 0));
    },
    // Picked from all rows put together.
    [](Value x, Value c) {
      const std::size_t classes = x.type().shape[-1].size, rows = x.type().shape.elements() / classes;
      const Value all = emit(Reshape{Shape{} << rows * classes}, {log_shares(x)});
      Value place = c;
      if (rows > 1)
        place = place + emit(Reshape{c.type().shape}, {emit(*x.graph, Iota{Axis(rows)})}) * whole(x, classes);
      return -gather(all, place, 0);
    }};

Graph loss_graph(const Shape& shape, Loss loss) {
  Shape rows;
  for (int i = 0; i + 1 < shape.rank(); ++i) rows << shape[i];
  return graph_of({{DType::f32, shape}, {DType::i32, rows}},
                  [&](Graph&, auto in) { return std::vector<Value>{loss(in[0], in[1])}; });
}

void cross_entropy_rule(Rule& rule) {
  for (const Loss loss : losses)
    for (std::size_t C = 2; C <= 5; ++C)
      for (const Shape& shape : {Shape{} << C, Shape{} << 3 << C, Shape{} << C << C, Shape{} << 2 << 1 << C})
        fires(rule, loss_graph(shape, loss), C);
  // Smoothed; of another row; -inf where a share is rounded to 0; the maximum
  // forgotten.
  for (const Loss loss : {Loss([](Value x, Value c) { return -sum_of((marks(x, c) * 0.9f + 0.025f) * log_shares(x)); }),
                          Loss([](Value x, Value c) { return -sum_of(marks(x, c) * emit(Flip{0}, {log_shares(x)})); }),
                          Loss([](Value x, Value c) { return -sum_of(marks(x, c) * log(emit(Softmax{}, {x}))); }),
                          Loss([](Value x, Value c) { return log(sum_of(exp(x))) - sum_of(x * marks(x, c)); })})
    for (const Shape& shape : {shape_of<3, 4>, shape_of<2, 2>, shape_of<2, 1, 3>}) rule.stays(loss_graph(shape, loss));
}

/// One of the ways to make scores of queries and keys.
using Scores = Value (*)(Value q, Value k);
/// ... and to mask them.
using Masked = Value (*)(Value scores, Looks);

Value product(Value q, Value k) { return matmul(q, transpose(k)); }
constexpr std::array<Scores, 5> every_scores{[](Value q, Value k) { return product(q, k); },
                                             [](Value q, Value k) { return product(q, k) / 3.f; },
                                             [](Value q, Value k) { return product(q * 0.3f, k); },
                                             [](Value q, Value k) { return 0.5f * product(q, -k) * -0.6f; },
                                             [](Value q, Value k) {
                                               return transpose(emit(Matmul{false, true}, {k, q * 1.5f})) / 2.f;
                                             }};
Value mask_of(Value scores, Looks looks) {
  const Shape& shape = scores.type().shape;
  return looks_mask(*scores.graph, shape[-2], shape[-1], looks);
}
constexpr float hidden = -std::numeric_limits<float>::infinity();
constexpr std::array<Masked, 2> every_mask{
    [](Value scores, Looks looks) { return where_looked_at(mask_of(scores, looks), scores, hidden); },
    [](Value scores, Looks looks) {
      const Value mask = mask_of(scores, looks);
      if (!mask) return scores;
      const Value zeros = broadcast_to(number(*scores.graph, 0),
                                       Shape{} << scores.type().shape[-2].size << scores.type().shape[-1].size);
      return where(mask, zeros, hidden) + scores;
    }};

struct Sizes {
  std::size_t heads, time, keys, each, wide;
};
Graph attention_graph(const Sizes& n, auto&& scores_of) {
  const auto type = [&](std::size_t rows, std::size_t columns) {
    return Type{DType::f32, n.heads ? Shape{} << n.heads << rows << columns : Shape{} << rows << columns};
  };
  return graph_of({type(n.time, n.each), type(n.keys, n.each), type(n.keys, n.wide)}, [&](Graph&, auto in) {
    return std::vector<Value>{matmul(emit(Softmax{}, {scores_of(in[0], in[1])}), in[2])};
  });
}

void attention_rule(Rule& rule) {
  for (const Scores scores : every_scores)
    for (const Masked masked : every_mask)
      for (const Looks looks : {everywhere, causal, causal.within(1), causal.within(2), everywhere.within(2)})
        for (const Sizes& n : {Sizes{2, 4, 4, 3, 2}, {0, 3, 3, 2, 5}, {1, 5, 5, 1, 1}, {3, 1, 1, 2, 2}})
          fires(rule, attention_graph(n, [&](Value q, Value k) { return masked(scores(q, k), looks); }), 2, 3);
  for (const Sizes& n : {Sizes{2, 2, 5, 3, 2}, {2, 5, 2, 3, 2}})
    fires(rule, attention_graph(n, [&](Value q, Value k) { return product(q, k) * 0.25f; }));
  // A mask one key too far, one that masks what came before, one that only nearly masks, one on every other key; a
  // score that grows with its position, is capped, or scaled twice as much for one head.
  const auto positions = [](Value scores, int axis) {
    const Axis along = scores.type().shape[axis];
    return emit(Reshape{axis == -1 ? Shape{} << along : Shape{} << along << 1},
                {emit(Cast{DType::f32}, {emit(*scores.graph, Iota{along})})});
  };
  const auto stays = [&](auto&& of) {
    rule.stays(attention_graph({2, 4, 4, 3, 2}, [&](Value q, Value k) { return of(product(q, k)); }));
  };
  stays([&](Value s) { return where(greater_equal(positions(s, -2) + 1.f, positions(s, -1)), s, hidden); });
  stays([&](Value s) { return where(greater(positions(s, -2), positions(s, -1) - 0.f), s, hidden); });
  stays([&](Value s) { return where(greater_equal(positions(s, -1), positions(s, -2)), s, hidden); });
  stays([&](Value s) { return where(greater_equal(positions(s, -2), positions(s, -1)), s, -1e9f); });
  stays([&](Value s) {
    return where(greater_equal(positions(s, -2), positions(s, -1)), 0.f, where(greater(s, 1e30f), s, -1e9f)) + s;
  });
  stays([&](Value s) { return s + positions(s, -1); });
  stays([&](Value s) { return tanh(s); });
  stays([&](Value s) { return abs(s); });
  stays([&](Value s) {
    return s * (emit(Reshape{shape_of<2, 1, 1>}, {emit(Cast{DType::f32}, {emit(*s.graph, Iota{Axis(2)})})}) + 1.f);
  });
}

void divided_rule(Rule& rule) {
  using Divided = Value (*)(Value scores, Value v);
  const auto graph = [](Divided divided) {
    return graph_of({f32<2, 3, 4>, f32<2, 5, 4>, f32<2, 5, 2>},
                    [&](Graph&, auto in) { return std::vector<Value>{divided(product(in[0], in[1]), in[2])}; });
  };
  for (const Divided divided : {Divided([](Value s, Value v) {
                                  const Value e = exp(s - emit(MaxTo{kept(s)}, {s}));
                                  return matmul(e, v) / sum_of(e);
                                }),
                                Divided([](Value s, Value v) {
                                  const Value e = exp(-(emit(MaxTo{kept(s)}, {s}) - s)), sum = sum_of(e);
                                  return 1.f / where(greater(sum, 0.f), sum, 1.f) * matmul(e, v);
                                })})
    fires(rule, graph(divided));
  // The sum of other weights, weights that overflow, a product that is not only scaled.
  for (const Divided divided :
       {Divided([](Value s, Value v) {
          const Value e = exp(s - emit(MaxTo{kept(s)}, {s}));
          return matmul(e, v) / sum_of(exp(s));
        }),
        Divided([](Value s, Value v) { return matmul(exp(s), v) / sum_of(exp(s)); }), Divided([](Value s, Value v) {
          const Value e = exp(s - emit(MaxTo{kept(s)}, {s}));
          return maximum(matmul(e, v), sum_of(e));
        })})
    rule.stays(graph(divided));
}

constexpr std::array proofs{
    Proof{"recognize_cross_entropy", "-sum(one_hot(c) * log_softmax(x)) => cross_entropy(x, c)", cross_entropy_rule},
    Proof{"recognize_attention", "softmax(scale * q kT) v => attention(q, k, v)", attention_rule},
    Proof{"recognize_attention", "matmul(exp(x - max(x)), v) / sum(exp(x - max(x))) => matmul(softmax(x), v)",
          divided_rule}};

}  // namespace

std::span<const Proof> recognition_proofs() { return proofs; }

}  // namespace vitrine

using namespace vitrine;

TEST_CASE("cross entropy and attention are recognized in every way to write them, and nothing else is") {
  prove(recognition_proofs());
}
