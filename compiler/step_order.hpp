#pragma once
#include <unordered_map>

#include "vitrine/graph.hpp"

namespace vitrine {

/// Nodes that are joined into steps, two steps at a time, and the order in which the steps can run. Before two are
/// joined one asks whether a third lies between them, thousands of times in a long graph, so each answer looks at what
/// lies near and not at the whole: a search stays between the places of the two in the order, and a way that was long
/// to find leaves a waypoint behind.
class StepOrder {
 public:
  /// The graph must not change while this lives. Every node is a step, or part of its group's.
  explicit StepOrder(const Graph&);

  /// A step is known by its oldest node.
  std::uint32_t step(Value v) const;
  const std::vector<Value>& members(Value v) const { return members_[step(v)]; }
  /// All steps of two nodes or more, by their oldest.
  std::vector<std::vector<Value>> joined() const;

  /// A node outside of both steps on a path from the first to the second; empty if there is none. What runs as one step
  /// waits for all of it: a path may enter a step by one node and leave it by another.
  Value between(Value first, Value second);
  void join(Value, Value);

 private:
  /// A node, and which nodes some path leads from to it, and to from it, by id.
  struct Waypoint {
    Value at;
    std::vector<bool> before, after;
  };

  void unite(std::uint32_t, std::uint32_t);
  void order_steps();
  void place_evenly(const std::vector<std::uint32_t>& order);
  void place_behind(std::uint32_t step, std::vector<std::uint32_t> others);
  Value search(std::uint32_t from, std::uint32_t to);
  Value by_waypoint(const Waypoint&, std::uint32_t from, std::uint32_t to) const;
  void leave_waypoint(Value last);
  std::vector<bool> reached(Value from, bool forwards) const;
  std::vector<std::uint32_t> neighbours(std::uint32_t step, bool forwards) const;

  const Graph& graph_;
  std::vector<std::uint32_t> leader_;        // by node id
  std::vector<std::vector<Value>> members_;  // by the step's oldest node
  bool ordered_ = true;                      // false: the graph came with groups that wait for each other
  std::vector<std::uint64_t> place_;         // of a step in the order, with room between them
  std::map<std::uint64_t, std::uint32_t> at_{};
  std::unordered_map<std::uint32_t, Value> seen_{};  // by the last search: a node, and what led it there
  std::vector<Waypoint> waypoints_{};
};

}  // namespace vitrine
