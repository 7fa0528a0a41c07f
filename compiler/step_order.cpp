#include "compiler/step_order.hpp"

#include <algorithm>
#include <numeric>

namespace vitrine {

namespace {

/// From here on a search was long: the next one on the same way shall be short.
constexpr std::size_t long_search = 200;

}  // namespace

StepOrder::StepOrder(const Graph& graph)
    : graph_(graph), leader_(graph.end_of_ids()), members_(graph.end_of_ids()), place_(graph.end_of_ids()) {
  std::iota(leader_.begin(), leader_.end(), 0u);
  std::map<std::uint32_t, std::uint32_t> first_of;
  const std::vector<Value> order = graph.topological();
  for (Value v : order) members_[v.id] = {v};
  for (Value v : order)
    if (v.node().group) unite(first_of.try_emplace(v.node().group, v.id).first->second, v.id);
  order_steps();
}

std::uint32_t StepOrder::step(Value v) const {
  std::uint32_t id = v.id;
  while (leader_[id] != id) id = leader_[id];
  return id;
}

std::vector<std::vector<Value>> StepOrder::joined() const {
  std::vector<std::vector<Value>> found;
  for (const auto& members : members_)
    if (members.size() > 1) found.push_back(members);
  return found;
}

void StepOrder::unite(std::uint32_t a, std::uint32_t b) {
  a = step({nullptr, a}), b = step({nullptr, b});
  if (a == b) return;
  if (b < a) std::swap(a, b);
  leader_[b] = a;
  const std::size_t before = members_[a].size();
  members_[a].insert(members_[a].end(), members_[b].begin(), members_[b].end());
  std::ranges::inplace_merge(members_[a], members_[a].begin() + static_cast<std::ptrdiff_t>(before), {}, &Value::id);
  members_[b] = {};
}

/// The steps that read this one, or that it reads.
std::vector<std::uint32_t> StepOrder::neighbours(std::uint32_t step_id, bool forwards) const {
  std::vector<std::uint32_t> found;
  for (Value v : members_[step_id])
    for (Value other : forwards ? graph_.users(v) : v.operands())
      if (const std::uint32_t s = step(other); s != step_id) found.push_back(s);
  std::ranges::sort(found);
  const auto twice = std::ranges::unique(found);
  found.erase(twice.begin(), twice.end());
  return found;
}

void StepOrder::order_steps() {
  std::vector<std::size_t> waiting(members_.size());
  std::vector<std::uint32_t> order;
  std::size_t steps = 0;
  for (std::uint32_t s = 0; s < members_.size(); ++s) {
    if (members_[s].empty()) continue;
    ++steps;
    waiting[s] = neighbours(s, false).size();
    if (waiting[s] == 0) order.push_back(s);
  }
  for (std::size_t i = 0; i < order.size(); ++i)
    for (const std::uint32_t next : neighbours(order[i], true))
      if (--waiting[next] == 0) order.push_back(next);
  ordered_ = order.size() == steps;
  place_evenly(order);
}

void StepOrder::place_evenly(const std::vector<std::uint32_t>& order) {
  constexpr std::uint64_t room = std::uint64_t{1} << 32;
  at_.clear();
  for (std::size_t i = 0; i < order.size(); ++i) at_[place_[order[i]] = (i + 1) * room] = order[i];
}

/// Moves others, which stand before the step, behind it, in the order that they have.
void StepOrder::place_behind(std::uint32_t step_id, std::vector<std::uint32_t> others) {
  std::ranges::sort(others, {}, [&](std::uint32_t s) { return place_[s]; });
  for (const std::uint32_t s : others) at_.erase(place_[s]);
  const auto room_behind = [&] {
    const auto next = at_.upper_bound(place_[step_id]);
    return next == at_.end() ? std::uint64_t{1} << 32 : next->first - place_[step_id];
  };
  if (room_behind() <= others.size()) {
    std::vector<std::uint32_t> order;
    for (const auto& [place, s] : at_) order.push_back(s);
    place_evenly(order);
  }
  const std::uint64_t stride = room_behind() / (others.size() + 1);
  for (std::size_t i = 0; i < others.size(); ++i)
    at_[place_[others[i]] = place_[step_id] + (i + 1) * stride] = others[i];
}

Value StepOrder::search(std::uint32_t from, std::uint32_t to) {
  seen_.clear();
  std::vector<Value> open;
  const auto leave = [&](Value v, Value entered_by) {
    for (Value user : graph_.users(v)) {
      const std::uint32_t s = step(user);
      if (s == from || s == to || (ordered_ && place_[s] > place_[to])) continue;
      if (seen_.try_emplace(user.id, entered_by).second) open.push_back(user);
    }
  };
  for (Value v : members_[from]) leave(v, {});
  while (!open.empty()) {
    const Value v = open.back();
    open.pop_back();
    for (Value together : members(v)) {
      for (Value user : graph_.users(together))
        if (step(user) == to) return v;
      leave(together, v);
    }
  }
  return {};
}

Value StepOrder::between(Value first, Value second) {
  const std::uint32_t from = step(first), to = step(second);
  if (ordered_ && place_[from] > place_[to]) return {};
  for (const Waypoint& waypoint : waypoints_)
    if (const Value found = by_waypoint(waypoint, from, to)) return found;
  const Value found = search(from, to);
  if (found && seen_.size() > long_search) leave_waypoint(found);
  return found;
}

/// What the second step reads behind the waypoint, if the first lies before it and the second behind.
Value StepOrder::by_waypoint(const Waypoint& waypoint, std::uint32_t from, std::uint32_t to) const {
  const std::uint32_t at = step(waypoint.at);
  if (at == from || at == to) return {};
  if (std::ranges::none_of(members_[from], [&](Value v) { return waypoint.before[v.id]; })) return {};
  for (Value v : members_[to])
    for (Value operand : v.operands())
      if (const std::uint32_t s = step(operand); s != from && s != to && waypoint.after[operand.id]) return operand;
  return {};
}

/// In the middle of the way that the last search found.
void StepOrder::leave_waypoint(Value last) {
  std::vector<Value> way;
  for (Value v = last; v; v = seen_.at(v.id)) way.push_back(v);
  const Value middle = way[way.size() / 2];
  waypoints_.push_back({middle, reached(middle, false), reached(middle, true)});
}

/// The nodes of every step that paths from this node's step lead to, its own among them.
std::vector<bool> StepOrder::reached(Value from, bool forwards) const {
  std::vector<bool> found(leader_.size()), seen(leader_.size());
  std::vector<std::uint32_t> open{step(from)};
  seen[open[0]] = true;
  while (!open.empty()) {
    const std::uint32_t s = open.back();
    open.pop_back();
    for (Value v : members_[s]) found[v.id] = true;
    for (const std::uint32_t next : neighbours(s, forwards))
      if (!seen[next]) seen[next] = true, open.push_back(next);
  }
  return found;
}

void StepOrder::join(Value a, Value b) {
  std::uint32_t from = step(a), to = step(b);
  if (from == to) return;
  if (ordered_) {
    if (place_[from] > place_[to]) std::swap(from, to);
    ordered_ = !search(from, to);
  }
  if (ordered_) {  // what waits for the first now waits for both
    std::vector<std::uint32_t> later;
    for (const auto& [id, by] : seen_) later.push_back(step({nullptr, id}));
    std::ranges::sort(later);
    const auto twice = std::ranges::unique(later);
    later.erase(twice.begin(), twice.end());
    place_behind(to, std::move(later));
    at_.erase(place_[from]);
    at_[place_[from] = place_[to]] = std::min(from, to);
  }
  unite(from, to);
}

}  // namespace vitrine
