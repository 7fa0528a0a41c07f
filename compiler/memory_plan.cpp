#include "compiler/memory_plan.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

namespace vitrine {

namespace {

std::size_t rounded(std::size_t bytes) { return (bytes + arena_alignment - 1) / arena_alignment * arena_alignment; }

/// Tensors that share one place, one after the other.
struct Block {
  std::size_t bytes = 0, first = 0, last = 0, offset = 0;
  bool used = false;
};

class Planner {
 public:
  explicit Planner(Draft& draft)
      : draft_(draft), lives_(draft.tensors.size()), block_of_(draft.tensors.size()), taken_(draft.tensors.size()) {
    find_lifetimes();
    std::iota(block_of_.begin(), block_of_.end(), std::size_t{0});
    for (std::size_t i = 0; i < steps().size(); ++i) reuse_operands(i);
    join_blocks();
    place_blocks();
    fill_in();
  }

 private:
  std::vector<Step>& steps() { return draft_.plan.steps; }

  template <class Visit> static void each_arena_slot(std::vector<Slot>& slots, const Visit& visit) {
    for (Slot& slot : slots)
      if (slot.space == Space::arena) visit(slot);
  }

  void find_lifetimes() {
    const std::size_t end = steps().empty() ? 0 : steps().size() - 1;
    for (std::size_t i = 0; i < steps().size(); ++i) {
      const auto touch = [&](const Slot& slot) {
        Life& life = lives_[slot.index];
        if (!life.used) life = {i, i, true, false};
        life.last = i;
        if (steps()[i].once) life = {0, end, true, true};  // made when the program is loaded, read at every run
      };
      each_arena_slot(steps()[i].results, touch);
      each_arena_slot(steps()[i].operands, touch);
      if (steps()[i].workspace) touch(*steps()[i].workspace);
    }
    for (const NamedSlot& output : draft_.plan.outputs)
      if (output.slot.space == Space::arena)
        lives_[output.slot.index].last = end, lives_[output.slot.index].output = true;
  }

  void reuse_operands(std::size_t at) {
    Step& step = steps()[at];
    if (step.head || !step.kernel || step.once) return;
    for (const Slot& result : step.results) {
      if (result.space != Space::arena) continue;
      for (const Slot& operand : step.operands) {
        if (!may_take_place(result, operand, at)) continue;
        block_of_[result.index] = block_of_[operand.index];
        taken_[operand.index] = true;
        break;
      }
    }
  }

  bool may_take_place(const Slot& result, const Slot& operand, std::size_t at) {
    if (operand.space != Space::arena || lives_[operand.index].last != at || lives_[operand.index].first == at ||
        lives_[operand.index].output)
      return false;
    if (draft_.tensors[operand.index].bytes != draft_.tensors[result.index].bytes || !is_dense(result)) return false;
    if (taken_[operand.index]) return false;
    return std::ranges::all_of(
        steps()[at].operands, [&](const Slot& other) {  // every look at it is at the same element
          return other.space != Space::arena || other.index != operand.index ||
                 (other.offset == 0 && is_dense(other) && other.type.bytes() == result.type.bytes());
        });
  }

  void join_blocks() {
    blocks_.resize(draft_.tensors.size());
    for (std::size_t t = 0; t < lives_.size(); ++t) {
      if (!lives_[t].used) continue;
      Block& block = blocks_[block_of_[t]];
      if (!block.used) block = {draft_.tensors[t].bytes, lives_[t].first, lives_[t].last, 0, true};
      block.first = std::min(block.first, lives_[t].first);
      block.last = std::max(block.last, lives_[t].last);
    }
  }

  void place_blocks() {
    std::vector<Block*> order, placed;
    for (Block& block : blocks_)
      if (block.used && block.bytes > 0) order.push_back(&block);
    std::ranges::sort(order, [](const Block* a, const Block* b) {  // blocks lie in the order of their tensors
      return std::tuple(b->bytes, a->first, a) < std::tuple(a->bytes, b->first, b);
    });
    for (Block* block : order) {
      block->offset = best_fit(*block, placed);
      placed.insert(std::ranges::upper_bound(placed, block->offset, {}, &Block::offset), block);
      draft_.plan.arena_bytes = std::max(draft_.plan.arena_bytes, block->offset + block->bytes);
    }
  }

  /// The start of the smallest gap between blocks alive at the same time, or of the room behind them all.
  static std::size_t best_fit(const Block& block, const std::vector<Block*>& placed) {
    std::size_t free_from = 0, best = 0, smallest = std::numeric_limits<std::size_t>::max();
    for (const Block* other : placed) {
      if (other->last < block.first || block.last < other->first) continue;
      if (other->offset > free_from) {
        const std::size_t gap = other->offset - free_from;
        if (gap >= block.bytes && gap < smallest) smallest = gap, best = free_from;
      }
      free_from = std::max(free_from, rounded(other->offset + other->bytes));
    }
    return smallest == std::numeric_limits<std::size_t>::max() ? free_from : best;
  }

  void fill_in() {
    const auto place = [&](Slot& slot) {
      slot.offset += blocks_[block_of_[slot.index]].offset;
      slot.index = 0;
    };
    for (Step& step : steps()) {
      each_arena_slot(step.operands, place);
      each_arena_slot(step.results, place);
      if (step.workspace) place(*step.workspace);
    }
    for (NamedSlot& output : draft_.plan.outputs)
      if (output.slot.space == Space::arena) place(output.slot);
    for (std::size_t t = 0; t < lives_.size(); ++t)
      if (lives_[t].used)
        draft_.plan.lifetimes.push_back({draft_.tensors[t].node, draft_.tensors[t].workspace,
                                         blocks_[block_of_[t]].offset, draft_.tensors[t].bytes, lives_[t].first,
                                         lives_[t].last});
    std::vector<std::size_t> comes(steps().size() + 1), goes(steps().size() + 1);
    for (const Block& block : blocks_)
      if (block.used) comes[block.first] += block.bytes, goes[block.last + 1] += block.bytes;
    for (std::size_t i = 0, alive = 0; i < steps().size(); ++i) {
      alive = alive + comes[i] - goes[i];
      draft_.plan.lower_bound = std::max(draft_.plan.lower_bound, alive);
    }
  }

  struct Life {
    std::size_t first = 0, last = 0;
    bool used = false;
    bool output = false;  // outlives the last step
  };

  Draft& draft_;
  std::vector<Life> lives_;            // of each tensor
  std::vector<std::size_t> block_of_;  // of each tensor; a block is named by its first tensor
  std::vector<bool> taken_;            // tensors whose place a later one has taken
  std::vector<Block> blocks_;
};

}  // namespace

Plan place_in_arena(Draft draft) {
  Planner{draft};
  return std::move(draft.plan);
}

}  // namespace vitrine
