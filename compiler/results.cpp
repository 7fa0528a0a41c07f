#include "compiler/results.hpp"

#include "vitrine/error.hpp"

namespace vitrine {

void Results::output(const std::string& graph, std::string name, Value v) {
  if (!names_.insert(name).second)
    throw UsageError("graph '" + graph + "': two outputs are named '" + name + "'; give each its own name");
  places_[v.id].outputs.push_back(outputs_.size());
  outputs_.emplace_back(std::move(name), v);
}

void Results::update(const std::string& graph, Value state, Value next) {
  if (!update_of_.try_emplace(state.id, updates_.size()).second)
    throw UsageError("graph '" + graph + "': state '" + state.node().name + "' is updated twice");
  places_[next.id].updates.push_back(updates_.size());
  updates_.emplace_back(state, next);
}

void Results::drop_update(Value state) {
  std::erase_if(updates_, [&](const auto& update) { return update.first == state; });
  places_.clear(), update_of_.clear();
  for (std::size_t i = 0; i < outputs_.size(); ++i) places_[outputs_[i].second.id].outputs.push_back(i);
  for (std::size_t i = 0; i < updates_.size(); ++i) {
    places_[updates_[i].second.id].updates.push_back(i);
    update_of_[updates_[i].first.id] = i;
  }
}

void Results::replace(Value from, Value to) {
  const auto found = places_.extract(from.id);
  if (!found) return;
  Places& there = places_[to.id];
  for (const std::size_t i : found.mapped().outputs) outputs_[i].second = to, there.outputs.push_back(i);
  for (const std::size_t i : found.mapped().updates) updates_[i].second = to, there.updates.push_back(i);
}

void Results::point_to(Graph* graph) {
  for (auto& [name, v] : outputs_) v.graph = graph;
  for (auto& [state, next] : updates_) state.graph = next.graph = graph;
}

Value Results::next(Value state) const {
  const auto found = update_of_.find(state.id);
  return found == update_of_.end() ? Value{} : updates_[found->second].second;
}

}  // namespace vitrine
