#include "compiler/update_families.hpp"

#include <algorithm>
#include <ranges>
#include <set>

namespace vitrine {

namespace {

bool only_updates_read(const Graph& graph, Value state) {
  return std::ranges::all_of(graph.users(state), [](Value user) { return user.node().phase == Phase::update; });
}

/// For each node, the parameters whose next value it is part of. The update of a helper (a state that only updates
/// read) counts for the parameters that the helper's old value is part of, so that both halves of a moment meet.
class Reach {
 public:
  explicit Reach(const Graph& graph) : order_(graph.topological()) {
    for (const auto& [state, next] : graph.updates()) {
      if (only_updates_read(graph, state))
        helpers_.emplace_back(state, next);
      else
        reached_[next.id].insert(state.id);
    }
    // A helper may feed a helper: again until nothing is new. Each round can only add.
    do spread();
    while (count_helpers());
    // What ends in itself (an average of the weights that nothing reads) is a family of its own.
    for (const auto& [state, next] : helpers_)
      if (reached_[next.id].empty()) reached_[next.id].insert(state.id);
    spread();
  }

  const std::set<std::uint32_t>& of(Value v) { return reached_[v.id]; }
  const std::vector<Value>& order() const { return order_; }

 private:
  void spread() {
    for (Value v : order_ | std::views::reverse) {
      if (v.node().phase != Phase::update) continue;
      for (Value operand : v.operands()) reached_[operand.id].insert(reached_[v.id].begin(), reached_[v.id].end());
    }
  }
  bool count_helpers() {
    bool grew = false;
    for (const auto& [state, next] : helpers_) {
      auto& known = reached_[next.id];
      const std::size_t before = known.size();
      const std::set<std::uint32_t> from = reached_[state.id];
      known.insert(from.begin(), from.end());
      grew = grew || known.size() > before;
    }
    return grew;
  }

  std::vector<Value> order_;
  std::vector<std::pair<Value, Value>> helpers_{};
  std::map<std::uint32_t, std::set<std::uint32_t>> reached_{};
};

}  // namespace

UpdateFamilies update_families(const Graph& graph) {
  UpdateFamilies made;
  std::map<std::set<std::uint32_t>, std::size_t> known;
  const auto family_of = [&](const std::set<std::uint32_t>& parameters) {
    // All that is shared is one family, whoever shares it: a frame for each pair of parameters would say nothing.
    const auto key = parameters.size() == 1 ? parameters : std::set<std::uint32_t>{};
    const auto [at, fresh] = known.try_emplace(key, made.titles.size());
    if (fresh)
      made.titles.push_back(key.empty() ? "shared by the updates"
                                        : "update of " + graph.find(*key.begin()).node().name);
    return at->second;
  };
  std::set<std::uint32_t> updated;
  for (const auto& [state, next] : graph.updates()) updated.insert(state.id);

  Reach reach(graph);
  for (Value v : reach.order()) {
    const Node& node = v.node();
    const bool helper = node.leaf == Leaf::state && updated.contains(v.id) && only_updates_read(graph, v);
    const bool computes = node.op && node.phase == Phase::update;
    if (helper || computes) made.family[v.id] = family_of(reach.of(v));
  }
  return made;
}

}  // namespace vitrine
