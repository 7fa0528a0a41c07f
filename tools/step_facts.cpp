#include "tools/step_facts.hpp"

#include <fmt/format.h>

#include "compiler/cost.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/take_rows.hpp"
#include "vitrine/ops/write_rows.hpp"

namespace vitrine {

namespace {

/// Elements that are there, however often they are repeated.
double bytes_of(const Slot& slot) {
  double bytes = static_cast<double>(size_of(slot.type.dtype));
  for (int i = 0; i < slot.type.shape.rank(); ++i)
    if (slot.strides[static_cast<std::size_t>(i)] != 0) bytes *= static_cast<double>(slot.type.shape[i].size);
  return slot.type.shape.elements() == 0 ? 0 : bytes;
}

/// Whether it is new rows in a cache, and no other byte of it is read or written.
bool writes_rows_in_place(const Step& step) {
  if (!step.head || !as<WriteRows>(&*step.head)) return false;
  const Slot &cache = step.operands[0], &result = step.results[0];
  return cache.space == result.space && cache.index == result.index && cache.offset == result.offset;
}

double bytes_read(const Step& step) {
  std::map<std::tuple<Space, std::uint32_t, std::size_t>, double> places;  // another view of the same is no other
  for (std::size_t k = 0; k < step.operands.size(); ++k) {
    const Slot& slot = step.operands[k];
    double bytes = bytes_of(slot);
    if (k == 0 && step.head && (as<Gather>(&*step.head) || as<TakeRows>(&*step.head)))
      bytes = std::min(bytes, static_cast<double>(step.head_type.bytes()));
    if (k == 0 && writes_rows_in_place(step)) continue;
    double& known = places[{slot.space, slot.index, slot.offset}];
    known = std::max(known, bytes);
  }
  double bytes = 0;
  for (const auto& [place, size] : places) bytes += size;
  return bytes;
}

/// "4 mul, add": each op once, in the order of first appearance.
std::string counted(std::span<const std::string_view> names) {
  std::vector<std::pair<std::string_view, int>> counts;
  for (const std::string_view name : names) {
    const auto known = std::ranges::find(counts, name, &std::pair<std::string_view, int>::first);
    known == counts.end() ? void(counts.emplace_back(name, 1)) : void(++known->second);
  }
  std::string text;
  for (const auto& [name, count] : counts)
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", count > 1 ? fmt::format("{} ", count) : "", name);
  return text;
}

/// Of a parameter and its moments, "up.weight" and "adam.m:up.weight", the parameter: the shortest name.
std::string written_state(const Plan& plan, const Step& step) {
  std::string made;
  for (const Slot& slot : step.results) {
    if (slot.space != Space::state) continue;
    const std::string& name = plan.states[slot.index].first;
    if (made.empty() || name.size() < made.size()) made = name;
  }
  return made;
}

}  // namespace

std::string_view side_of(Phase phase) {
  return phase == Phase::gradient ? " (gradient)" : phase == Phase::update ? " (update)" : "";
}

StepFacts facts_of(const Graph& graph, const Plan& plan, std::size_t number) {
  const Step& step = plan.steps[number];
  StepFacts made{.number = number, .bytes_read = bytes_read(step)};
  for (const Slot& slot : step.results) made.bytes_written += bytes_of(slot);
  if (writes_rows_in_place(step)) made.bytes_written = bytes_of(step.operands[1]);
  const bool copies = step.operand_nodes.empty() && !step.operands.empty();
  Value lead;
  std::vector<std::string_view> others;
  for (const std::uint32_t id : step.nodes) {
    const Value v = graph.find(id);
    if (!v) continue;
    if (v.op()) made.nodes.emplace_back(id, v.op()->name());
    if (copies || !v.op()) continue;
    made.operations += cost_of(v).operations;
    if (!lead && step.head && v.op()->info == step.head->info)
      lead = v;
    else
      others.push_back(v.op()->name());
  }
  made.what = copies ? "copy" : counted(others);
  if (lead) made.what = std::string(lead.op()->name()) + (others.empty() ? "" : " + " + made.what);
  const Value shown = lead ? lead : step.nodes.empty() ? Value{} : graph.find(step.nodes.back());
  if (shown) {
    made.module = shown.node().at.module;
    made.phase = shown.node().phase;
  }
  if (made.module.empty()) made.module = written_state(plan, step);
  if (!copies) made.kind = lead ? lead.op()->info->doc.kind : Kind::arithmetic;
  return made;
}

}  // namespace vitrine
