#include "compiler/check_plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// A range of bytes in one of the memories.
struct Range {
  Space space;
  std::uint32_t index;
  std::size_t begin, end;

  bool overlaps(const Range& o) const { return space == o.space && index == o.index && begin < o.end && o.begin < end; }
};

/// From the lowest byte of a slot to behind its highest: strides may lead backwards.
Range range_of(const Slot& slot) {
  std::size_t below = 0, above = 0;  // elements before and behind the first one
  for (int i = 0; i < slot.type.shape.rank(); ++i) {
    const std::size_t size = slot.type.shape[i].size;
    const std::ptrdiff_t stride = slot.strides[static_cast<std::size_t>(i)];
    if (size == 0) return {slot.space, slot.index, slot.offset, slot.offset};
    (stride < 0 ? below : above) += (size - 1) * static_cast<std::size_t>(stride < 0 ? -stride : stride);
  }
  const std::size_t element = size_of(slot.type.dtype);
  if (below * element > slot.offset)
    throw InternalError("plan: %" + std::to_string(slot.value) + " reaches " +
                        std::to_string(below * element - slot.offset) + " bytes before the begin of its memory");
  return {slot.space, slot.index, slot.offset - below * element, slot.offset + (above + 1) * element};
}

std::string text(const Range& r) {
  constexpr std::array<const char*, 4> names{"the arena", "input", "state", "constant"};
  const std::string where =
      names[static_cast<std::size_t>(r.space)] + (r.space == Space::arena ? "" : " " + std::to_string(r.index));
  return "bytes " + std::to_string(r.begin) + " to " + std::to_string(r.end) + " of " + where;
}

/// How far apart an operand's (or a result's) elements are along each axis of the iteration.
std::array<std::ptrdiff_t, Shape::max_rank> over(const Shape& iteration, const Slot& slot) {
  std::array<std::ptrdiff_t, Shape::max_rank> made{};
  const int lacking = iteration.rank() - slot.type.shape.rank();
  for (int i = std::max(0, lacking); i < iteration.rank(); ++i)
    if (iteration[i].size > 1 && slot.type.shape[i - lacking].size > 1)
      made[static_cast<std::size_t>(i)] = slot.strides[static_cast<std::size_t>(i - lacking)];
  return made;
}

class ImaginaryMemory {
 public:
  explicit ImaginaryMemory(const Plan& plan) : plan_(plan) {}

  void check() {
    for (std::size_t i = 0; i < plan_.steps.size(); ++i)
      if (plan_.steps[i].once) run(i);
    for (std::size_t i = 0; i < plan_.steps.size(); ++i)
      if (!plan_.steps[i].once) run(i);
    const std::size_t end = plan_.steps.size();
    for (const NamedSlot& output : plan_.outputs) read(output.slot, end, "output '" + output.name + "'");
    // What a run reads of what was made at load, the next run reads again.
    std::set<std::uint32_t> once;
    for (const Step& step : plan_.steps)
      for (const Slot& slot : step.results)
        if (step.once) once.insert(slot.value);
    for (const Step& step : plan_.steps) {
      if (step.once) continue;
      for (const Slot& slot : step.operands)
        if (once.contains(slot.value)) read(slot, end, "the next run");
      if (step.packed) read(*step.packed, end, "the next run");
    }
  }

 private:
  /// Who wrote the bytes from a key to the next.
  struct Owner {
    std::uint32_t value;
    std::size_t step;
    std::size_t end;
  };
  using Bytes = std::map<std::size_t, Owner>;

  std::string described(std::size_t step) const {
    if (step >= plan_.steps.size()) return "the end of the program";
    const Step& s = plan_.steps[step];
    std::string made = "step " + std::to_string(step) + " (";
    for (std::size_t i = 0; i < s.nodes.size(); ++i) made += (i ? " %" : "%") + std::to_string(s.nodes[i]);
    return made + (s.head ? " " + std::string(s.head->name()) : "") + ")";
  }

  void demand_inside(const Slot& slot, const Range& range, std::size_t step) const {
    std::size_t size = plan_.arena_bytes;
    if (slot.space != Space::arena) {
      const bool known = slot.space == Space::input   ? slot.index < plan_.inputs.size()
                         : slot.space == Space::state ? slot.index < plan_.states.size()
                                                      : slot.index < plan_.constants.size();
      if (!known) throw InternalError("plan: " + described(step) + " uses " + text(range) + ", which does not exist");
      size = slot.space == Space::input   ? plan_.inputs[slot.index].second.bytes()
             : slot.space == Space::state ? plan_.states[slot.index].second.bytes()
                                          : plan_.constants[slot.index].type.bytes();
    }
    if (range.end > size || slot.offset % size_of(slot.type.dtype) != 0)
      throw InternalError("plan: " + described(step) + " uses " + text(range) + ", which has " + std::to_string(size) +
                          " bytes, at offset " + std::to_string(slot.offset) + ": outside of it, or askew");
  }

  void run(std::size_t at) {
    const Step& step = plan_.steps[at];
    for (const Slot& slot : step.results) demand_writable(slot, at);
    if (step.workspace) demand_writable(*step.workspace, at);
    for (const Slot& slot : step.operands) read(slot, at, described(at));
    if (step.packed) read(*step.packed, at, described(at));
    for (std::size_t r = 0; r < step.results.size(); ++r) demand_harmless(step, r, at);
    if (step.workspace) {
      write(*step.workspace, at);
      for (const Slot& slot : step.operands) demand_apart(*step.workspace, slot, at, "its workspace and an operand");
      for (const Slot& slot : step.results) demand_apart(*step.workspace, slot, at, "its workspace and a result");
    }
    for (const Slot& slot : step.results) write(slot, at);
  }

  void demand_writable(const Slot& slot, std::size_t step) const {
    const Range range = range_of(slot);
    demand_inside(slot, range, step);
    if (slot.space == Space::input || slot.space == Space::constant)
      throw InternalError("plan: " + described(step) + " writes " + text(range) + ", which is not its own");
  }

  void demand_apart(const Slot& a, const Slot& b, std::size_t step, const char* what) const {
    if (range_of(a).overlaps(range_of(b)))
      throw InternalError("plan: " + described(step) + " has " + what + ", %" + std::to_string(b.value) +
                          ", in the same memory: " + text(range_of(a)) + " and " + text(range_of(b)));
  }

  /// Whether the head itself writes a result, before a kernel reads its operands: the only one, or where a kernel
  /// follows the first that is dense and in the arena.
  static bool written_by_head(const Step& step, std::size_t r) {
    if (!step.head || !step.kernel) return step.head && r == 0;
    for (std::size_t other = 0; other < r; ++other)
      if (step.results[other].space == Space::arena && is_dense(step.results[other])) return false;
    return r < step.own_results() && step.results[r].space == Space::arena && is_dense(step.results[r]);
  }

  /// Ops of which a row of the result needs no other row of the first operand. Of these a kernel may promise to read a
  /// row before it writes it. (Of write_rows a row is the operand's own, or a new one that lies elsewhere.)
  static bool goes_by_rows(const Op& op) {
    constexpr std::array<std::string_view, 7> names{
        "softmax", "log_softmax", "cross_entropy_gradient", "layer_norm", "rms_norm", "dropout", "write_rows"};
    return std::ranges::find(names, op.name()) != names.end();
  }

  /// A result may lie over an operand only where a kernel reads that operand at the very element that it writes, and no
  /// head has written there before; or where a head goes by rows, each read before it is written.
  void demand_harmless(const Step& step, std::size_t r, std::size_t at) const {
    const Slot& result = step.results[r];
    for (std::size_t other = 0; other < r; ++other) demand_apart(result, step.results[other], at, "two results");
    for (std::size_t k = 0; k < step.operands.size(); ++k) {
      const Slot& operand = step.operands[k];
      if (!range_of(result).overlaps(range_of(operand))) continue;
      const bool by_head = written_by_head(step, r);
      const bool of_kernel = step.kernel && r < step.own_results();  // a sink writes when other elements are still read
      const bool same_element = of_kernel && k >= step.head_operands && !by_head && result.offset == operand.offset &&
                                over(step.iteration, result) == over(step.iteration, operand);
      const bool same_row = by_head && k == 0 && step.choice.overwrites == 0 && goes_by_rows(*step.head) &&
                            result.offset == operand.offset && result.type.shape == operand.type.shape &&
                            is_dense(result) && is_dense(operand);
      if (!same_element && !same_row)
        throw InternalError("plan: " + described(at) + " writes %" + std::to_string(result.value) + " to " +
                            text(range_of(result)) + " and reads %" + std::to_string(operand.value) +
                            " at other elements of " + text(range_of(operand)));
    }
  }

  void read(const Slot& slot, std::size_t step, const std::string& reader) {
    const Range range = range_of(slot);
    demand_inside(slot, range, step);
    Bytes& bytes = memory(slot);
    std::size_t at = range.begin;
    while (at < range.end) {
      const auto next = bytes.upper_bound(at);
      const bool written = next != bytes.begin() && std::prev(next)->second.end > at;
      const std::string meant = "plan: " + reader + " reads %" + std::to_string(slot.value) + " at " + text(range);
      if (!written) throw InternalError(meant + ", but nobody wrote byte " + std::to_string(at));
      const Owner& owner = std::prev(next)->second;
      const bool own_leaf = owner.step == from_outside && slot.space != Space::state;
      if (!own_leaf && owner.step == from_outside) {  // the first to look at a state says which node it is
        const auto [leaf, fresh] = states_.try_emplace(slot.index, slot.value);
        if (leaf->second != slot.value)
          throw InternalError(meant + ", but the state still holds %" + std::to_string(leaf->second));
      } else if (!own_leaf && owner.value != slot.value) {
        throw InternalError(meant + ", but " + described(owner.step) + " has put %" + std::to_string(owner.value) +
                            " there, from byte " + std::to_string(at));
      }
      at = owner.end;
    }
  }

  void write(const Slot& slot, std::size_t step) {
    const Range range = range_of(slot);
    if (range.begin == range.end) return;
    const auto read_before = states_.find(slot.index);
    if (slot.space == Space::state && read_before != states_.end() && read_before->second == slot.value)
      throw InternalError("plan: %" + std::to_string(slot.value) + " was read from " + text(range) + " before " +
                          described(step) + " writes it");
    Bytes& bytes = memory(slot);
    split(bytes, range.begin);
    split(bytes, range.end);
    bytes.erase(bytes.lower_bound(range.begin), bytes.lower_bound(range.end));
    bytes[range.begin] = {slot.value, step, range.end};
  }

  /// Makes `at` a border between two ranges.
  static void split(Bytes& bytes, std::size_t at) {
    auto next = bytes.upper_bound(at);
    if (next == bytes.begin()) return;
    auto& [begin, owner] = *std::prev(next);
    if (begin == at || owner.end <= at) return;
    bytes[at] = owner;
    owner.end = at;
  }

  /// Inputs, states and constants were written from outside, whole.
  Bytes& memory(const Slot& slot) {
    Bytes& bytes = memories_[{slot.space, slot.index}];
    if (bytes.empty() && slot.space != Space::arena) bytes[0] = {0, from_outside, static_cast<std::size_t>(-1)};
    return bytes;
  }

  static constexpr std::size_t from_outside = static_cast<std::size_t>(-1);
  const Plan& plan_;
  std::map<std::pair<Space, std::uint32_t>, Bytes> memories_;
  std::map<std::uint32_t, std::uint32_t> states_;  // the node that each state is before the first write
};

/// Kernels of a sweep run at once: none may write what another reads or writes, and nothing else may lie between them.
void check_sweeps(const Plan& plan) {
  std::map<std::uint32_t, std::vector<std::size_t>> sweeps;
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    if (plan.steps[i].sweep != 0) sweeps[plan.steps[i].sweep].push_back(i);
  const auto refuse = [&](std::uint32_t sweep, const std::string& why) {
    throw InternalError("plan: sweep " + std::to_string(sweep) + " of '" + plan.name + "' " + why);
  };
  for (const auto& [sweep, steps] : sweeps) {
    if (steps.back() - steps.front() + 1 != steps.size()) refuse(sweep, "has other steps between its kernels");
    for (const std::size_t i : steps) {
      const Step& step = plan.steps[i];
      if (step.head || step.once || !step.kernel || !step.sinks.empty())
        refuse(sweep, "has step " + std::to_string(i) + ", which is more than a kernel");
      for (const Slot& written : step.results)
        for (const std::size_t other : steps)
          for (const auto* slots : {&plan.steps[other].operands, &plan.steps[other].results})
            for (const Slot& slot : *slots)
              if (other != i && range_of(written).overlaps(range_of(slot)))
                refuse(sweep, "has step " + std::to_string(i) + ", which writes " + text(range_of(written)) +
                                  ", and step " + std::to_string(other) + ", which uses them");
    }
  }
}

}  // namespace

void check_plan(const Plan& plan) {
  ImaginaryMemory(plan).check();
  check_sweeps(plan);
}

}  // namespace vitrine
