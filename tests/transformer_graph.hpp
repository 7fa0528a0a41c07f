#pragma once
// A decoder-only Transformer of as many blocks as wanted, made at run time: a long graph of modules numbered alike, for
// tests of what compiling one costs and of how one is drawn.
#include "vitrine/ops.hpp"

namespace vitrine {

/// Pre-norm blocks on tokens i32[batch 2, time 8] of a vocabulary of 11, with a causal mask; the mean loss of the next
/// token is output "loss". Modules: embedding, positions, blocks.<i>.{attention_norm, attention, mlp_norm, mlp}, norm,
/// head. `odd` numbers a block whose mlp has a relu instead of a gelu.
class TransformerGraph {
 public:
  static Graph of(int blocks, int odd = -1) {
    TransformerGraph made;
    made.build(blocks, odd);
    return std::move(made.graph_);
  }

 private:
  static constexpr Axis batch_{"batch", 2}, time_{"time", 8}, key_{"key", 8}, width_{"width", 16}, mixed_{"mixed", 16},
      head_{"head", 2}, each_{"each", 8}, inner_{"inner", 32}, token_{"token", 11};

  Value weight(const std::string& module, const std::string& name, Shape shape) {
    return graph_.state(module + "." + name, {DType::f32, shape}, {Init::Rule::normal, 0.02f});
  }
  Value linear(const std::string& module, const std::string& name, Value x, Axis from, Axis to) {
    const Value w = weight(module, name + ".weight", Shape{} << from << to);
    return matmul(x, w) + weight(module, name + ".bias", Shape{} << to);
  }
  Value norm(const std::string& module, Value x) {
    const Graph::Scope scope(graph_, module, Phase::forward);
    const Value gain = weight(module, "gain", shape_of<width_>), bias = weight(module, "bias", shape_of<width_>);
    return layer_norm(x) * gain + bias;
  }
  /// [batch, time, width] as [batch, head, time, each]
  Value heads(Value x) {
    const Value apart = emit(Reshape{shape_of<batch_, time_, head_, each_>}, {x});
    return emit(Permute{{0, 2, 1, 3}}, {apart});
  }
  Value attention(const std::string& module, Value x) {
    const Graph::Scope scope(graph_, module, Phase::forward);
    const Value query = heads(linear(module, "query", x, width_, mixed_)),
                key = heads(linear(module, "key", x, width_, mixed_)),
                value = heads(linear(module, "value", x, width_, mixed_));
    const auto at_key = [](Value v) { return emit(Rename{shape_of<batch_, head_, key_, each_>}, {v}); };
    const Value scores = matmul(query, transpose(at_key(key))) * 0.353553391f;
    const Value row = emit(Reshape{shape_of<time_, 1>}, {emit(graph_, Iota{time_})}),
                past = greater_equal(row, emit(graph_, Iota{key_}));
    const Value weights = softmax(where(past, scores, -1e30f));
    const Value mixed = emit(Permute{{0, 2, 1, 3}}, {matmul(weights, at_key(value))});
    return linear(module, "output", emit(Reshape{shape_of<batch_, time_, mixed_>}, {mixed}), mixed_, width_);
  }
  Value mlp(const std::string& module, Value x, bool odd) {
    const Graph::Scope scope(graph_, module, Phase::forward);
    const Value wide = linear(module, "up", x, width_, inner_);
    return linear(module, "down", odd ? relu(wide) : gelu(wide), inner_, width_);
  }
  Value picked(const std::string& module, Value index, Axis rows) {
    const Graph::Scope scope(graph_, module, Phase::forward);
    return emit(Gather{0}, {weight(module, "table", Shape{} << rows << width_), index});
  }

  void build(int blocks, int odd) {
    const Type indices{DType::i32, shape_of<batch_, time_>};
    const Value tokens = graph_.input("tokens", indices), target = graph_.input("target", indices);
    Value x = picked("embedding", tokens, token_) + picked("positions", emit(graph_, Iota{time_}), Axis{"place", 8});
    for (int i = 0; i < blocks; ++i) {
      const std::string module = "blocks." + std::to_string(i);
      const Graph::Scope scope(graph_, module, Phase::forward);
      x = x + attention(module + ".attention", norm(module + ".attention_norm", x));
      x = x + mlp(module + ".mlp", norm(module + ".mlp_norm", x), i == odd);
    }
    x = norm("norm", x);
    {
      const Graph::Scope scope(graph_, "head", Phase::forward);
      x = linear("head", "out", x, width_, token_);
    }
    graph_.output("loss", cross_entropy(x, target));
  }

  Graph graph_{"transformer"};
};

}  // namespace vitrine
