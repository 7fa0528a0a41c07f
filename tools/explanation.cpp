#include "tools/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "compiler/compile.hpp"
#include "compiler/cost.hpp"
#include "compiler/escape.hpp"
#include "compiler/print.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/isa.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

/// A node of the compiled graph, dead or alive. Ids are kept from the trace on.
Value any_node(const Compilation& whole, std::uint32_t id) { return {const_cast<Graph*>(&whole.compiled()), id}; }
bool was_ever(const Compilation& whole, std::uint32_t id) {
  if (id >= whole.compiled().end_of_ids()) return false;
  const Node& node = any_node(whole, id).node();
  return node.op || node.leaf != Leaf::none;
}

/// The line that a node comes from: its own, or that of what it was made of, or of who first read a leaf.
Location place_of_node(const Compilation& whole, std::uint32_t id, int depth = 0) {
  const Node& node = any_node(whole, id).node();
  Location at = node.at;
  for (const std::uint32_t from : node.origin) {
    if (at.line != 0 || depth > 16) break;
    if (!was_ever(whole, from) || from == id) continue;
    const Location other = place_of_node(whole, from, depth + 1);
    if (other.line != 0) at.file = other.file, at.line = other.line;
    if (at.module.empty()) at.module = other.module;
  }
  if (at.line == 0 && !node.op)
    for (Value user : whole.traced().find(id) ? whole.traced().users(whole.traced().find(id)) : std::vector<Value>{})
      if (at.line == 0 && user.node().at.line != 0) at = user.node().at;
  return at;
}

std::string first_line(const Compilation& whole, std::uint32_t id) {
  for (const Graph* graph : {&whole.traced(), &whole.given()})
    if (const Value v = graph->find(id)) return visible(line_of(v));
  for (const Rewrite& r : whole.rewrites())
    for (const Seen& seen : r.made)
      if (seen.value.id == id) return visible(line_of(seen));
  return visible(line_of(any_node(whole, id)));
}

std::string birth_of(const Compilation& whole, std::uint32_t id) {
  if (whole.traced().find(id)) return "the trace of the model";
  for (const Rewrite& r : whole.rewrites())
    for (const Seen& seen : r.made)
      if (seen.value.id == id) return fmt::format("pass {}", r.pass);
  return any_node(whole, id).node().phase == Phase::update ? "the optimizer" : "differentiation";
}

/// Nodes that the derivative rule of a forward node made.
std::vector<std::string> made_by_rule(const Compilation& whole, const Life& life) {
  std::vector<std::string> made;
  for (Value v : whole.given().topological()) {
    const Node& node = v.node();
    if (node.phase != Phase::gradient || !node.op || node.origin.empty()) continue;
    if (std::ranges::find(life.nodes, node.origin[0]) != life.nodes.end()) made.push_back(visible(line_of(v)));
  }
  return made;
}

/// Where nothing has its value any more: what is computed instead by those who read it, as the record tells. Who read
/// it may have gone for the same reason.
std::string replacement_of(const Compilation& whole, std::uint32_t id, int depth = 0) {
  const auto reads = [&](Value v) { return v.id == id; };
  std::string further;
  for (const Rewrite& r : whole.rewrites()) {
    const Seen& old = r.matched[0];
    if (r.matched.size() != 1 || std::ranges::none_of(old.operands, reads)) continue;
    if (!r.by) {  // erased too
      if (further.empty() && depth < 16 && !whole.compiled().find(old.value.id))
        further = replacement_of(whole, old.value.id, depth + 1);
      continue;
    }
    const bool still =
        std::ranges::any_of(r.made, [&](const Seen& seen) { return std::ranges::any_of(seen.operands, reads); });
    if (!still)
      return fmt::format("{}: {} has the value of {}, which read {} ({})", r.pass, visible(line_of(r.by)),
                         visible(name_of(old.value)), depth ? "what read it" : "it", visible(r.rule));
  }
  return further.empty() && depth == 0 ? "nothing: no result needed it" : further;
}

}  // namespace

std::uint32_t find_node(const Compilation& whole, const std::string& model, const std::string& asked) {
  const std::string_view bare = asked.starts_with('%') ? std::string_view(asked).substr(1) : std::string_view(asked);
  std::uint32_t id = 0;
  const char* end = bare.data() + bare.size();
  const auto [stop, error] = std::from_chars(bare.data(), end, id);
  const bool is_number = error == std::errc() && stop == end;
  if (is_number && was_ever(whole, id)) return id;
  std::vector<std::string> names;
  for (const Graph* graph : {&whole.given(), &whole.traced()}) {
    if (const Value leaf = graph->find(bare)) return leaf.id;
    for (const auto& [name, v] : graph->outputs()) {
      if (name == bare) return v.id;
      names.push_back(name);
    }
    for (Value v : graph->topological())
      if (!v.node().name.empty()) names.push_back(v.node().name);
  }
  std::string near;
  if (is_number) {
    std::uint32_t below = std::min(id, whole.compiled().end_of_ids());
    while (below > 0 && !was_ever(whole, below)) --below;
    near = fmt::format("; the nearest is {}", first_line(whole, below));
  } else {
    const std::vector<std::string_view> known(names.begin(), names.end());
    if (const std::string_view name = nearest(bare, known); !name.empty())
      near = fmt::format("; did you mean '{}'?", visible(name));
  }
  throw UsageError(
      fmt::format("explain: {} has no node '{}'{} ('vitrine show {}' lists its nodes, with --after PASS "
                  "those of any point)",
                  visible(whole.given().name()), visible(asked), near, visible(model)));
}

Explanation explanation_of(const Compilation& whole, std::uint32_t id) {
  Explanation made{.node = id};
  made.line = first_line(whole, id);
  made.at = place_of_node(whole, id);
  made.life = life_of(whole, id);
  made.born = birth_of(whole, id);
  const Value asked = any_node(whole, id);
  const Node& node = asked.node();
  made.phase = node.phase;
  if (node.phase != Phase::forward && !node.origin.empty() && was_ever(whole, node.origin[0]))
    made.made_for = first_line(whole, node.origin[0]);
  if (node.op) {
    std::vector<Type> types;
    for (Value operand : node.operands) types.push_back(operand.type());
    made.mathematics = mathematics_of(*node.op, types);
  }
  if (node.phase == Phase::forward && whole.is_training()) made.derivative_nodes = made_by_rule(whole, made.life);
  const Graph& graph = whole.compiled();
  const Plan plan = compile(graph, CpuTarget(best_isa(), Provider::automatic));
  if (!made.life.alive) {
    made.replaced_by = replacement_of(whole, made.life.nodes.back());
    return made;
  }
  const Value last = graph.find(made.life.nodes.back());
  made.last_line = visible(line_of(last));
  made.place = place_of(graph, plan, last);
  if (last.op()) {
    const Cost alone = cost_of(last);
    made.operations = alone.operations, made.bytes = alone.bytes;
    made.bytes_in_step = costs_of(graph).at(last.id).bytes;
  }
  for (const auto& [name, v] : graph.outputs())
    if (v == last) made.results.push_back("output " + visible(name));
  for (const auto& [state, next] : graph.updates())
    if (next == last) made.results.push_back("the next value of " + visible(state.node().name));
  if (const Value next = last.op() ? Value{} : graph.next(last)) made.next_line = visible(line_of(next));
  return made;
}

}  // namespace vitrine
