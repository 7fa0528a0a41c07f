#include "compiler/sweeps.hpp"

#include <algorithm>

namespace vitrine {

namespace {

/// A sweep has at most so many kernels: each is compared with all before it.
constexpr std::size_t most_kernels = 64;

/// The bytes that a slot may touch, rounded out to all of a state, an input or a constant.
struct Touched {
  Space space;
  std::uint32_t index;
  std::size_t begin, end;
  bool overlaps(const Touched& o) const {
    return space == o.space && index == o.index && begin < o.end && o.begin < end;
  }
};
Touched touched(const Slot& slot) {
  if (slot.space != Space::arena) return {slot.space, slot.index, 0, ~std::size_t{0}};
  // A view may lead backwards: twice as far as its elements reach is enough either way.
  std::size_t reach = 1;
  for (int i = 0; i < slot.type.shape.rank(); ++i) {
    const std::ptrdiff_t stride = slot.strides[static_cast<std::size_t>(i)];
    reach += slot.type.shape[i].size * static_cast<std::size_t>(stride < 0 ? -stride : stride);
  }
  const std::size_t bytes = reach * size_of(slot.type.dtype);
  const bool backwards = std::ranges::any_of(slot.strides, [](std::ptrdiff_t stride) { return stride < 0; });
  return {slot.space, slot.index, backwards ? slot.offset - std::min(slot.offset, bytes) : slot.offset,
          slot.offset + bytes};
}

class Sweep {
 public:
  /// Whether the step may run beside all that are here.
  bool admits(const Step& step) const {
    if (step.head || !step.kernel || !step.sinks.empty() || step.once || kernels_ == most_kernels) return false;
    const auto clashes = [](const Slot& slot, const std::vector<Touched>& with) {
      return std::ranges::any_of(with, [&](const Touched& t) { return t.overlaps(touched(slot)); });
    };
    return std::ranges::none_of(step.operands, [&](const Slot& s) { return clashes(s, written_); }) &&
           std::ranges::none_of(step.results, [&](const Slot& s) { return clashes(s, written_) || clashes(s, read_); });
  }
  void add(const Step& step) {
    ++kernels_;
    for (const Slot& slot : step.operands) read_.push_back(touched(slot));
    for (const Slot& slot : step.results) written_.push_back(touched(slot));
  }

 private:
  std::size_t kernels_ = 0;
  std::vector<Touched> read_{}, written_{};
};

}  // namespace

void mark_sweeps(Plan& plan) {
  std::uint32_t number = 0;
  for (std::size_t first = 0; first < plan.steps.size();) {
    Sweep sweep;
    std::size_t end = first;
    for (; end < plan.steps.size() && sweep.admits(plan.steps[end]); ++end) sweep.add(plan.steps[end]);
    if (end > first + 1)
      for (++number; first < end; ++first) plan.steps[first].sweep = number;
    first = std::max(end, first + 1);
  }
}

}  // namespace vitrine
