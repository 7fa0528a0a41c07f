#include "compiler/boundary.hpp"

#include <algorithm>
#include <functional>

#include "compiler/annotations.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

Moment::Moment(const Graph& before) {
  for (Value v : before.topological()) {
    auto& operands = operands_[v.id];
    for (Value o : v.operands()) operands.push_back(o.id), users_[o.id].insert(v.id);
    if (v.node().leaf == Leaf::input) inputs_.insert(v.id);
    if (before.is_result(v)) results_.insert(v.id);
  }
}

void Moment::add_made(const Rewrite& rewrite) {
  for (const Seen& made : rewrite.made) {
    auto& operands = operands_[made.value.id];
    if (!operands.empty()) continue;
    for (Value o : made.operands) operands.push_back(o.id), users_[o.id].insert(made.value.id);
  }
}

void Moment::apply(const Rewrite& rewrite) {
  add_made(rewrite);
  if (!rewrite.by) return;
  const std::uint32_t from = rewrite.matched.front().value.id, to = rewrite.by.id;
  std::set<std::uint32_t> made;
  for (const Seen& seen : rewrite.made) made.insert(seen.value.id);
  const std::multiset<std::uint32_t> users = users_[from];
  for (const std::uint32_t user : users) {
    if (made.contains(user)) continue;
    std::ranges::replace(operands_[user], from, to);
    users_[from].erase(user);
    users_[to].insert(user);
  }
  if (results_.erase(from) != 0) results_.insert(to);
}

const std::vector<std::uint32_t>& Moment::operands(std::uint32_t id) const {
  static const std::vector<std::uint32_t> none;  // of a number that a pass made
  const auto known = operands_.find(id);
  return known == operands_.end() ? none : known->second;
}

bool Moment::comes_from(std::uint32_t id, const auto& wanted) const {
  std::set<std::uint32_t> seen{id};
  for (std::vector<std::uint32_t> next{id}; !next.empty();) {
    const std::uint32_t at = next.back();
    next.pop_back();
    if (wanted(at)) return true;
    for (const std::uint32_t operand : operands(at))
      if (seen.insert(operand).second) next.push_back(operand);
  }
  return false;
}
bool Moment::comes_from(std::uint32_t id, std::uint32_t from) const {
  return comes_from(id, [&](std::uint32_t at) { return at == from; });
}
bool Moment::comes_from_input(std::uint32_t id) const {
  return comes_from(id, [&](std::uint32_t at) { return inputs_.contains(at); });
}

bool Moment::read_outside(std::uint32_t id, const std::set<std::uint32_t>& inside) const {
  if (results_.contains(id)) return true;
  const auto users = users_.find(id);
  return users != users_.end() &&
         std::ranges::any_of(users->second, [&](std::uint32_t user) { return !inside.contains(user); });
}

std::set<std::uint32_t> Piece::free(const Moment& moment) const {
  std::set<std::uint32_t> found;
  if (!inside.contains(by)) found.insert(by);
  for (const std::uint32_t id : inside)
    for (const std::uint32_t operand : moment.operands(id))
      if (!inside.contains(operand)) found.insert(operand);
  return found;
}

Piece boundary(const Moment& moment, const Rewrite& rewrite) {
  const std::uint32_t value = rewrite.matched.front().value.id, by = rewrite.by.id;
  std::set<std::uint32_t> made;
  for (const Seen& seen : rewrite.made) made.insert(seen.value.id);
  Piece piece{{value}, by};
  std::vector<std::uint32_t> next;
  if (made.contains(by)) next.push_back(by);
  for (; !next.empty();) {
    const std::uint32_t at = next.back();
    next.pop_back();
    if (!piece.inside.insert(at).second) continue;
    for (const std::uint32_t operand : moment.operands(at))
      if (made.contains(operand)) next.push_back(operand);
  }
  // What was there before is free if value is computed from it; a twin beside value is to be computed as value is.
  if (!made.contains(by) && !moment.comes_from(value, by)) piece.inside.insert(by);
  return piece;
}

/// Whether a value is made of numbers alone, as a mask by positions is: it can be nothing else.
static bool is_closed(const Graph& graph, const Moment& moment, std::uint32_t id) {
  const Node& node = graph.node({const_cast<Graph*>(&graph), id});
  return node.leaf == Leaf::constant ||
         (node.op && std::ranges::all_of(moment.operands(id), [&](auto o) { return is_closed(graph, moment, o); }));
}

bool grow(Piece& piece, const Moment& moment, const Graph& graph) {
  const std::set<std::uint32_t> free = piece.free(moment);
  std::vector<std::uint32_t> dependent;
  for (const std::uint32_t id : free)
    if (Value{const_cast<Graph*>(&graph), id}.op() &&
        std::ranges::any_of(free, [&](std::uint32_t from) { return from != id && moment.comes_from(id, from); }))
      dependent.push_back(id);
  if (dependent.empty())
    for (const std::uint32_t id : free)
      if (graph.node({const_cast<Graph*>(&graph), id}).op && is_closed(graph, moment, id)) dependent.push_back(id);
  // What takes value's place may be of a sort that makes the rule true (relu(x), for another relu of it).
  if (dependent.empty() && free.contains(piece.by) && Value{const_cast<Graph*>(&graph), piece.by}.op())
    dependent.push_back(piece.by);
  piece.inside.insert(dependent.begin(), dependent.end());
  return !dependent.empty();
}

Graph cut_out(const Graph& graph, const Moment& moment, const std::set<std::uint32_t>& inside,
              const std::vector<std::uint32_t>& results, std::string name) {
  Graph made(std::move(name));
  std::map<std::uint32_t, Value> now;
  const std::function<Value(std::uint32_t)> put = [&](std::uint32_t id) -> Value {
    if (const auto found = now.find(id); found != now.end()) return found->second;
    const Node& node = graph.node({const_cast<Graph*>(&graph), id});
    std::vector<Value> operands;
    if (inside.contains(id) && node.op)
      for (const std::uint32_t operand : moment.operands(id)) operands.push_back(put(operand));
    const std::string called = node.name.empty() ? "v" + std::to_string(id) : node.name;
    made.take_id(id);
    Value copy;
    if (inside.contains(id) && node.op)
      copy = made.add(*node.op, operands);
    else if (node.leaf == Leaf::constant)
      copy = made.constant({node.type, *node.literal});
    else if (node.leaf == Leaf::state || (node.type.dtype == DType::f32 && !moment.comes_from_input(id)))
      copy = made.state(called, node.type, node.init);
    else
      copy = made.input(called, node.type);
    Annotations::set(copy, node.at, node.phase, {}, 0);
    return now[id] = copy;
  };
  for (const std::uint32_t id : results) {
    const Value value = put(id);
    made.output("%" + std::to_string(id), value);
  }
  return made;
}

std::string nameless(const Graph& graph) {
  std::map<std::uint32_t, std::size_t> number;
  std::string text;
  for (Value v : graph.topological()) {
    number.emplace(v.id, number.size());
    if (v.op()) {
      text += v.op()->name();
      for (const Attribute& a : v.op()->info->print(v.op()->attributes.get())) text += " " + a.name + "=" + a.text;
      for (Value o : v.operands()) text += " " + std::to_string(number.at(o.id));
    } else if (v.node().leaf == Leaf::constant) {
      text.append(reinterpret_cast<const char*>(v.node().literal->data()), v.node().literal->size());
    }
    text += (Sentence{} << " " << v.type() << "\n").str();
  }
  for (const auto& [name, v] : graph.outputs()) text += " " + std::to_string(number.at(v.id));
  return text;
}

}  // namespace vitrine
