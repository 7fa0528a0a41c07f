#include "tools/report/places.hpp"

#include <set>

#include "compiler/escape.hpp"
#include "vitrine/attribute.hpp"

namespace vitrine {

namespace {

/// A state's name ("up.weight") says where it belongs: to the longest part of it that is a module. What knows no module
/// stands with the node it was made of.
std::string module_of(const History& history, std::uint32_t id, const std::set<std::string>& modules) {
  const Node& node = node_of(history, id);
  if (!node.at.module.empty()) return node.at.module;
  std::string path = node.name;
  for (auto dot = path.rfind('.'); dot != std::string::npos; dot = path.rfind('.')) {
    path.resize(dot);
    if (modules.contains(path)) return path;
  }
  for (const std::uint32_t from : node.origin)
    if (history.was_there(from)) return node_of(history, from).at.module;
  return "";
}

/// The attributes that tell something: a flag that is not set does not, nor does the shape that the type repeats.
std::string title_of(const Node& node) {
  if (!node.op) return node.leaf == Leaf::constant ? "constant" : visible(node.name);
  std::string made(node.op->name());
  for (const Attribute& a : node.op->info->print(node.op->attributes.get()))
    if (a.text != "false" && a.text != print_attribute(node.type.shape))
      made += " " + (a.text == "true" ? a.name : a.name + " " + a.text);
  return visible(made);
}

std::vector<std::string> parts_of(const std::string& module) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < module.size();) {
    const std::size_t end = std::min(module.find('.', begin), module.size());
    parts.push_back(module.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

const Node& node_of(const History& history, std::uint32_t id) {
  return history.graph.node(Value{const_cast<Graph*>(&history.graph), id});
}

Scene scene_of(const History& history) {
  std::set<std::string> modules;
  const auto end = static_cast<std::uint32_t>(history.operands.size());
  for (std::uint32_t id = 0; id < end; ++id)
    if (history.was_there(id)) modules.insert(node_of(history, id).at.module);
  Scene made(end);
  for (std::uint32_t id = 0; id < end; ++id) {
    if (!history.was_there(id)) continue;
    const Node& node = node_of(history, id);
    made[id].node = &node;
    made[id].operands = history.operands[id];
    for (const std::uint32_t from : node.origin)
      if (history.was_there(from)) made[id].origin.push_back(from);
    Place& place = made[id].place;
    place.title = title_of(node);
    place.drawn = node.leaf != Leaf::constant || node.type.shape.elements() != 1;
    place.lane = node.phase == Phase::gradient ? Lane::gradient : Lane::forward;
    const std::size_t whose = node.name.find(':');  // "adam.m:up.weight", in the frame of up.weight's update
    if (const auto family = history.family.find(id); family != history.family.end()) {
      place.lane = Lane::update;
      place.frames = {updates_frame, history.families[family->second]};
      if (whose != std::string::npos) place.title = visible(node.name.substr(0, whose));
      continue;
    }
    if (node.phase == Phase::update) {  // of no family: erased before the last look at them
      place.lane = Lane::update;
      place.frames = {updates_frame};
      continue;
    }
    place.module = module_of(history, id, modules);
    place.frames = parts_of(place.module);
    if (!place.module.empty() && node.name.starts_with(place.module + "."))
      place.title = visible(node.name.substr(place.module.size() + 1));
  }
  return made;
}

}  // namespace vitrine
