// What a product is scaled and shifted by, channel for channel, goes into its weight and one bias, if both come from
// parameters alone: in use, a convolution and the batch norm behind it cost what the convolution does.
//   (conv2d(x, w) + b - mean) * scale + shift   =>   conv2d(x, w * scale) + ((b - mean) * scale + shift)
//   and so for matmul(x, w), and for division by a deviation
// Nothing is stored but the product's own result, so it must have no other reader. While a model trains, scale comes
// from the batch and the rule does not hold.
#include <algorithm>
#include <ranges>
#include <set>

#include "compiler/passes.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/conv2d.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/neg.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/sub.hpp"

namespace vitrine {

namespace {

constexpr const char* rule = "(product(x, w) + b) * scale => product(x, w * scale) + b * scale";

/// An op of the chain behind a product, and what it adds, subtracts, multiplies or divides by.
struct Link {
  Value op, by;
};

/// What a chain multiplies a product by and adds to it, over the product's last axis; empty where there is none.
struct Affine {
  Value scale{}, shift{};

  void take(const Link& link) {
    const Value by = link.by;
    if (as<Add>(link.op))
      shift = shift ? shift + by : by;
    else if (as<Sub>(link.op))
      shift = shift ? shift - by : -by;
    else if (as<Mul>(link.op))
      scale = scale ? scale * by : by, shift = shift ? shift * by : shift;
    else
      scale = scale ? scale / by : 1.f / by, shift = shift ? shift / by : shift;
  }
};

bool scales(Value v) { return as<Mul>(v) || as<Div>(v); }

class Folding {
 public:
  Folding(Graph& graph, Rewriter& rewriter) : graph_(graph), rewriter_(rewriter) {
    const auto order = graph.topological();
    for (Value v : order)
      if (v.node().leaf == Leaf::input ||
          std::ranges::any_of(v.operands(), [&](Value o) { return from_data_.contains(o.id); }))
        from_data_.insert(v.id);
    // What was folded before is still there, unread, and must not count as a reader.
    for (Value v : order | std::views::reverse)
      if (is_result(v) || std::ranges::any_of(graph.users(v), [&](Value user) { return live_.contains(user.id); }))
        live_.insert(v.id);
  }

  void visit(Value product) {
    if (!live_.contains(product.id)) return;
    if (!from_data_.contains(product.id) || from_data_.contains(product.operands()[1].id)) return;
    const std::vector<Link> chain = chain_behind(product);
    if (std::ranges::none_of(chain, scales, &Link::op)) return;
    const Value x = product.operands()[0], w = product.operands()[1], end = chain.back().op;
    if (w.type().shape.elements() > product.type().shape.elements())
      return rewriter_.refuse(
          end, rule,
          [&] {
            return "the weight's " + std::to_string(w.type().shape.elements()) +
                   " numbers would be scaled in every run, to save it for the result's " +
                   std::to_string(product.type().shape.elements());
          },
          "a larger batch");
    Affine affine;
    for (const Link& link : chain) affine.take(link);
    Value made = graph_.add(*product.op(), {x, renamed(w * affine.scale, w.type().shape)});
    if (affine.shift) made = made + affine.shift;
    rewriter_.replace(end, renamed(made, end.type().shape), rule);
  }

 private:
  /// The ops that the rule takes in, as far as each is the only reader of the one before.
  std::vector<Link> chain_behind(Value product) {
    std::vector<Link> chain;
    for (Value end = product;; end = chain.back().op) {
      auto users = graph_.users(end);
      std::erase_if(users, [&](Value user) { return !live_.contains(user.id); });
      const auto next = std::ranges::find_if(users, [&](Value user) { return bool(operand(user, end)); });
      if (next == users.end()) return chain;
      if (users.size() > 1 || is_result(end)) {
        if (scales(*next))
          rewriter_.refuse(
              *next, rule, [&] { return "%" + std::to_string(end.id) + " is read elsewhere too, as it is"; },
              "nothing: both are computed from one product");
        return chain;
      }
      chain.push_back({*next, operand(*next, end)});
    }
  }

  /// What `user` adds to `chain`, subtracts from it, or multiplies or divides it by, if that comes from parameters and
  /// varies along the last axis only; else empty.
  Value operand(Value user, Value chain) const {
    const bool either = as<Add>(user) || as<Mul>(user), left = as<Sub>(user) || as<Div>(user);
    if (!either && !left) return {};
    const Value a = user.operands()[0], b = user.operands()[1];
    if (a == b) return {};
    const Value other = a == chain ? b : either ? a : Value{};
    if (!other || from_data_.contains(other.id)) return {};
    const Shape &shape = other.type().shape, &all = chain.type().shape;
    if (user.type().shape.elements() != all.elements() || shape.rank() > 1) return {};
    return shape.empty() || shape[0].size == all[-1].size || shape[0].size == 1 ? other : Value{};
  }

  Graph& graph_;
  Rewriter& rewriter_;
  std::set<std::uint32_t> from_data_{};  // depends on an input
  std::set<std::uint32_t> live_{};       // something that is handed out depends on it
};

/// Whether the last axis of the weight is the last of the result. (Weights in rows come from fold_transposes, later.)
bool scales_by_column(Value v) {
  const Matmul* const product = as<Matmul>(v);
  return as<Conv2d>(v) || (product && !product->transpose_right);
}

}  // namespace

void fold_batch_norm(Graph& graph, Rewriter& rewriter) {
  Folding folding(graph, rewriter);
  for (Value v : graph.topological())
    if (scales_by_column(v)) folding.visit(v);
}

}  // namespace vitrine
