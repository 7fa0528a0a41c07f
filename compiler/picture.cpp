#include "compiler/picture.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace vitrine {

namespace {

/// A state is made before anything runs in its module, so only its name ("up.weight") says where it belongs: to the
/// longest part of it that is a module. A gradient that knows no module stands with the node it belongs to.
std::string module_of(const Graph& graph, Value v, const std::set<std::string>& modules) {
  const Node& node = v.node();
  if (!node.at.module.empty()) return node.at.module;
  std::string path = node.name;
  for (auto dot = path.rfind('.'); dot != std::string::npos; dot = path.rfind('.')) {
    path.resize(dot);
    if (modules.contains(path)) return path;
  }
  if (node.phase == Phase::gradient)
    for (const std::uint32_t id : node.origin)
      if (const Value from = graph.find(id)) return from.node().at.module;
  return "";
}

}  // namespace

std::size_t Picture::box_of(Value v) const { return v.id < box_of_id.size() ? box_of_id[v.id] : Box::none; }

void Picture::fold(const std::function<Fold(const Box&)>& into) {
  std::map<std::string, std::size_t> place;
  std::vector<Box> kept;
  for (Box& box : boxes) {
    const auto [title, module] = into(box);
    if (title.empty()) {
      kept.push_back(std::move(box));
    } else if (const auto [at, fresh] = place.try_emplace(title, kept.size()); fresh) {
      box.module = module;
      box.folded_as = title;
      kept.push_back(std::move(box));
    } else {
      auto& nodes_there = kept[at->second].nodes;
      nodes_there.insert(nodes_there.end(), box.nodes.begin(), box.nodes.end());
    }
  }
  boxes = std::move(kept);
  folded_nodes = folded_boxes = 0;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (Value v : boxes[i].nodes) box_of_id[v.id] = i;
    if (!folded(boxes[i])) continue;
    folded_nodes += boxes[i].nodes.size();
    ++folded_boxes;
  }
}

bool is_number(const Graph& graph, Value v) {
  if (v.node().leaf != Leaf::constant || v.type().shape.elements() != 1 || graph.users(v).empty()) return false;
  const bool is_output = std::ranges::any_of(graph.outputs(), [v](const auto& output) { return output.second == v; });
  const bool is_next = std::ranges::any_of(graph.updates(), [v](const auto& update) { return update.second == v; });
  return !is_output && !is_next;
}

Picture picture_of(const Graph& graph) {
  Picture made{.graph = &graph};
  made.box_of_id.assign(graph.end_of_ids(), Box::none);
  UpdateFamilies updates = update_families(graph);
  made.families = std::move(updates.titles);

  const std::vector<Value> order = graph.topological();
  std::set<std::string> modules;
  for (Value v : order) modules.insert(v.node().at.module);
  for (Value v : order) {
    ++made.nodes;
    if (is_number(graph, v)) continue;
    Box box{.nodes = {v}, .module = module_of(graph, v, modules), .phase = v.node().phase};
    if (const auto at = updates.family.find(v.id); at != updates.family.end()) {
      box.family = at->second;
      box.phase = Phase::update;
      box.module.clear();
    }
    made.box_of_id[v.id] = made.boxes.size();
    made.boxes.push_back(std::move(box));
  }
  return made;
}

}  // namespace vitrine
