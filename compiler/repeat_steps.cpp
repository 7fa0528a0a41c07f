#include "compiler/repeat_steps.hpp"

#include <algorithm>
#include <set>

#include "compiler/lifetimes.hpp"
#include "compiler/order_steps.hpp"

namespace vitrine {

namespace {

constexpr double most_of_the_time = 0.02;        // what is repeated, as a share of all steps
constexpr std::size_t least_of_the_peak = 1024;  // a tensor below this part of the fullest step is not worth a step
constexpr int rounds = 3;                        // each looks at the step that is the fullest then

/// A result worth making again.
struct Candidate {
  Step again{};                          // makes what `step` made
  std::size_t step = 0, first_late = 0;  // and the first of its readers behind the fullest step
  std::size_t bytes = 0;
  double nanoseconds = 0;
};

/// Whose place in the kernel's results the head's own result has; nothing if it is not stored.
std::optional<std::size_t> stored_head(const Step& s) {
  for (std::size_t i = 0; i < s.kernel->results.size(); ++i) {
    const Instruction& made_by = s.kernel->instructions[s.kernel->results[i]];
    if (made_by.op == Scalar::input && made_by.from[0] == 0) return i;
  }
  return {};
}

/// The step that makes one of a step's results by the kernel alone: that of a head reads what the head has stored.
std::optional<Step> kernel_alone(const Step& s, std::size_t result, std::uint32_t node) {
  if (!s.kernel || s.once || (!s.head && s.workspace) || result >= s.own_results()) return {};
  if (!s.head && s.results.size() == 1) return s;
  Step made;
  if (s.head) {
    const auto stored = stored_head(s);
    if (!stored || *stored == result || s.results[*stored].space != Space::arena) return {};
    made.operands.push_back(s.results[*stored]);
    made.operand_nodes.push_back(s.results[*stored].value);
  }
  const auto first = static_cast<std::ptrdiff_t>(s.head_operands);
  made.operands.insert(made.operands.end(), s.operands.begin() + first, s.operands.end());
  if (!s.operand_nodes.empty())
    made.operand_nodes.insert(made.operand_nodes.end(), s.operand_nodes.begin() + first, s.operand_nodes.end());
  made.kernel = s.kernel;
  made.kernel->results = {s.kernel->results[result]};
  made.iteration = s.iteration;
  made.results = {s.results[result]};
  made.nodes = {node};
  made.group = s.group;
  return made;
}

class Round {
 public:
  Round(const Draft& draft, const Target& target, StepNumbers order)
      : draft_(draft),
        target_(target),
        order_(std::move(order)),
        place_(order_.size()),
        lives_(lifetimes_of(draft, order_)),
        readers_(draft.tensors.size()),
        writer_(draft.tensors.size()),
        overwriter_(draft.plan.states.size()) {
    for (std::size_t at = 0; at < order_.size(); ++at) {
      place_[order_[at]] = at;
      for (const Slot& slot : step(order_[at]).operands)
        if (slot.space == Space::arena) readers_[slot.index].insert(at);
      for (const Slot& slot : step(order_[at]).results) {
        if (slot.space == Space::arena) writer_[slot.index] = order_[at];
        if (slot.space == Space::state) overwriter_[slot.index] = order_[at];
      }
    }
    const std::vector<std::size_t> alive = bytes_alive(lives_.blocks);
    if (alive.empty()) return;
    peak_ = static_cast<std::size_t>(std::ranges::max_element(alive) - alive.begin());
    most_ = alive[peak_];
  }

  std::size_t most_alive() const { return most_; }

  /// What frees most bytes in a nanosecond comes first.
  std::vector<Candidate> candidates() const {
    std::vector<Candidate> found;
    for (std::size_t at = 0; at < std::min(peak_, order_.size()); ++at)
      for (std::size_t result = 0; result < step(order_[at]).results.size(); ++result)
        if (auto candidate = candidate_of(order_[at], result)) found.push_back(std::move(*candidate));
    std::ranges::stable_sort(found, [](const Candidate& a, const Candidate& b) {
      return static_cast<double>(a.bytes) * b.nanoseconds > static_cast<double>(b.bytes) * a.nanoseconds;
    });
    return found;
  }

  void repeat(const Candidate& candidate, Draft& draft) const {
    const Slot old = candidate.again.results[0];
    const std::size_t number = draft.plan.steps.size();
    Step again = candidate.again;
    again.results[0] = draft.add_tensor(draft.tensors[old.index].node, old.type, draft.next_value++);
    draft.later.emplace_back();
    draft.ages[number] = draft.age_of(candidate.first_late);
    // As late as can be: whatever the first late reader waits for comes before it.
    for (const Slot& slot : step(candidate.first_late).operands)
      if (slot.space == Space::arena && slot.index != old.index) draft.later[writer_[slot.index]].push_back(number);
    for (const Slot& slot : again.operands) {
      if (slot.space == Space::arena) draft.later[writer_[slot.index]].push_back(number);
      if (slot.space != Space::state || !overwriter_[slot.index]) continue;
      const std::size_t overwriter = *overwriter_[slot.index];
      if (reads_new_value(slot))
        draft.later[overwriter].push_back(number);
      else
        draft.later[number].push_back(overwriter);
    }
    for (const std::size_t at : readers_[old.index]) {
      if (at <= peak_) continue;
      for (Slot& slot : draft.plan.steps[order_[at]].operands)
        if (slot.space == Space::arena && slot.index == old.index)
          slot.index = again.results[0].index, slot.value = again.results[0].value;
      draft.later[number].push_back(order_[at]);
    }
    draft.plan.steps.push_back(std::move(again));
  }

 private:
  const Step& step(std::size_t number) const { return draft_.plan.steps[number]; }

  bool reads_new_value(const Slot& slot) const {
    const auto& results = step(*overwriter_[slot.index]).results;
    return std::ranges::any_of(results,
                               [&](const Slot& r) { return r.space == Space::state && r.value == slot.value; });
  }

  std::optional<Candidate> candidate_of(std::size_t number, std::size_t result) const {
    const Slot& slot_of_result = step(number).results[result];
    if (slot_of_result.space != Space::arena) return {};
    const std::uint32_t tensor = slot_of_result.index;
    auto again = kernel_alone(step(number), result, draft_.tensors[tensor].node);
    if (!again) return {};
    const Lifetimes::Life& life = lives_.tensors[tensor];
    const std::size_t bytes = draft_.tensors[tensor].bytes;
    const auto late = readers_[tensor].upper_bound(peak_);
    if (life.output || late == readers_[tensor].end() || bytes < most_ / least_of_the_peak) return {};
    if (late != readers_[tensor].begin() && *std::prev(late) == peak_) return {};  // the fullest step reads it
    std::size_t kept_longer = 0;
    for (const Slot& slot : again->operands) {
      if (slot.space == Space::arena && lives_.tensors[slot.index].last < *late) {
        if (lives_.tensors[slot.index].last <= peak_) return {};
        kept_longer += draft_.tensors[slot.index].bytes;
      }
      if (slot.space == Space::state && overwriter_[slot.index] && !reads_new_value(slot) &&
          place_[*overwriter_[slot.index]] <= *late)
        return {};
    }
    if (kept_longer > bytes) return {};
    again->choice = target_.choose(*again);
    if (again->choice.workspace != 0) return {};
    const double nanoseconds = again->choice.nanoseconds;
    return Candidate{std::move(*again), number, order_[*late], bytes, nanoseconds};
  }

  const Draft& draft_;
  const Target& target_;
  StepNumbers order_;
  std::vector<std::size_t> place_;  // of each step in the order
  Lifetimes lives_;
  std::vector<std::set<std::size_t>> readers_;          // of each tensor, places in the order
  std::vector<std::size_t> writer_;                     // of each tensor, the step
  std::vector<std::optional<std::size_t>> overwriter_;  // of each state, the step
  std::size_t peak_ = 0, most_ = 0;
};

}  // namespace

void repeat_steps(Draft& draft, const Target& target) {
  double left = 0;
  for (const Step& step : draft.plan.steps) left += most_of_the_time * step.choice.nanoseconds;
  for (int i = 0; i < rounds; ++i) {
    const Round round(draft, target, best_order(draft));
    Draft tried = draft;
    double time = left;
    // Repeated steps are no operands of each other: a candidate's operands stay.
    std::set<std::uint32_t> gone, needed;
    for (const Candidate& candidate : round.candidates()) {
      const Step& step = candidate.again;
      const auto reads_gone = std::ranges::any_of(
          step.operands, [&](const Slot& slot) { return slot.space == Space::arena && gone.contains(slot.index); });
      if (candidate.nanoseconds >= time || reads_gone || needed.contains(step.results[0].index)) continue;
      time -= candidate.nanoseconds;
      gone.insert(step.results[0].index);
      for (const Slot& slot : step.operands)
        if (slot.space == Space::arena) needed.insert(slot.index);
      round.repeat(candidate, tried);
    }
    if (gone.empty() || lifetimes_of(tried, best_order(tried)).most_alive() >= round.most_alive()) return;
    draft = std::move(tried);
    left = time;
  }
}

}  // namespace vitrine
