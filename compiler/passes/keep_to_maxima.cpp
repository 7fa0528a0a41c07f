// Behind a max pool each window gives its gradient to one pixel, and what a convolution passes on of the images of
// zeros in between is made of the gradients and their places.
//   conv2d_input_gradient(max_pool2d_scatter(dy, place), w)    =>   pooled_conv2d_input_gradient(dy, place, w)
//   conv2d_weight_gradient(x, max_pool2d_scatter(dy, place))   =>   pooled_conv2d_weight_gradient(x, dy, place)
//   sum_to(max_pool2d_scatter(dy, place)) over all pixels      =>   pooled_sum(dy, place)
// Exact by definition: what stands at the right means what stands at the left. It takes all that reads the scattered
// images or nothing, for they would be stored anyway; and windows of 4 places or more, for of fewer products less is
// spared than looking for them costs.
#include <algorithm>
#include <ranges>
#include <set>

#include "compiler/passes.hpp"
#include "compiler/units.hpp"
#include "vitrine/ops/pooled_gradients.hpp"

namespace vitrine {

namespace {

constexpr const char* input_rule = "conv2d_input_gradient(scatter(dy), w) => pooled_conv2d_input_gradient(dy, w)";
constexpr const char* weight_rule = "conv2d_weight_gradient(x, scatter(dy)) => pooled_conv2d_weight_gradient(x, dy)";
constexpr const char* sum_rule = "sum_to(scatter(dy)) => pooled_sum(dy)";
constexpr std::int64_t fewest_places = 4;

class KeepingToMaxima {
 public:
  KeepingToMaxima(Graph& graph, Rewriter& rewriter) : graph_(graph), rewriter_(rewriter) {
    for (Value v : graph.topological() | std::views::reverse)
      if (is_result(v) || std::ranges::any_of(graph.users(v), [&](Value u) { return read_.contains(u.id); }))
        read_.insert(v.id);
  }

  void visit(Value scattered) {
    const auto& op = *as<MaxPool2dScatter>(scattered);
    std::vector<Value> users = graph_.users(scattered);
    std::erase_if(users, [&](Value u) { return !read_.contains(u.id); });
    if (std::ranges::none_of(users, is_gradient)) return;
    const auto refuse = [&](Wording reason) {
      rewriter_.refuse(scattered, input_rule, reason,
                       "nothing: the images are stored, and multiplied with their zeros");
    };
    if (op.stride != op.window || op.padding != Extent{0, 0})
      return refuse("its windows do not lie side by side: a pixel may have several gradients");
    if (op.window.rows * op.window.columns < fewest_places)
      return refuse("of its windows' pixels every second or third has a gradient");
    if (is_result(scattered)) return refuse("the images are an output or a state");
    for (Value user : users)
      if (!fits(user, scattered))
        return refuse([&] { return "%" + std::to_string(user.id) + " reads the images of zeros too"; });
    const Value dy = scattered.operands()[0], place = scattered.operands()[1];
    for (Value user : users) rewrite(user, op.window, dy, place);
  }

 private:
  static bool is_gradient(Value v) { return as<Conv2dInputGradient>(v) || as<Conv2dWeightGradient>(v); }
  static bool moves_by_one(const auto& convolution) {
    return convolution.stride == Extent{1, 1} && convolution.groups == 1;
  }
  static bool fits(Value user, Value scattered) {
    const auto operands = user.operands();
    if (const auto* o = as<Conv2dInputGradient>(user)) return moves_by_one(*o) && operands[1] != scattered;
    if (const auto* o = as<Conv2dWeightGradient>(user)) return moves_by_one(*o) && operands[0] != scattered;
    if (const auto* o = as<SumTo>(user)) return o->to == (Shape{} << scattered.type().shape[3]);
    return false;
  }

  void rewrite(Value user, Extent window, Value dy, Value place) {
    if (const auto* o = as<Conv2dInputGradient>(user))
      rewriter_.replace(user,
                        emit(PooledConv2dInputGradient{window, o->padding, o->to}, {dy, place, user.operands()[1]}),
                        input_rule);
    else if (const auto* w = as<Conv2dWeightGradient>(user))
      rewriter_.replace(user,
                        emit(PooledConv2dWeightGradient{window, w->padding, w->to}, {user.operands()[0], dy, place}),
                        weight_rule);
    else
      rewriter_.replace(user, emit(PooledSum{window, user.operands()[0].type().shape}, {dy, place}), sum_rule);
  }

  Graph& graph_;
  Rewriter& rewriter_;
  std::set<std::uint32_t> read_{};  // nodes that an output or a state depends on
};

}  // namespace

void keep_to_maxima(Graph& graph, Rewriter& rewriter) {
  KeepingToMaxima keeping(graph, rewriter);
  for (Value v : graph.topological())
    if (as<MaxPool2dScatter>(v)) keeping.visit(v);
}

}  // namespace vitrine
