#include "compiler/lifetimes.hpp"

#include <algorithm>
#include <numeric>

namespace vitrine {

namespace {

std::size_t rounded(std::size_t bytes) { return (bytes + arena_alignment - 1) / arena_alignment * arena_alignment; }

/// The result that a head writes: with a kernel behind it, the first that is dense and in the arena, if there is one.
std::optional<std::size_t> result_of_head(const Step& step) {
  if (!step.kernel) return 0;
  for (std::size_t r = 0; r < step.own_results(); ++r)
    if (step.results[r].space == Space::arena && is_dense(step.results[r])) return r;
  return {};
}

class Finder {
 public:
  Finder(const Draft& draft, const StepNumbers& order)
      : draft_(draft),
        order_(order),
        shares_with_(draft.tensors.size()),
        taken_(draft.tensors.size()),
        made_once_(draft.tensors.size()) {
    made_.tensors.resize(draft.tensors.size());
    std::iota(shares_with_.begin(), shares_with_.end(), std::size_t{0});
    for (std::size_t at = 0; at < order.size(); ++at) touch_all(at);
    for (std::size_t at = 0; at < order.size(); ++at) keep_for_the_next_run(at);
    for (const NamedSlot& output : draft.plan.outputs)
      if (output.slot.space == Space::arena) {
        life(output.slot).last = order.empty() ? 0 : order.size() - 1;
        life(output.slot).output = true;
      }
    for (std::size_t at = 0; at < order.size(); ++at) reuse_operands(at);
    join_blocks();
  }
  Lifetimes take() { return std::move(made_); }

 private:
  const Step& step(std::size_t at) const { return draft_.plan.steps[order_[at]]; }
  Lifetimes::Life& life(const Slot& slot) { return made_.tensors[slot.index]; }

  void touch_all(std::size_t at) {
    for (const Slot& slot : step(at).results) {
      touch(slot, at);
      if (step(at).once && slot.space == Space::arena) made_once_[slot.index] = true;
    }
    for (const Slot& slot : step(at).operands) touch(slot, at);
    if (step(at).workspace) touch(*step(at).workspace, at);
    if (step(at).packed) touch(*step(at).packed, at);
  }
  void touch(const Slot& slot, std::size_t at) {
    if (slot.space != Space::arena) return;
    Lifetimes::Life& l = life(slot);
    if (!l.used) l.first = at, l.used = true;
    l.last = std::max(l.last, at);
  }

  /// What a run reads of what was made when the program was loaded, the next run reads again.
  void keep_for_the_next_run(std::size_t at) {
    if (step(at).once) return;
    const auto keep = [&](const Slot& slot) {
      if (slot.space != Space::arena || !made_once_[slot.index]) return;
      life(slot).first = 0, life(slot).last = order_.size() - 1, life(slot).output = true;
    };
    std::ranges::for_each(step(at).operands, keep);
    if (step(at).packed) keep(*step(at).packed);
  }

  void reuse_operands(std::size_t at) {
    if (step(at).once) return;
    for (std::size_t r = 0; r < step(at).own_results(); ++r)
      for (std::size_t k = 0; k < step(at).operands.size(); ++k) {
        if (!may_take_place(at, r, k)) continue;
        const std::uint32_t operand = step(at).operands[k].index;
        shares_with_[step(at).results[r].index] = shares_with_[operand];
        taken_[operand] = true;
        break;
      }
  }

  bool may_take_place(std::size_t at, std::size_t r, std::size_t k) {
    const Slot &result = step(at).results[r], &operand = step(at).operands[k];
    if (result.space != Space::arena || operand.space != Space::arena || !is_dense(result)) return false;
    if (life(operand).last != at || life(operand).first == at || life(operand).output || taken_[operand.index])
      return false;
    return draft_.tensors[operand.index].bytes == draft_.tensors[result.index].bytes &&
           reads_what_it_writes(step(at), r, k);
  }

  /// Whether every look at the memory of operand k is at the element that result r is written to.
  static bool reads_what_it_writes(const Step& s, std::size_t r, std::size_t k) {
    const bool of_head = s.head && result_of_head(s) == r;
    if (of_head && s.choice.overwrites != static_cast<int>(k)) return false;
    for (std::size_t other = 0; other < s.operands.size(); ++other) {
      const Slot& look = s.operands[other];
      if (look.space != Space::arena || look.index != s.operands[k].index) continue;
      if (of_head ? other != k : other < s.head_operands) return false;
      if (look.offset != 0 || !is_dense(look) || look.type.bytes() != s.results[r].type.bytes()) return false;
    }
    return true;
  }

  void join_blocks() {
    for (std::size_t t = 0; t < made_.tensors.size(); ++t) {
      Lifetimes::Life& l = made_.tensors[t];
      if (!l.used || draft_.tensors[t].bytes == 0) continue;
      std::optional<std::size_t>& block = made_.tensors[shares_with_[t]].block;
      if (!block) {
        block = made_.blocks.size();
        made_.blocks.push_back({rounded(draft_.tensors[t].bytes), l.first, l.last});
      }
      l.block = block;
      Block& whole = made_.blocks[*block];
      whole.first = std::min(whole.first, l.first);
      whole.last = std::max(whole.last, l.last);
    }
  }

  const Draft& draft_;
  const StepNumbers& order_;
  Lifetimes made_{};
  std::vector<std::size_t> shares_with_;  // for each tensor, the first one in its place
  std::vector<bool> taken_;               // tensors whose place a later one has taken
  std::vector<bool> made_once_;           // tensors that are made when the program is loaded
};

}  // namespace

std::vector<std::size_t> bytes_alive(const std::vector<Block>& blocks) {
  std::size_t steps = 0;
  for (const Block& block : blocks) steps = std::max(steps, block.last + 1);
  std::vector<std::size_t> change(steps + 1);  // wraps around where more goes than comes: the sums are right
  for (const Block& block : blocks) change[block.first] += block.bytes, change[block.last + 1] -= block.bytes;
  change.pop_back();
  std::partial_sum(change.begin(), change.end(), change.begin());
  return change;
}

std::size_t Lifetimes::most_alive() const {
  const std::vector<std::size_t> alive = bytes_alive(blocks);
  return alive.empty() ? 0 : *std::ranges::max_element(alive);
}

Lifetimes lifetimes_of(const Draft& draft, const StepNumbers& order) { return Finder(draft, order).take(); }

}  // namespace vitrine
