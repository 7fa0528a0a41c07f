#include "compiler/once.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace vitrine {

namespace {

/// What of a draft holds the same at every run.
class Lasting {
 public:
  explicit Lasting(const Draft& draft) : tensors_(draft.tensors.size()) {
    for (const Draft::Update& update : draft.updates) updated_.insert(update.state);
  }
  bool operator()(const Slot& slot) const {
    switch (slot.space) {
      case Space::constant: return true;
      case Space::state: return !updated_.contains(slot.index);
      case Space::arena: return tensors_[slot.index];
      default: return false;
    }
  }
  /// Whether a step whose operands all last may run once: it must not write what outlives the program.
  bool all(const Step& step) const {
    const auto in_arena = [](const Slot& slot) { return slot.space == Space::arena; };
    return std::ranges::all_of(step.operands, std::cref(*this)) && std::ranges::all_of(step.results, in_arena);
  }
  void add(const Step& step) {
    for (const Slot& slot : step.results) tensors_[slot.index] = true;
  }

 private:
  std::vector<bool> tensors_;
  std::set<std::uint32_t> updated_{};
};

}  // namespace

void mark_once(Draft& draft) {
  Lasting lasting(draft);
  std::vector<Step>& steps = draft.plan.steps;
  for (bool found = true; found;) {  // copies stand behind the steps that read them
    found = false;
    for (Step& step : steps)
      if (!step.once && lasting.all(step)) lasting.add(step), step.once = found = true;
  }
  for (Step& step : steps)
    for (std::size_t k = 0; k < step.operands.size(); ++k)
      if (lasting(step.operands[k])) step.lasting.push_back(k);
}

void pack_once(Draft& draft) {
  struct Copy {
    std::size_t step;
    Slot from;
    std::string kernel;
  };
  std::vector<Copy> copies;
  std::vector<Step>& steps = draft.plan.steps;
  std::map<std::uint32_t, std::size_t> writers;
  for (std::size_t i = 0; i < steps.size(); ++i)
    for (const Slot& slot : steps[i].results)
      if (slot.space == Space::arena) writers[slot.index] = i;
  const std::size_t end = steps.size();
  for (std::size_t i = 0; i < end; ++i) {
    if (!steps[i].choice.packing) continue;
    const Packing packing = steps[i].choice.packing;
    const Slot from = steps[i].operands[packing.operand];
    auto copy = std::ranges::find_if(
        copies, [&](const Copy& other) { return other.from == from && other.kernel == packing.kernel; });
    if (copy == copies.end()) {
      const Slot to = draft.add_tensor(from.value, {DType::u8, Shape{} << packing.bytes}, draft.next_value++);
      copies.push_back({steps.size(), from, packing.kernel});
      copy = copies.end() - 1;
      steps.push_back({.operands = {from},
                       .results = {to},
                       .choice = {.kernel = packing.kernel, .reason = "once, when the program is loaded"},
                       .nodes = {from.value},
                       .once = true,
                       .lasting = {0}});
      draft.later.emplace_back();
      if (from.space == Space::arena) draft.later[writers.at(from.index)].push_back(copy->step);
    }
    steps[i].packed = steps[copy->step].results[0];
    draft.later[copy->step].push_back(i);
  }
}

}  // namespace vitrine
