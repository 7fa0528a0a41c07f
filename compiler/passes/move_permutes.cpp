// Elementwise work may be done in any order of the axes. Where it stands between permutes, it is done in the order that
// leaves fewer of them.
//   permute(f(permute(x)))            =>   f(x)         where the second permute undoes the first
// A region of elementwise nodes of one shape is turned only if more permutes go than come, and so the pass comes to
// rest: one goes for each operand that is permuted to the region's order (and read there only) and for each reader that
// permutes back; one comes for every other operand and every node with another reader.
#include <algorithm>
#include <ranges>
#include <set>

#include "compiler/axis_order.hpp"
#include "compiler/passes.hpp"
#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/permute.hpp"

namespace vitrine {

namespace {

constexpr const char* rule = "f(permute(x)) => permute(f(x))";

/// The ops that outputs and updates depend on: a chain that is no longer read is not worth turning.
class Live {
 public:
  explicit Live(const Graph& graph) : graph_(graph) {
    for (Value v : graph.topological() | std::views::reverse)
      if (v.op() && is_live(v)) nodes_.insert(v.id);
  }
  bool contains(Value v) const { return nodes_.contains(v.id); }

  /// After a rewrite: what was made for it lives as far as it is read, and so does what it reads; what only the
  /// replaced nodes read dies with them. Both lists have operands before users.
  void follow(std::vector<Value> made, std::vector<Value> replaced) {
    while (!made.empty()) {
      const Value v = made.back();
      made.pop_back();
      if (!v.op() || !is_live(v) || !nodes_.insert(v.id).second) continue;
      for (Value operand : v.operands()) made.push_back(operand);
    }
    while (!replaced.empty()) {
      const Value v = replaced.back();
      replaced.pop_back();
      if (!v.op() || is_live(v) || nodes_.erase(v.id) == 0) continue;
      for (Value operand : v.operands()) replaced.push_back(operand);
    }
  }

 private:
  bool is_live(Value v) const {
    return is_result(v) || std::ranges::any_of(graph_.users(v), [&](Value user) { return contains(user); });
  }

  const Graph& graph_;
  std::set<std::uint32_t> nodes_{};
};

class Turn {
 public:
  Turn(Graph& graph, Value permute, const Live& live)
      : graph_(graph), live_(live), shape_(permute.type().shape), order_(*order_of(permute)), back_(order_.inverse()) {
    std::vector<Value> open = graph.users(permute);
    while (!open.empty()) {
      const Value v = open.back();
      open.pop_back();
      if (!may_turn(v) || !region_.insert(v.id).second) continue;
      for (Value other : graph.users(v)) open.push_back(other);
      for (Value other : v.operands()) open.push_back(other);
    }
  }

  bool empty() const { return region_.empty(); }

  /// Permutes that go, and permutes that come.
  struct Count {
    std::size_t gone = 0, come = 0;
  };
  Count count() const {
    Count made;
    std::set<std::uint32_t> operands;
    for (std::uint32_t id : region_) {
      const Value v = graph_.find(id);
      for (Value operand : v.operands())
        if (!operand.type().shape.empty() && !region_.contains(operand.id)) operands.insert(operand.id);
      const std::vector<Value> readers = graph_.users(v);
      const auto outside = [&](Value reader) { return live_.contains(reader) && !region_.contains(reader.id); };
      const auto permutes_back = [&](Value reader) { return order_of(reader) == back_; };
      const auto is_other = [&](Value reader) { return outside(reader) && !permutes_back(reader); };
      made.gone += static_cast<std::size_t>(
          std::ranges::count_if(readers, [&](Value reader) { return outside(reader) && permutes_back(reader); }));
      if (is_result(v) || std::ranges::any_of(readers, is_other)) ++made.come;
    }
    for (std::uint32_t id : operands) {
      const Value operand = graph_.find(id);
      const auto reader_inside = [&](Value reader) { return !live_.contains(reader) || region_.contains(reader.id); };
      if (order_of(operand) != order_)
        ++made.come;
      else if (!is_result(operand) && std::ranges::all_of(graph_.users(operand), reader_inside))
        ++made.gone;
    }
    return made;
  }

  void make(Rewriter& rewriter, Live& live) {
    std::map<std::uint32_t, Value> turned;
    std::vector<Value> made, replaced;
    for (Value v : in_order()) {
      std::vector<Value> operands;
      for (Value operand : v.operands()) {
        const auto inside = turned.find(operand.id);
        operands.push_back(inside != turned.end()         ? inside->second
                           : operand.type().shape.empty() ? operand
                           : order_of(operand) == order_  ? operand.operands()[0]
                                                          : ordered(operand, back_));
      }
      turned[v.id] = graph_.add(*v.op(), operands);
      const Value as_before = ordered(turned.at(v.id), order_);
      made.insert(made.end(), {turned.at(v.id), as_before});
      rewriter.replace(v, as_before, rule);
      replaced.push_back(v);
      for (Value reader : graph_.users(as_before))
        if (order_of(reader) == back_) {
          rewriter.replace(reader, turned.at(v.id), "permute(permute(x)) => x");
          replaced.push_back(reader);
        }
    }
    live.follow(std::move(made), std::move(replaced));
  }

 private:
  /// The region, operands before users and the oldest first among those that are ready.
  std::vector<Value> in_order() const {
    std::map<std::uint32_t, std::size_t> waiting;
    std::set<std::uint32_t> ready;
    for (const std::uint32_t id : region_) {
      std::set<std::uint32_t> inside;
      for (Value operand : graph_.find(id).operands())
        if (region_.contains(operand.id)) inside.insert(operand.id);
      if ((waiting[id] = inside.size()) == 0) ready.insert(id);
    }
    std::vector<Value> order;
    while (!ready.empty()) {
      order.push_back(graph_.find(ready.extract(ready.begin()).value()));
      for (Value user : graph_.users(order.back()))
        if (region_.contains(user.id) && --waiting.at(user.id) == 0) ready.insert(user.id);
    }
    return order;
  }

  /// An elementwise node of the region's very shape whose operands have that shape too, or none.
  bool may_turn(Value v) const {
    return v.op() && live_.contains(v) && v.op()->info->elementwise() && !as<BroadcastTo>(v) &&
           v.type().shape == shape_ && std::ranges::all_of(v.operands(), [&](Value operand) {
             return operand.type().shape.empty() || operand.type().shape == shape_;
           });
  }

  Graph& graph_;
  const Live& live_;
  Shape shape_;
  Positions order_, back_;
  std::set<std::uint32_t> region_{};
};

}  // namespace

void move_permutes(Graph& graph, Rewriter& rewriter) {
  Live live(graph);
  for (Value v : graph.topological()) {
    if (!as<Permute>(v) || !live.contains(v)) continue;
    Turn turn(graph, v, live);
    if (turn.empty()) continue;
    const auto [gone, come] = turn.count();
    if (gone > come) {
      turn.make(rewriter, live);
    } else {
      rewriter.refuse(
          v, rule,
          [&] {
            return "of the permutes around what reads it " + std::to_string(gone) + " would go and " +
                   std::to_string(come) + " come";
          },
          "nothing: a permute is a view, and costs strided reads only");
    }
  }
}

}  // namespace vitrine
