#include "compiler/steps.hpp"

#include <algorithm>
#include <cstring>

#include "compiler/kernel_of.hpp"
#include "compiler/units.hpp"
#include "compiler/view.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

class Drafter {
 public:
  explicit Drafter(const Graph& graph) : graph_(graph), cut_(units_of(graph)) {
    draft_.plan.name = graph.name();
    draft_.next_value = graph.end_of_ids();
    place_inputs_and_states();
    for (const Unit& unit : cut_.units)
      for (const auto* values : {&unit.stored, &unit.sinks, &unit.companions})
        for (Value v : *values) slots_[v.id] = draft_.add_tensor(v.id, v.type(), v.id);
    for (Value v : cut_.needed) place(v);
    for (const Unit& unit : cut_.units) add_step(unit);
    for (const auto& [state, next] : graph.updates())
      if (state != next) draft_.updates.push_back({slots_.at(state.id).index, slots_.at(next.id)});
    for (const auto& [name, v] : graph.outputs()) draft_.plan.outputs.push_back({name, output_slot(v)});
  }
  Draft take() { return std::move(draft_); }

 private:
  static Slot leaf_slot(Space space, std::size_t index, const Type& type, std::uint32_t value) {
    return {.space = space,
            .index = static_cast<std::uint32_t>(index),
            .type = type,
            .strides = dense_strides(type.shape),
            .value = value};
  }

  void place_inputs_and_states() {
    for (Value v : graph_.topological()) {
      const Node& node = v.node();
      if (node.leaf == Leaf::input) {
        slots_[v.id] = leaf_slot(Space::input, draft_.plan.inputs.size(), node.type, v.id);
        draft_.plan.inputs.emplace_back(node.name, node.type);
      } else if (node.leaf == Leaf::state) {
        slots_[v.id] = leaf_slot(Space::state, draft_.plan.states.size(), node.type, v.id);
        draft_.plan.states.emplace_back(node.name, node.type);
        draft_.plan.initial.push_back(node.init);
      }
    }
  }

  void place_constant(Value v, const Constant& constant) {
    if (constant.type == Type{}) std::memcpy(&sources_.numbers[v.id], constant.bytes.data(), sizeof(float));
    slots_[v.id] = leaf_slot(Space::constant, draft_.plan.constants.size(), constant.type, v.id);
    draft_.plan.constants.push_back(constant);
  }

  void place(Value v) {
    if (v.node().leaf == Leaf::constant) place_constant(v, {v.type(), *v.node().literal});
    if (const auto source = cut_.sources.find(v.id); source != cut_.sources.end()) place_constant(v, source->second);
    if (!cut_.views.contains(v.id)) return;
    const Value operand = v.operands()[0];
    if (const auto number = sources_.numbers.find(operand.id); number != sources_.numbers.end())
      sources_.numbers[v.id] = number->second;
    const auto view = view_of(*v.op(), slots_.at(operand.id), v.type());
    slots_[v.id] = view ? *view : *view_of(*v.op(), dense_copy(operand, v.id), v.type());
  }

  /// A value that strides cannot show otherwise is copied once, however many look at it.
  const Slot& dense_copy(Value operand, std::uint32_t for_node) {
    const auto [at, fresh] = copies_.try_emplace(operand.id);
    if (fresh) at->second = draft_.copy(slots_.at(operand.id), for_node);
    return at->second;
  }

  void add_step(const Unit& unit) {
    Step step;
    if (unit.head) {
      step.head = *unit.head.op();
      step.head_type = unit.head.type();
      step.nodes.push_back(unit.head.id);
      for (Value operand : unit.head.operands()) add_operand(step, operand);
      step.head_operands = step.operands.size();
    }
    if (!unit.members.empty()) add_kernel(step, unit);
    for (Value v : unit.stored) step.results.push_back(slots_.at(v.id));
    for (Value v : unit.sinks) {
      step.sinks.push_back(*v.op());
      step.results.push_back(slots_.at(v.id));
      step.nodes.push_back(v.id);
    }
    for (Value v : unit.companions) {
      step.companions.push_back(*v.op());
      step.results.push_back(slots_.at(v.id));
      step.nodes.push_back(v.id);
    }
    for (Value v : unit.members) step.nodes.push_back(v.id);
    std::ranges::sort(step.nodes);
    step.group = (unit.head ? unit.head : unit.members[0]).node().group;
    draft_.plan.steps.push_back(std::move(step));
  }

  void add_operand(Step& step, Value operand) const {
    step.operands.push_back(slots_.at(operand.id));
    step.operand_nodes.push_back(operand.id);
  }

  /// Kernel inputs are the head's result, then every value from outside, each once.
  void add_kernel(Step& step, const Unit& unit) {
    sources_.inputs.clear();
    std::uint16_t inputs = 0;
    if (unit.head) sources_.inputs[unit.head.id] = inputs++;
    std::set<std::uint32_t> members;
    for (Value v : unit.members) members.insert(v.id);
    const auto read = [&](Value operand) {
      if (members.contains(operand.id) || sources_.numbers.contains(operand.id) ||
          !sources_.inputs.try_emplace(operand.id, inputs).second)
        return;
      add_operand(step, operand);
      ++inputs;
    };
    for (Value v : unit.members)
      for (Value operand : v.operands()) read(operand);
    for (Value sink : unit.sinks) read(sink.operands()[0]);
    std::vector<Value> results = unit.stored;
    for (Value sink : unit.sinks) results.push_back(sink.operands()[0]);
    step.kernel = kernel_of(unit.members, sources_, results);
    step.iteration = iteration_of(unit);
  }

  Slot output_slot(Value v) {
    const Slot slot = slots_.at(v.id);
    const bool old_state = slot.space == Space::state &&
                           std::ranges::any_of(draft_.updates, [&](const auto& u) { return u.state == slot.index; });
    return old_state || !is_dense(slot) ? draft_.copy(slot, v.id) : slot;
  }

  const Graph& graph_;
  Units cut_;
  Draft draft_;
  std::map<std::uint32_t, Slot> slots_;   // where each value lies
  std::map<std::uint32_t, Slot> copies_;  // of values whose own place a reshape could not read
  KernelSources sources_;
};

}  // namespace

Draft draft_steps(const Graph& graph) { return Drafter(graph).take(); }

}  // namespace vitrine
