#include "compiler/order_steps.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include "compiler/lifetimes.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

class Scheduler {
 public:
  Scheduler(const Draft& draft, Preference preference)
      : draft_(draft),
        steps_(draft.plan.steps),
        preference_(preference),
        waiting_(steps_.size()),
        reads_(steps_.size()),
        growth_(steps_.size()),
        tensors_(draft.tensors.size()) {
    for (const auto& nexts : draft.later)
      for (const std::size_t next : nexts) ++waiting_[next];
    for (const NamedSlot& output : draft.plan.outputs)
      if (output.slot.space == Space::arena) tensors_[output.slot.index].dies = false;
    for (std::size_t i = 0; i < steps_.size(); ++i) look_at(i);
    for (const Tensor& tensor : tensors_)
      if (tensor.readers == 1 && tensor.dies) growth_[tensor.reader_sum] -= tensor.bytes;
  }

  StepNumbers order() {
    StepNumbers made;
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (waiting_[i] == 0) ready_.insert(key(i));
    while (!ready_.empty()) {
      const std::size_t step = std::get<3>(*ready_.begin());
      ready_.erase(ready_.begin());
      waiting_[step] = done;
      made.push_back(step);
      for (const std::uint32_t t : reads_[step]) has_read(step, tensors_[t]);
      for (const std::size_t next : draft_.later[step])
        if (--waiting_[next] == 0) ready_.insert(key(next));
    }
    if (made.size() != steps_.size()) report_cycle();
    return made;
  }

 private:
  using Signed = std::ptrdiff_t;
  /// What runs next is the least: by the preference, then the oldest node, then the step.
  using Key = std::tuple<bool, Signed, std::uint32_t, std::size_t>;

  struct Tensor {
    Signed bytes = 0;
    std::size_t readers = 0, reader_sum = 0;  // steps that are still to read it, and the sum of their numbers: the
                                              // number of the last one
    bool dies = true;
  };

  void look_at(std::size_t i) {
    for (const Slot& slot : steps_[i].results)
      if (slot.space == Space::arena) growth_[i] += bytes_of(slot);
    for (const Slot& slot : steps_[i].operands)
      if (slot.space == Space::arena) reads_[i].push_back(slot.index);
    std::ranges::sort(reads_[i]);
    const auto twice = std::ranges::unique(reads_[i]);
    reads_[i].erase(twice.begin(), twice.end());
    for (const std::uint32_t t : reads_[i]) {
      tensors_[t].bytes = static_cast<Signed>(draft_.tensors[t].bytes);
      ++tensors_[t].readers;
      tensors_[t].reader_sum += i;
    }
  }
  Signed bytes_of(const Slot& slot) const { return static_cast<Signed>(draft_.tensors[slot.index].bytes); }

  Key key(std::size_t step) const {
    const std::uint32_t age = draft_.age_of(step);
    const Signed growth = growth_[step];
    switch (preference_) {
      case Preference::oldest: return {false, 0, age, step};
      case Preference::freeing: return {growth > 0, std::min(growth, Signed{0}), age, step};
      case Preference::least_growth: return {false, growth, age, step};
    }
    throw InternalError("steps are to be ordered by a preference that does not exist");
  }

  /// Where one reader is left, the tensor dies there.
  void has_read(std::size_t step, Tensor& tensor) {
    tensor.reader_sum -= step;
    if (--tensor.readers != 1 || !tensor.dies) return;
    const std::size_t last = tensor.reader_sum;
    const bool is_ready = waiting_[last] == 0;
    if (is_ready) ready_.erase(key(last));
    growth_[last] -= tensor.bytes;
    if (is_ready) ready_.insert(key(last));
  }

  [[noreturn]] void report_cycle() const {
    std::string nodes;
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (waiting_[i] != done && nodes.size() < 200)
        nodes += (nodes.empty() ? "%" : ", %") + std::to_string(steps_[i].nodes.front());
    throw InternalError("plan of '" + draft_.plan.name + "': the steps wait for each other, among them those of " +
                        nodes + "; a group may not read what depends on it");
  }

  static constexpr std::size_t done = std::numeric_limits<std::size_t>::max();
  const Draft& draft_;
  const std::vector<Step>& steps_;
  Preference preference_;
  std::vector<std::size_t> waiting_;               // of each step: how many it still waits for
  std::vector<std::vector<std::uint32_t>> reads_;  // of each step: tensors in the arena
  std::vector<Signed> growth_;                     // of each step: bytes it makes less bytes that die there
  std::vector<Tensor> tensors_;
  std::set<Key> ready_{};
};

}  // namespace

StepNumbers ordered(const Draft& draft, Preference preference) { return Scheduler(draft, preference).order(); }

StepNumbers best_order(const Draft& draft) {
  StepNumbers best;
  std::size_t least = 0;
  for (const Preference preference : {Preference::oldest, Preference::freeing, Preference::least_growth}) {
    StepNumbers order = ordered(draft, preference);
    const std::size_t bytes = lifetimes_of(draft, order).most_alive();
    if (!best.empty() && bytes >= least) continue;
    best = std::move(order);
    least = bytes;
  }
  return best;
}

void order_steps(Draft& draft) {
  std::vector<Step> steps;
  for (const std::size_t i : best_order(draft)) steps.push_back(std::move(draft.plan.steps[i]));
  // First what is made when the program is loaded: it waits for nothing else, and nothing runs in its midst.
  std::ranges::stable_partition(steps, [](const Step& step) { return step.once; });
  draft.plan.steps = std::move(steps);
  draft.later.clear();
}

}  // namespace vitrine
