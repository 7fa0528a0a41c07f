#include "compiler/cuts.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "compiler/cut_sizes.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

using Line = Sketch::Line;

bool is_number_line(const Line& line) { return line.node.leaf == Leaf::constant && line.node.type.shape.empty(); }

/// The indices of lines that are like this.
template <class Like> std::vector<std::size_t> lines_that(const Sketch& sketch, Like&& like) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < sketch.lines.size(); ++i)
    if (like(sketch.lines[i])) found.push_back(i);
  return found;
}
// results

std::size_t count_results(const Sketch& s) { return s.outputs.size() + s.updates.size(); }
template <class List> void erase_part(List& list, std::size_t first, std::size_t last) {
  last = std::min(last, list.size()), first = std::min(first, last);
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(first), list.begin() + static_cast<std::ptrdiff_t>(last));
}
void cut_results(Sketch& s, std::size_t first, std::size_t last) {
  const auto before = s.uses();
  const std::size_t outputs = s.outputs.size();
  erase_part(s.updates, first - std::min(first, outputs), last - std::min(last, outputs));
  erase_part(s.outputs, first, last);
  s.sweep(before);
}

// ops

std::vector<std::size_t> ops_of(const Sketch& s) {
  return lines_that(s, [](const Line& line) { return line.node.op.has_value(); });
}
void add_output(Sketch& s, std::uint32_t id) {
  std::string name = "v" + std::to_string(id);
  while (std::ranges::any_of(s.outputs, [&](const auto& output) { return output.first == name; })) name += "_";
  s.outputs.emplace_back(name, id);
}
void cut_ops(Sketch& s, std::size_t first, std::size_t last) {
  const auto before = s.uses();
  std::set<std::uint32_t> gone;
  for (const std::size_t i : part(ops_of(s), first, last)) gone.insert(s.lines[i].id);
  std::set<std::uint32_t> from_outside;
  for (const auto& [output, id] : s.outputs) from_outside.insert(id);
  for (const auto& [state, next] : s.updates) from_outside.insert(next);
  for (const Line& line : s.lines)
    if (!gone.contains(line.id)) from_outside.insert(line.operands.begin(), line.operands.end());
  std::vector<std::uint32_t> results;
  for (Line& line : s.lines) {
    const bool goes = gone.contains(line.id);
    if (!goes && line.node.op && before[line.id] > 0 && !from_outside.contains(line.id)) results.push_back(line.id);
    if (goes && from_outside.contains(line.id)) s.become_input(line);
  }
  std::erase_if(s.lines, [&](const Line& line) { return line.node.op && gone.contains(line.id); });
  for (const std::uint32_t id : results) add_output(s, id);
  s.sweep(before);
}

// bypasses

struct Bypass {
  std::uint32_t id, operand;
};
std::vector<Bypass> bypasses_of(const Sketch& s) {
  std::map<std::uint32_t, const Type*> type_of;
  std::vector<Bypass> found;
  for (const Line& line : s.lines) {
    type_of[line.id] = &line.node.type;
    std::set<std::uint32_t> seen;
    for (const std::uint32_t operand : line.operands)
      if (*type_of.at(operand) == line.node.type && seen.insert(operand).second) found.push_back({line.id, operand});
  }
  return found;
}
void cut_bypasses(Sketch& s, std::size_t first, std::size_t last) {
  const auto before = s.uses();
  auto chosen = part(bypasses_of(s), first, last);
  std::map<std::uint32_t, std::uint32_t> by;  // users before operands, so that no one is bypassed to what has gone
  for (const Bypass& bypass : chosen) by.emplace(bypass.id, bypass.operand);
  for (auto line = s.lines.rbegin(); line != s.lines.rend(); ++line)
    if (const auto found = by.find(line->id); found != by.end()) s.replace_uses(line->id, found->second);
  std::erase_if(s.lines, [&](const Line& line) { return by.contains(line.id); });
  s.sweep(before);
}

// leaves

struct Merge {
  std::uint32_t id;
  std::optional<std::uint32_t> into;  // nothing where it is not read
};
std::vector<Merge> merges_of(const Sketch& s) {
  const auto uses = s.uses();
  std::set<std::uint32_t> updated;
  for (const auto& [state, next] : s.updates) updated.insert(state);
  std::vector<const Line*> kept;
  std::vector<Merge> found;
  for (const Line& line : s.lines) {
    if (line.node.op || is_number_line(line)) continue;
    const auto same = std::ranges::find_if(kept, [&](const Line* k) { return k->node.type == line.node.type; });
    if (uses[line.id] == 0)
      found.push_back({line.id, {}});
    else if (same != kept.end() && !updated.contains(line.id))
      found.push_back({line.id, (*same)->id});
    else
      kept.push_back(&line);
  }
  return found;
}
void cut_leaves(Sketch& s, std::size_t first, std::size_t last) {
  for (const Merge& merge : part(merges_of(s), first, last)) {
    if (merge.into) s.replace_uses(merge.id, *merge.into);
    std::erase_if(s.lines, [&](const Line& line) { return line.id == merge.id; });
  }
}

// numbers and constants

std::vector<std::size_t> tensors_of(const Sketch& s) {
  return lines_that(s, [](const Line& line) { return line.node.type.dtype == DType::f32 && !is_number_line(line); });
}
void cut_numbers(Sketch& s, std::size_t first, std::size_t last) {
  const auto before = s.uses();
  std::vector<std::byte> one(sizeof(float));
  const float number = 1;
  std::memcpy(one.data(), &number, sizeof number);
  for (const std::size_t i : part(tensors_of(s), first, last)) {
    Node made;
    made.leaf = Leaf::constant;
    made.type = Type{};
    made.literal = std::make_shared<const std::vector<std::byte>>(one);
    s.lines[i] = {s.lines[i].id, std::move(made), {}, {}};
  }
  s.sweep(before);
}
std::vector<std::size_t> constants_of(const Sketch& s) {
  return lines_that(s, [](const Line& line) { return line.node.leaf == Leaf::constant && !is_number_line(line); });
}
void cut_constants(Sketch& s, std::size_t first, std::size_t last) {
  for (const std::size_t i : part(constants_of(s), first, last)) s.become_input(s.lines[i]);
}

// attributes

struct Place {
  std::size_t line, attribute;
};
std::vector<Place> attributes_of(const Sketch& s) {
  std::vector<Place> found;
  for (const std::size_t i : ops_of(s)) {
    const Op& op = *s.lines[i].node.op;
    const std::size_t count = op.info->print(op.attributes.get()).size();
    for (std::size_t k = 0; k < count; ++k) found.push_back({i, k});
  }
  return found;
}
void cut_attributes(Sketch& s, std::size_t first, std::size_t last) {
  auto places = part(attributes_of(s), first, last);
  for (auto place = places.rbegin(); place != places.rend(); ++place) {  // the later ones keep no index of the earlier
    Op& op = *s.lines[place->line].node.op;
    auto attributes = op.info->print(op.attributes.get());
    attributes.erase(attributes.begin() + static_cast<std::ptrdiff_t>(place->attribute));
    try {
      op = op.info->parse(attributes);
    } catch (const UsageError&) {  // it cannot be without
    }
  }
}

// groups and notes

std::vector<std::uint32_t> groups_of(const Sketch& s) {
  std::set<std::uint32_t> found;
  for (const Line& line : s.lines)
    if (line.node.group) found.insert(line.node.group);
  return {found.begin(), found.end()};
}
void cut_groups(Sketch& s, std::size_t first, std::size_t last) {
  const auto groups = part(groups_of(s), first, last);
  for (Line& line : s.lines)
    if (std::ranges::find(groups, line.node.group) != groups.end()) line.node.group = 0;
}
bool has_notes(const Node& node) {
  return node.at != Location{} || node.phase != Phase::forward || !node.origin.empty();
}
std::vector<std::size_t> notes_of(const Sketch& s) {
  return lines_that(s, [](const Line& line) { return has_notes(line.node); });
}
void cut_notes(Sketch& s, std::size_t first, std::size_t last) {
  for (const std::size_t i : part(notes_of(s), first, last)) {
    Node& node = s.lines[i].node;
    node.at = {}, node.phase = Phase::forward, node.origin.clear();
  }
}

/// A Cut's count, from the list of what it is about.
template <auto List> std::size_t count(const Sketch& s) { return List(s).size(); }

}  // namespace

std::span<const Cut> every_cut() {
  static const std::array all{Cut{"results", count_results, cut_results},
                              Cut{"ops", count<ops_of>, cut_ops},
                              Cut{"bypasses", count<bypasses_of>, cut_bypasses},
                              Cut{"leaves", count<merges_of>, cut_leaves},
                              Cut{"numbers", count<tensors_of>, cut_numbers},
                              Cut{"constants", count<constants_of>, cut_constants},
                              sizes_to_one,
                              sizes_to_two,
                              sizes_halved,
                              sizes_one_less,
                              Cut{"attributes", count<attributes_of>, cut_attributes},
                              Cut{"groups", count<groups_of>, cut_groups},
                              Cut{"notes", count<notes_of>, cut_notes}};
  return all;
}

Size size_of(const Graph& graph) {
  Size made{.results = graph.outputs().size() + graph.updates().size()};
  std::set<std::uint32_t> groups;
  for (Value v : graph.topological()) {
    const Node& node = v.node();
    const bool constant = node.leaf == Leaf::constant;
    if (node.op)
      ++made.ops, made.attributes += node.op->info->print(node.op->attributes.get()).size();
    else if (!constant || !node.type.shape.empty())
      ++made.leaves;
    if (constant && !node.type.shape.empty()) made.elements += node.type.shape.elements();
    for (const Axis& axis : node.type.shape) made.sizes += axis.size;
    if (node.group) groups.insert(node.group);
    made.notes += has_notes(node);
  }
  made.groups = groups.size();
  return made;
}

}  // namespace vitrine
