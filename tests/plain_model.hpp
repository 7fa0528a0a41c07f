#pragma once
// A small language model, written in the ops that have kernels and in plain operations.
#include <limits>

#include "vitrine/attention_parts.hpp"
#include "vitrine/vitrine.hpp"

namespace vitrine::plain {

constexpr Axis batch{"batch", 2}, time_axis{"time", 6}, key{"key", 6}, width{"width", 8}, mixed{"mixed", 8},
    head{"head", 2}, each{"each", 4}, token{"token", 7};

inline Shape kept(Value x) { return x.type().shape.with(-1, 1); }
inline Value sum_of(Value x) { return emit(SumTo{kept(x)}, {x}); }
inline Value mean_of(Value x) { return emit(Mean{kept(x)}, {x}); }

/// The parts of a language model, with the ops that have kernels.
struct Ops {
  static Value norm(Value x) { return emit(RowNorm<true>{1e-5f}, {x}); }
  static Value scaled_norm(Value x) { return emit(RowNorm<false>{1e-5f}, {x}); }
  static Value shares(Value x) { return emit(Softmax{}, {x}); }
  static Value attend(Value q, Value k, Value v) { return emit(Attention{0.5f, true, 0}, {q, k, v}); }
  static Value loss(Value x, Value label) { return emit(Mean{Shape{}}, {emit(CrossEntropy{}, {x, label})}); }
};
/// The same in operations that every framework has.
struct Plain {
  static Value norm(Value x) {
    const Value away = x - mean_of(x);
    return away / sqrt(mean_of(away * away) + 1e-5f);
  }
  static Value scaled_norm(Value x) { return x * (1.f / sqrt(sum_of(x * x) / 8.f + 1e-5f)); }
  static Value shares(Value x) {
    const Value e = exp(x - emit(MaxTo{kept(x)}, {x}));
    return e / sum_of(e);
  }
  static Value attend(Value q, Value k, Value v) {
    const Value scores = matmul(q * 0.5f, transpose(k));
    const Value mask = looks_mask(*q.graph, time_axis, key, causal);
    return matmul(shares(where(mask, scores, -std::numeric_limits<float>::infinity())), v);
  }
  static Value loss(Value x, Value label) {
    const Value top = emit(MaxTo{kept(x)}, {x});
    const Value all = top + log(sum_of(exp(x - top)));
    const Value own = sum_of(x * emit(OneHot{token}, {label}));
    return emit(Mean{Shape{}}, {all - own});
  }
};
/// ... with the loss as most write it, which asks nothing of a row whose label is no class.
struct Marked : Plain {
  static Value loss(Value x, Value label) {
    const Value logarithms = log(sum_of(exp(x - emit(MaxTo{kept(x)}, {x}))));
    const Value log_shares = x - emit(MaxTo{kept(x)}, {x}) - logarithms;
    return emit(Mean{Shape{}}, {-sum_of(log_shares * emit(OneHot{x.type().shape[-1]}, {label}))});
  }
};

template <class Parts> Graph model() {
  Graph graph("model");
  const Value text = graph.input("token", i32<batch, time_axis>), next = graph.input("next", i32<batch, time_axis>);
  const auto weight = [&](const char* name, const Shape& shape) {
    return graph.state(name, {DType::f32, shape}, {Init::Rule::normal, 0.3f});
  };
  const auto heads = [&](Value x, const Axis& place) {
    const Value apart = emit(Reshape{Shape{} << batch << place << head << each}, {x});
    return emit(Permute{{0, 2, 1, 3}}, {apart});
  };
  const auto projected = [&](Value x, const char* name) { return matmul(x, weight(name, shape_of<width, mixed>)); };
  Value x = gather(weight("table", shape_of<token, width>), text, 0);
  const Value h = Parts::norm(x) * weight("gain", shape_of<width>);
  const Value q = heads(projected(h, "query"), time_axis), k = heads(projected(h, "keys"), key),
              v = heads(projected(h, "values"), key);
  const Value read = emit(Permute{{0, 2, 1, 3}}, {Parts::attend(q, k, v)});
  x = x + matmul(emit(Reshape{shape_of<batch, time_axis, mixed>}, {read}), weight("merge", shape_of<mixed, width>));
  x = x * Parts::shares(matmul(Parts::scaled_norm(x), weight("gate", shape_of<width, width>.with(0, 8))));
  const Value scores = matmul(x, weight("scores", shape_of<width, token>));
  graph.output("loss", Parts::loss(scores, next));
  return graph;
}

}  // namespace vitrine::plain
