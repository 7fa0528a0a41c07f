#include "compiler/sketch.hpp"

#include <algorithm>
#include <ranges>

#include "compiler/annotations.hpp"
#include "compiler/units.hpp"
#include "compiler/verify.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// As strict as the reader of a text: what is handed out must be readable again.
bool stands(const Graph& graph) {
  verify(graph);
  for (Value v : graph.topological())
    if (v.node().group) {
      for (const Unit& unit : units_of(graph).units)
        if (!unit.members.empty()) iteration_of(unit);
      break;
    }
  return true;
}

const Op& fitting(const Sketch::Line& line, const std::vector<Value>& operands) {
  if (!line.resized) return *line.node.op;
  std::vector<Type> in;
  for (Value operand : operands) in.push_back(operand.type());
  return line.resized->type(in).ok() ? *line.resized : *line.node.op;
}

}  // namespace

Sketch::Sketch(const Graph& graph) : name(graph.name()) {
  for (Value v : graph.topological()) {
    lines.push_back({v.id, v.node(), {}, {}});
    for (Value operand : v.operands()) lines.back().operands.push_back(operand.id);
    lines.back().node.operands.clear();
  }
  for (const auto& [output, v] : graph.outputs()) outputs.emplace_back(output, v.id);
  for (const auto& [state, next] : graph.updates()) updates.emplace_back(state.id, next.id);
}

std::optional<Graph> Sketch::graph() const try {
  Graph made(name);
  std::map<std::uint32_t, Value> now;
  for (const Line& line : lines) {
    const Node& node = line.node;
    made.take_id(line.id);
    Value& copy = now[line.id];
    if (node.leaf == Leaf::input)
      copy = made.input(node.name, node.type);
    else if (node.leaf == Leaf::state)
      copy = made.state(node.name, node.type, node.init);
    else if (node.leaf == Leaf::constant)
      copy = made.constant({node.type, *node.literal});
    else {
      std::vector<Value> operands;
      for (const std::uint32_t id : line.operands) operands.push_back(now.at(id));
      copy = made.add(fitting(line, operands), operands);
    }
    Annotations::set(copy, node.at, node.phase, node.origin, node.group);
  }
  for (const auto& [output, id] : outputs) made.output(output, now.at(id));
  for (const auto& [state, next] : updates) made.update(now.at(state), now.at(next));
  if (!stands(made)) return {};
  return made;
} catch (const UsageError&) {
  return {};
} catch (const InternalError&) {
  return {};
}

void Sketch::replace_uses(std::uint32_t of, std::uint32_t by) {
  for (Line& line : lines) std::ranges::replace(line.operands, of, by);
  for (auto& [output, id] : outputs)
    if (id == of) id = by;
  for (auto& [state, next] : updates)
    if (next == of) next = by;
}

void Sketch::become_input(Line& line) {
  Node made;
  made.leaf = Leaf::input;
  made.type = line.node.type;
  made.name = "v" + std::to_string(line.id);
  while (std::ranges::any_of(lines, [&](const Line& other) { return other.node.name == made.name; })) made.name += "_";
  line = {line.id, std::move(made), {}, {}};
}

std::vector<std::size_t> Sketch::uses() const {
  std::uint32_t end = 0;
  for (const Line& line : lines) end = std::max(end, line.id + 1);
  std::vector<std::size_t> made(end);
  for (const Line& line : lines)
    for (const std::uint32_t id : line.operands) ++made[id];
  for (const auto& [output, id] : outputs) ++made[id];
  for (const auto& [state, next] : updates) ++made[state], ++made[next];
  return made;
}

void Sketch::sweep(const std::vector<std::size_t>& before) {
  std::vector<std::size_t> now = uses();
  std::vector<Line> left;
  for (Line& line : lines | std::views::reverse) {
    if (now[line.id] > 0 || before[line.id] == 0)
      left.push_back(std::move(line));
    else
      for (const std::uint32_t id : line.operands) --now[id];
  }
  std::ranges::reverse(left);
  lines = std::move(left);
}

}  // namespace vitrine
