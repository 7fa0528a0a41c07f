#include "compiler/update_families.hpp"

#include <algorithm>
#include <ranges>

namespace vitrine {

namespace {

bool only_updates_read(const Graph& graph, Value state) {
  return std::ranges::all_of(graph.users(state), [](Value user) { return user.node().phase == Phase::update; });
}

/// The parameters whose next value a node is part of, as far as it matters: none, this one, or several.
class Parameters {
 public:
  static Parameters one(std::uint32_t id) { return Parameters(Count::one, id); }
  Parameters() = default;
  /// Whether this is more than before.
  bool add(const Parameters& others) {
    const Parameters before = *this;
    if (count_ == Count::none)
      *this = others;
    else if (others.count_ != Count::none && others != *this)
      *this = Parameters(Count::several, 0);
    return *this != before;
  }
  bool none() const { return count_ == Count::none; }
  bool is_one() const { return count_ == Count::one; }
  std::uint32_t id() const { return id_; }
  bool operator==(const Parameters&) const = default;

 private:
  enum class Count : std::uint8_t { none, one, several };
  Parameters(Count count, std::uint32_t id) : count_(count), id_(id) {}
  Count count_ = Count::none;
  std::uint32_t id_ = 0;
};

/// For each node, the parameters whose next value it is part of. The update of a helper (a state that only updates
/// read) counts for the parameters that the helper's old value is part of, so that both halves of a moment meet.
class Reach {
 public:
  explicit Reach(const Graph& graph) : order_(graph.topological()), reached_(graph.end_of_ids()) {
    for (const auto& [state, next] : graph.updates()) {
      if (only_updates_read(graph, state))
        helpers_.emplace_back(state, next);
      else
        reached_[next.id].add(Parameters::one(state.id));
    }
    // A helper may feed a helper: again until nothing is new. Each round can only add.
    do spread();
    while (count_helpers());
    // What ends in itself (an average of the weights that nothing reads) is a family of its own.
    for (const auto& [state, next] : helpers_)
      if (reached_[next.id].none()) reached_[next.id] = Parameters::one(state.id);
    spread();
  }

  const Parameters& of(Value v) const { return reached_[v.id]; }
  const std::vector<Value>& order() const { return order_; }

 private:
  void spread() {
    for (Value v : order_ | std::views::reverse) {
      if (v.node().phase != Phase::update) continue;
      for (Value operand : v.operands()) reached_[operand.id].add(reached_[v.id]);
    }
  }
  bool count_helpers() {
    bool grew = false;
    for (const auto& [state, next] : helpers_) grew = reached_[next.id].add(reached_[state.id]) || grew;
    return grew;
  }

  std::vector<Value> order_;
  std::vector<std::pair<Value, Value>> helpers_{};
  std::vector<Parameters> reached_;  // by node id
};

}  // namespace

UpdateFamilies update_families(const Graph& graph) {
  UpdateFamilies made;
  std::map<std::uint32_t, std::size_t> of_parameter;
  std::optional<std::size_t> shared;
  const auto new_family = [&](std::string title) {
    made.titles.push_back(std::move(title));
    return made.titles.size() - 1;
  };
  const auto family_of = [&](const Parameters& parameters) {
    // All that is shared is one family, whoever shares it: a frame for each pair of parameters would say nothing.
    if (!parameters.is_one()) {
      if (!shared) shared = new_family("shared by the updates");
      return *shared;
    }
    const auto [at, fresh] = of_parameter.try_emplace(parameters.id());
    if (fresh) at->second = new_family("update of " + graph.find(parameters.id()).node().name);
    return at->second;
  };
  const Reach reach(graph);
  for (Value v : reach.order()) {
    const Node& node = v.node();
    const bool helper = node.leaf == Leaf::state && graph.next(v) && only_updates_read(graph, v);
    const bool computes = node.op && node.phase == Phase::update;
    if (helper || computes) made.family[v.id] = family_of(reach.of(v));
  }
  return made;
}

}  // namespace vitrine
