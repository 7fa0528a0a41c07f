#pragma once
#include <set>
#include <unordered_map>

#include "vitrine/graph.hpp"

namespace vitrine {

/// What a graph hands out: outputs by name, and the next values of states. Passes ask of every node whether it is one,
/// so each node's places among them are kept beside the lists.
class Results {
 public:
  /// UsageError where the name is taken, or the state updated already.
  void output(const std::string& graph, std::string name, Value);
  void update(const std::string& graph, Value state, Value next);
  void drop_update(Value state);
  void replace(Value from, Value to);
  void point_to(Graph*);

  const std::vector<std::pair<std::string, Value>>& outputs() const { return outputs_; }
  const std::vector<std::pair<Value, Value>>& updates() const { return updates_; }
  bool contains(Value v) const { return places_.contains(v.id); }
  Value next(Value state) const;  // empty if it is not updated

 private:
  struct Places {
    std::vector<std::size_t> outputs{}, updates{};
  };
  std::vector<std::pair<std::string, Value>> outputs_{};
  std::vector<std::pair<Value, Value>> updates_{};
  std::set<std::string, std::less<>> names_{};
  std::unordered_map<std::uint32_t, Places> places_{};          // by node id, where there are any
  std::unordered_map<std::uint32_t, std::size_t> update_of_{};  // by the state's id
};

}  // namespace vitrine
