#include "compiler/updates.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace vitrine {

namespace {

bool same_layout(const Slot& a, const Slot& b) {
  return a.offset == b.offset && a.type.bytes() == b.type.bytes() && is_dense(a) && is_dense(b);
}

class Committer {
 public:
  Committer(Draft& draft, const Target& target) : draft_(draft), target_(target), steps_(draft.plan.steps) {
    separate_swapped_states();
    for (std::size_t i = 0; i < steps_.size(); ++i) note_writes(i);
    draft_.later.resize(steps_.size());
    for (std::size_t i = 0; i < steps_.size(); ++i) wait_for_operands(i);
    for (const Draft::Update& update : draft_.updates)
      if (!write_in_place(update)) copy_in(update);
    for (Step& step : steps_) {
      for (Slot& slot : step.operands) move_home(slot);
      for (Slot& slot : step.results) move_home(slot);
    }
    for (NamedSlot& output : draft_.plan.outputs) move_home(output.slot);
  }

 private:
  /// A next value that is another state's old one is read after that state may be overwritten: it is copied first.
  void separate_swapped_states() {
    std::set<std::uint32_t> updated;
    for (const Draft::Update& u : draft_.updates) updated.insert(u.state);
    for (Draft::Update& u : draft_.updates)
      if (u.next.space == Space::state && updated.contains(u.next.index)) u.next = draft_.copy(u.next, u.next.value);
  }

  void note_writes(std::size_t step) {
    for (const Slot& slot : steps_[step].results)
      if (slot.space == Space::arena) writer_[slot.index] = step;
  }
  void wait_for_operands(std::size_t step) {
    for (const Slot& slot : steps_[step].operands) {
      if (slot.space == Space::arena) draft_.later[writer_.at(slot.index)].push_back(step);
      if (slot.space == Space::state) readers_[slot.index].insert(step);
    }
  }

  /// Whether a step may write its result over a state it reads: kernels may, at the element that they read, and a head
  /// by itself over the operand that the target names. Where a kernel follows, a head never writes to a state.
  bool may_overwrite(const Step& step, const Slot& result, std::uint32_t state) const {
    for (std::size_t k = 0; k < step.operands.size(); ++k) {
      const Slot& slot = step.operands[k];
      if (slot.space != Space::state || slot.index != state) continue;
      if (!same_layout(slot, result)) return false;
      if (k >= step.head_operands) continue;
      if (step.kernel || &result != &step.results[0] || target_.choose(step).overwrites != static_cast<int>(k))
        return false;
    }
    return true;
  }

  bool write_in_place(const Draft::Update& update) {
    const Slot& next = update.next;
    if (next.space != Space::arena || home_.contains(next.index)) return false;
    const auto [name, type] = draft_.plan.states[update.state];
    if (next.offset != 0 || !is_dense(next) || draft_.tensors[next.index].bytes != type.bytes()) return false;
    const std::size_t writer = writer_.at(next.index);
    const auto result = std::ranges::find_if(
        steps_[writer].results, [&](const Slot& s) { return s.space == Space::arena && s.index == next.index; });
    if (!may_overwrite(steps_[writer], *result, update.state)) return false;
    std::set<std::size_t> others = readers_[update.state];
    others.erase(writer);
    if (!others.empty() && reaches(writer, others)) return false;
    for (std::size_t reader : others) draft_.later[reader].push_back(writer);
    home_[next.index] = update.state;
    return true;
  }

  void copy_in(const Draft::Update& update) {
    const auto& [name, type] = draft_.plan.states[update.state];
    const Slot state{.space = Space::state, .index = update.state, .type = type, .strides = dense_strides(type.shape)};
    draft_.copy(update.next, state, update.next.value);
    const std::size_t step = steps_.size() - 1;
    draft_.later.emplace_back();
    for (std::size_t reader : readers_[update.state]) draft_.later[reader].push_back(step);
    wait_for_operands(step);
  }

  bool reaches(std::size_t from, const std::set<std::size_t>& targets) const {
    std::vector<std::size_t> open{from};
    std::set<std::size_t> seen;
    while (!open.empty()) {
      const std::size_t step = open.back();
      open.pop_back();
      for (std::size_t next : draft_.later[step]) {
        if (targets.contains(next)) return true;
        if (seen.insert(next).second) open.push_back(next);
      }
    }
    return false;
  }

  void move_home(Slot& slot) const {
    if (slot.space != Space::arena) return;
    if (const auto at = home_.find(slot.index); at != home_.end()) {
      slot.space = Space::state;
      slot.index = at->second;
    }
  }

  Draft& draft_;
  const Target& target_;
  std::vector<Step>& steps_;
  std::map<std::uint32_t, std::size_t> writer_;             // of each tensor
  std::map<std::uint32_t, std::set<std::size_t>> readers_;  // of each state's old value
  std::map<std::uint32_t, std::uint32_t> home_;             // tensors that lie in a state
};

}  // namespace

void commit_updates(Draft& draft, const Target& target) { Committer{draft, target}; }

}  // namespace vitrine
