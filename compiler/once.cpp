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

/// Whether two steps pack the same the same way, for ops that read it alike.
bool packs_alike(const Step& a, const Step& b) {
  return a.operands == b.operands && a.choice.kernel == b.choice.kernel && a.packs_for == b.packs_for;
}

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
  std::vector<std::size_t> copies;
  std::vector<Step>& steps = draft.plan.steps;
  std::map<std::uint32_t, std::size_t> writers;
  for (std::size_t i = 0; i < steps.size(); ++i)
    for (const Slot& slot : steps[i].results)
      if (slot.space == Space::arena) writers[slot.index] = i;
  const std::size_t end = steps.size();
  for (std::size_t i = 0; i < end; ++i) {
    if (!steps[i].choice.packing) continue;
    Step pack{.choice = {.kernel = steps[i].choice.packing.kernel, .reason = "once, when the program is loaded"},
              .packs_for = steps[i].head,
              .once = true};
    for (const std::size_t operand : steps[i].choice.packing.operands) {
      pack.lasting.push_back(pack.operands.size());
      pack.operands.push_back(steps[i].operands[operand]);
    }
    auto copy = std::ranges::find_if(copies, [&](std::size_t other) { return packs_alike(steps[other], pack); });
    if (copy == copies.end()) {
      const std::uint32_t node = pack.operands[0].value;
      pack.results = {
          draft.add_tensor(node, {DType::u8, Shape{} << steps[i].choice.packing.bytes}, draft.next_value++)};
      pack.nodes = {node};
      copy = copies.insert(copies.end(), steps.size());
      draft.later.emplace_back();
      for (const Slot& from : pack.operands)
        if (from.space == Space::arena) draft.later[writers.at(from.index)].push_back(*copy);
      steps.push_back(std::move(pack));
    }
    steps[i].packed = steps[*copy].results[0];
    draft.later[*copy].push_back(i);
  }
}

}  // namespace vitrine
