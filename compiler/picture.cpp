#include "compiler/picture.hpp"

#include <map>
#include <set>

#include "compiler/module_path.hpp"

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

bool Picture::hands_on(Value v, Value user) const {
  const Turn &from = turn_of_id[v.id], &to = turn_of_id[user.id];
  return from.repeats != Box::none && from.repeats == to.repeats && from.turn != to.turn &&
         v.node().phase == user.node().phase;
}

void Picture::fold(const std::function<Fold(const Box&)>& into) {
  std::map<std::pair<std::string, std::string>, std::size_t> place;
  std::vector<Box> kept;
  for (Box& box : boxes) {
    const auto [title, module, repeat] = into(box);
    if (title.empty()) {
      kept.push_back(std::move(box));
      continue;
    }
    if (repeat) box.repeats.insert(box.repeats.begin(), box.nodes.begin(), box.nodes.end()), box.nodes.clear();
    if (const auto [at, fresh] = place.try_emplace({title, module}, kept.size()); fresh) {
      box.module = module;
      box.folded_as = title;
      kept.push_back(std::move(box));
    } else {
      Box& there = kept[at->second];
      there.nodes.insert(there.nodes.end(), box.nodes.begin(), box.nodes.end());
      there.repeats.insert(there.repeats.end(), box.repeats.begin(), box.repeats.end());
    }
  }
  boxes = std::move(kept);
  number_boxes();
}

void Picture::number_boxes() {
  folded_nodes = folded_boxes = repeated_nodes = 0;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (Value v : boxes[i].nodes) box_of_id[v.id] = i;
    for (Value v : boxes[i].repeats) box_of_id[v.id] = i;
    repeated_nodes += boxes[i].repeats.size();
    if (!folded(boxes[i])) continue;
    folded_nodes += boxes[i].nodes.size();
    ++folded_boxes;
  }
}

bool Repeats::contains(const std::string& module) const {
  const NumberedModule begin = numbered_module(first), end = numbered_module(last), one = numbered_module(module);
  return !one.path.empty() && one.parent == begin.parent && one.number >= begin.number && one.number <= end.number;
}

std::string title_of(const Repeats& r) { return r.first + " to " + r.last + " (× " + std::to_string(r.times) + ")"; }

bool is_number(const Graph& graph, Value v) {
  return v.node().leaf == Leaf::constant && v.type().shape.elements() == 1 && graph.is_read(v) && !graph.is_result(v);
}

Picture picture_of(const Graph& graph) {
  Picture made{.graph = &graph};
  made.box_of_id.assign(graph.end_of_ids(), Box::none);
  made.turn_of_id.assign(graph.end_of_ids(), {});
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
