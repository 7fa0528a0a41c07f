#include "compiler/graph_diff.hpp"

#include <algorithm>
#include <set>

#include "compiler/node_pairing.hpp"

namespace vitrine {

namespace {

/// The nodes that run in one step with each node, as ids of graph b; of a's nodes without a partner, as numbers that no
/// node has. A node without a group is a step of its own.
using Steps = std::map<std::uint32_t, std::vector<std::uint64_t>>;  // by group

Steps steps_of(const std::vector<Value>& order, const auto& name) {
  Steps made;
  for (Value v : order)
    if (v.node().group) made[v.node().group].push_back(name(v));
  for (auto& [group, members] : made) std::ranges::sort(members);
  return made;
}

class Comparison {
 public:
  Comparison(const Graph& a, const Graph& b, const NodePairing& pairing)
      : a_(a),
        pairing_(pairing),
        steps_a_(steps_of(pairing.order_of_a(), [&](Value v) { return in_b(v); })),
        steps_b_(steps_of(pairing.order_of_b(), [](Value v) { return std::uint64_t{v.id}; })) {
    for (const auto& [name, v] : a.outputs()) outputs_a_[name] = v;
    for (const auto& [name, v] : b.outputs()) outputs_b_[name] = v;
    for (const auto& [state, next] : a.updates()) updates_a_[state.node().name] = next;
    for (const auto& [state, next] : b.updates()) updates_b_[state.node().name] = next;
  }

  GraphDiff make() {
    GraphDiff made;
    for (Value v : pairing_.order_of_a())
      if (pairing_.in_b(v.id) == NodePairing::none && !is_plain_number(v))
        pairing_.is_remains_in_a(v.id) ? void(++made.remains) : made.only_a.push_back(v);
    for (Value v : pairing_.order_of_b()) {
      const std::uint32_t id = pairing_.in_a(v.id);
      if (id != NodePairing::none) {
        const Value a = a_.find(id);
        made.pairs.push_back({a, v, difference(a, v), pairing_.found_by(v.id)});
      } else if (!is_plain_number(v)) {
        pairing_.is_remains_in_b(v.id) ? void(++made.remains) : made.only_b.push_back(v);
      }
    }
    results(outputs_a_, outputs_b_, false, made);
    results(updates_a_, updates_b_, true, made);
    return made;
  }

 private:
  using Results = std::map<std::string, Value>;

  std::uint64_t in_b(Value a) const {
    const std::uint32_t id = pairing_.in_b(a.id);
    return id != NodePairing::none ? id : (std::uint64_t{1} << 32) + a.id;
  }

  Difference difference(Value a, Value b) {
    const Node &x = a.node(), &y = b.node();
    Difference made;
    made.type = x.type != y.type;
    if (!x.op || !y.op) {
      made.op = x.op.has_value() != y.op.has_value() || x.leaf != y.leaf;
      if (made.op) return made;
      made.name = x.name != y.name;
      made.value = x.init != y.init || !x.literal != !y.literal || (x.literal && *x.literal != *y.literal);
      return made;
    }
    made.op = x.op->info != y.op->info;
    made.attributes = !made.op && !(*x.op == *y.op);
    made.operands =
        !std::ranges::equal(x.operands, y.operands, [&](Value p, Value q) { return pairing_.in_b(p.id) == q.id; });
    made.step = differ_in_step(a, b);
    return made;
  }

  bool differ_in_step(Value a, Value b) {
    const std::uint32_t one = a.node().group, other = b.node().group;
    if (!one && !other) return false;
    const auto [known, fresh] = steps_differ_.try_emplace({one, other}, false);
    if (!one || !other) return (one ? steps_a_.at(one) : steps_b_.at(other)).size() > 1;
    if (fresh) known->second = steps_a_.at(one) != steps_b_.at(other);
    return known->second;
  }

  void results(const Results& of_a, const Results& of_b, bool are_updates, GraphDiff& made) const {
    for (const auto& [name, a] : of_a) {
      const auto other = of_b.find(name);
      const Value b = other == of_b.end() ? Value{} : other->second;
      if (!b || in_b(a) != b.id) made.results.push_back({name, are_updates, a, b});
    }
    for (const auto& [name, b] : of_b)
      if (!of_a.contains(name)) made.results.push_back({name, are_updates, {}, b});
  }

  const Graph& a_;
  const NodePairing& pairing_;
  Steps steps_a_, steps_b_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, bool> steps_differ_{};
  Results outputs_a_{}, outputs_b_{}, updates_a_{}, updates_b_{};
};

}  // namespace

std::string words(const Difference& d) {
  std::string made;
  const auto add = [&](bool differs, std::string_view word) {
    if (differs) made.append(made.empty() ? "" : ", ").append(word);
  };
  add(d.op, "op");
  add(d.attributes, "attributes");
  add(d.type, "type");
  add(d.operands, "operands");
  add(d.value, "value");
  add(d.name, "name");
  add(d.step, "step");
  return made;
}

std::size_t GraphDiff::changed() const {
  return static_cast<std::size_t>(std::ranges::count_if(pairs, [](const NodePair& p) { return bool(p.differs); }));
}
bool GraphDiff::equal() const { return changed() == 0 && only_a.empty() && only_b.empty() && results.empty(); }

GraphDiff graph_diff(const Graph& a, const Graph& b, const DiffOptions& options) {
  const NodePairing pairing(a, b, options);
  return Comparison(a, b, pairing).make();
}

std::vector<DiffLine> lines_of(const GraphDiff& diff, const Graph& a, const Graph& b) {
  std::vector<DiffLine> made;
  const std::vector<Value> order = a.topological();
  std::map<std::uint32_t, std::size_t> place, rank;  // in a, in b
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i].id] = i;
  for (Value v : b.topological()) rank[v.id] = rank.size();
  std::set<std::uint32_t> only_a;
  for (Value v : diff.only_a) only_a.insert(v.id);
  std::size_t next = 0, added = 0;
  // a's order and b's may differ: what was passed already is not waited for.
  const auto catch_up_to = [&](std::size_t end) {
    for (; next < end; ++next)
      if (only_a.contains(order[next].id)) made.push_back({.a = order[next]});
  };
  for (const NodePair& pair : diff.pairs) {
    while (added < diff.only_b.size() && rank.at(diff.only_b[added].id) < rank.at(pair.b.id))
      made.push_back({.b = diff.only_b[added++]});
    catch_up_to(place.at(pair.a.id));
    if (pair.differs) made.push_back({pair.a, pair.b, &pair});
  }
  catch_up_to(order.size());
  while (added < diff.only_b.size()) made.push_back({.b = diff.only_b[added++]});
  return made;
}

}  // namespace vitrine
