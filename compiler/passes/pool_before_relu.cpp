// The maximum of a window commutes with relu, which then has as many elements less as the window has places; and on the
// way back the mask is read where the windows are and not where the pixels are.
//   max_pool2d(relu(x))   =>   relu(max_pool2d(x))
//   where(greater(r, 0), max_pool2d_scatter(dy, max_pool2d_place(r)), 0) with r = relu(x)
//                         =>   max_pool2d_scatter(where(greater(y, 0), dy, 0), max_pool2d_place(x)) with y as above
// Exact: where the largest x of a window is above 0, it and its place are those of relu(x); elsewhere, and where it is
// NaN, both sides give back 0. It takes all that reads relu(x) or nothing, for a relu kept beside would cost more.
#include <algorithm>
#include <ranges>
#include <set>

#include "compiler/is_number.hpp"
#include "compiler/passes.hpp"
#include "compiler/units.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/max_pool2d.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/ops/where.hpp"

namespace vitrine {

namespace {

constexpr const char* rule = "max_pool2d(relu(x)) => relu(max_pool2d(x))";
constexpr const char* rule_back =
    "where(relu(x) > 0, scatter(dy), 0) => scatter(where(relu(max_pool2d(x)) > 0, dy, 0))";

/// where(greater(relu, 0), scatter, 0) as it is read: the gradient's way through both.
struct WayBack {
  Value masked, scatter;
};

class Commuting {
 public:
  Commuting(Graph& graph, Rewriter& rewriter) : graph_(graph), rewriter_(rewriter) {
    for (Value v : graph.topological() | std::views::reverse)
      if (is_result(v) || std::ranges::any_of(graph.users(v), [&](Value u) { return read_.contains(u.id); }))
        read_.insert(v.id);
  }

  void visit(Value relu) {
    relu_ = relu, pool_ = {}, places_.clear(), back_.clear();
    if (!read_.contains(relu.id)) return;
    const std::vector<Value> users = readers(relu);
    if (std::ranges::none_of(users, [](Value u) { return as<MaxPool2d>(u) != nullptr; })) return;
    if (is_result(relu)) return refuse("relu's result is an output or a state");
    for (Value user : users)
      if (!fits(user)) return;
    if (!pool_) return;
    for (Value place : places_)
      if (!accompanies(place, pool_))
        return refuse([&] { return "%" + std::to_string(place.id) + " has places of other windows"; });
    rewrite();
  }

 private:
  /// Users that something in the end reads: what is left of an earlier rewrite does not count.
  std::vector<Value> readers(Value v) const {
    std::vector<Value> found = graph_.users(v);
    std::erase_if(found, [&](Value u) { return !read_.contains(u.id); });
    return found;
  }

  bool fits(Value user) {
    if (as<MaxPool2d>(user)) {
      if (pool_ && pool_ != user) return refuse("two pools with other windows read it"), false;
      pool_ = user;
      return true;
    }
    if (as<MaxPool2dPlace>(user)) {
      for (Value scatter : readers(user))
        if (!gives_back(scatter, user) || !only_behind_mask(scatter))
          return refuse([&] {
                   return "%" + std::to_string(scatter.id) + " needs the places in relu(x) for something else";
                 }),
                 false;
      places_.push_back(user);
      return !is_result(user);
    }
    if (as<Greater>(user) && user.operands()[0] == relu_ && is_number(user.operands()[1], 0)) {
      for (Value where : readers(user))
        if (!is_way_back(where, user))
          return refuse([&] { return "%" + std::to_string(where.id) + " masks something else"; }), false;
      return !is_result(user);
    }
    return refuse([&] {
             return "%" + std::to_string(user.id) + " = " + std::string(user.op()->name()) + " reads relu(x) too";
           }),
           false;
  }

  /// Whether it scatters along these places, by the windows that they were found in.
  static bool gives_back(Value v, Value place) {
    const auto* scatter = as<MaxPool2dScatter>(v);
    const auto* found = as<MaxPool2dPlace>(place);
    return scatter && v.operands()[1] == place && scatter->window == found->window &&
           scatter->stride == found->stride && scatter->padding == found->padding;
  }
  bool only_behind_mask(Value scatter) const {
    const auto users = readers(scatter);
    return !is_result(scatter) && std::ranges::all_of(users, [&](Value where) {
      return as<Where>(where) && is_mask(where.operands()[0]) && where.operands()[1] == scatter &&
             is_number(where.operands()[2], 0);
    });
  }
  bool is_mask(Value v) const { return as<Greater>(v) && v.operands()[0] == relu_ && is_number(v.operands()[1], 0); }
  bool is_way_back(Value where, Value mask) {
    if (!as<Where>(where) || where.operands()[0] != mask || !is_number(where.operands()[2], 0)) return false;
    const Value scatter = where.operands()[1];
    if (!as<MaxPool2dScatter>(scatter)) return false;
    const Value place = scatter.operands()[1];
    if (!as<MaxPool2dPlace>(place) || place.operands()[0] != relu_) return false;
    back_.push_back({where, scatter});
    return true;
  }

  void rewrite() {
    const Value x = relu_.operands()[0];
    const Value y = emit(Relu{}, {emit(*pool_.op(), {x})});
    rewriter_.replace(pool_, y, rule);
    for (const auto& [masked, scatter] : back_) {
      const Value place = emit(*scatter.operands()[1].op(), {x});
      const Value dy = scatter.operands()[0];
      const Value mask = emit(Greater{}, {y, masked.operands()[2]});
      const Value kept = emit(Where{}, {mask, dy, masked.operands()[2]});
      rewriter_.replace(masked, emit(*scatter.op(), {kept, place}), rule_back);
    }
  }

  void refuse(Wording reason, std::source_location at = std::source_location::current()) {
    rewriter_.refuse(relu_, rule, reason, "nothing: relu(x) is needed whole, and stays", at);
  }

  Graph& graph_;
  Rewriter& rewriter_;
  std::set<std::uint32_t> read_{};  // nodes that an output or a state depends on
  Value relu_{}, pool_{};
  std::vector<Value> places_{};
  std::vector<WayBack> back_{};
};

}  // namespace

void pool_before_relu(Graph& graph, Rewriter& rewriter) {
  Commuting commuting(graph, rewriter);
  for (Value v : graph.topological())
    if (as<Relu>(v)) commuting.visit(v);
}

}  // namespace vitrine
