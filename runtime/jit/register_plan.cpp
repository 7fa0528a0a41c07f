#include "runtime/jit/register_plan.hpp"

#include <algorithm>
#include <limits>
#include <span>

#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
constexpr std::uint16_t nothing = std::numeric_limits<std::uint16_t>::max();

class Planner {
 public:
  Planner(const VectorCode& code, std::size_t working, std::size_t kept, std::uint64_t splat)
      : code_(code),
        splat_(splat),
        working_(working),
        holds_(working + kept, nothing),
        values_(code.instructions.size()) {
    if (working < 6) throw InternalError("a kernel was to be compiled for fewer than 6 vector registers");
    for (std::size_t i = 0; i < values_.size(); ++i)
      for (int k = 0; k < reads(code_.instructions[i].op); ++k)
        values_[code_.instructions[i].from[static_cast<std::size_t>(k)]].read_at.push_back(i);
    for (const std::uint16_t result : code_.results) {
      values_[result].read_at.push_back(values_.size());
      values_[result].is_result = true;
    }
  }

  std::size_t most_alive() const {
    std::vector<std::ptrdiff_t> change(values_.size() + 2);
    for (std::uint16_t v = 0; v < values_.size(); ++v) {
      if (never_changes(v) || values_[v].read_at.empty()) continue;
      ++change[is_operand(v) ? values_[v].read_at.front() : v];
      --change[values_[v].read_at.back() + 1];
    }
    std::ptrdiff_t alive = 0, most = 0;
    for (const std::ptrdiff_t by : change) most = std::max(most, alive += by);
    return static_cast<std::size_t>(most);
  }

  RegisterPlan plan() {
    pin_numbers();
    for (now_ = 0; now_ < values_.size(); ++now_)
      if (reads(code_.instructions[now_].op) > 0) compute();
    store_results();
    return std::move(made_);
  }

 private:
  struct Live {
    std::vector<std::size_t> read_at{};  // ascending
    std::uint16_t in_register = nothing, slot = nothing;
    bool is_result = false;
  };

  const VectorInstruction& instruction(std::uint16_t v) const { return code_.instructions[v]; }
  bool is_constant(std::uint16_t v) const { return instruction(v).op == VectorOp::constant; }
  bool is_operand(std::uint16_t v) const { return instruction(v).op == VectorOp::operand; }
  bool is_splat(std::uint16_t v) const {
    return is_operand(v) && instruction(v).number < 64 && (splat_ >> instruction(v).number & 1u) != 0;
  }
  bool never_changes(std::uint16_t v) const { return is_constant(v) || is_splat(v); }

  std::size_t next_read(std::uint16_t v) const {
    const auto& at = values_[v].read_at;
    const auto next = std::ranges::lower_bound(at, now_);
    return next == at.end() ? never : *next;
  }
  bool dies_now(std::uint16_t v) const { return values_[v].read_at.empty() || values_[v].read_at.back() <= now_; }

  /// Numbers for all lanes: the most read ones keep a register; a splat operand that does not gets a slot.
  void pin_numbers() {
    std::vector<std::uint16_t> numbers;
    for (std::uint16_t v = 0; v < values_.size(); ++v)
      if (never_changes(v)) numbers.push_back(v);
    std::ranges::stable_sort(numbers, std::greater{}, [&](std::uint16_t v) { return values_[v].read_at.size(); });
    const std::size_t room = holds_.size() - working_;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::uint16_t v = numbers[i];
      if (i < room) {
        const auto at = static_cast<std::uint16_t>(working_ + i);
        (is_splat(v) ? made_.each_row : made_.before)
            .push_back({.kind = MachineStep::Kind::load, .to = at, .from = {home(v)}});
        hold(at, v);
      } else if (is_splat(v)) {
        made_.each_row.push_back({.kind = MachineStep::Kind::load, .to = 0, .from = {home(v)}});
        made_.each_row.push_back({.kind = MachineStep::Kind::spill,
                                  .to = values_[v].slot = new_slot(),
                                  .from = {Source{Source::Kind::in_register, 0}}});
      }
    }
  }

  std::uint16_t new_slot() { return static_cast<std::uint16_t>(made_.slots++); }

  void hold(std::uint16_t at, std::uint16_t v) {
    holds_[at] = v;
    values_[v].in_register = at;
  }
  void release(std::uint16_t v) {
    std::uint16_t& at = values_[v].in_register;
    if (at == nothing || at >= working_) return;
    holds_[at] = nothing;
    at = nothing;
  }

  /// Where a value is that no register holds.
  Source home(std::uint16_t v) const {
    if (is_constant(v)) return {Source::Kind::constant, v};
    if (values_[v].slot != nothing) return {Source::Kind::slot, values_[v].slot};
    if (is_operand(v)) return {Source::Kind::operand, static_cast<std::uint16_t>(instruction(v).number)};
    throw InternalError("a kernel's register plan lost a value");
  }
  Source in_register(std::uint16_t v) const { return {Source::Kind::in_register, values_[v].in_register}; }

  /// A free register; if there is none, that of the value outside of `keep` which is read again last.
  std::uint16_t free_register(std::span<const std::uint16_t> keep) {
    std::uint16_t best = nothing;
    for (std::uint16_t at = 0; at < working_; ++at) {
      if (holds_[at] == nothing) return at;
      if (std::ranges::find(keep, holds_[at]) != keep.end()) continue;
      if (best == nothing || next_read(holds_[at]) > next_read(holds_[best])) best = at;
    }
    if (best == nothing) throw InternalError("a kernel's register plan has no register left");
    const std::uint16_t v = holds_[best];
    // An operand may be overwritten by a result, but not before the results are stored.
    const bool is_elsewhere = is_constant(v) || values_[v].slot != nothing || (is_operand(v) && !values_[v].is_result);
    if (!is_elsewhere && next_read(v) != never)
      made_.each.push_back(
          {.kind = MachineStep::Kind::spill, .to = values_[v].slot = new_slot(), .from = {in_register(v)}});
    release(v);
    return best;
  }

  Source brought(std::uint16_t v, std::span<const std::uint16_t> keep) {
    if (values_[v].in_register == nothing) {
      const std::uint16_t at = free_register(keep);
      made_.each.push_back({.kind = MachineStep::Kind::load, .to = at, .from = {home(v)}});
      hold(at, v);
    }
    return in_register(v);
  }

  /// Whether source `k` may be read from memory: of a sum the second, of a multiply-add what is added, of a select what
  /// floats are compared with and what is taken where the comparison holds.
  static bool may_be_in_memory(const VectorInstruction& i, std::size_t k) {
    if (i.op == VectorOp::select) return i.compare != Compare::not_zero && (k == 1 || k == 2);
    if (i.op == VectorOp::multiply_add) return k == 2;
    return reads(i.op) == 2 && k == 1;
  }

  void compute() {
    VectorInstruction what = code_.instructions[now_];
    const auto here = [&](std::uint16_t v) { return values_[v].in_register != nothing; };
    if (commutes(what.op) && from_memory(what.from[0]) && !from_memory(what.from[1]))
      std::swap(what.from[0], what.from[1]);
    const auto count = static_cast<std::size_t>(reads(what.op));
    const std::span<const std::uint16_t> sources(what.from.data(), count);
    MachineStep step{.kind = MachineStep::Kind::compute, .instruction = static_cast<std::uint16_t>(now_)};
    for (std::size_t k = 0; k < count; ++k)
      if (!may_be_in_memory(what, k) || !from_memory(what.from[k])) step.from[k] = brought(what.from[k], sources);
    for (std::size_t k = 0; k < count; ++k)
      step.from[k] = here(what.from[k]) ? in_register(what.from[k]) : home(what.from[k]);
    std::uint16_t at = nothing;
    for (const std::uint16_t v : sources) {
      if (!dies_now(v)) continue;
      // A multiply-add has no register but those it reads: without one of them a factor is copied first.
      if (what.op == VectorOp::multiply_add && at == nothing && values_[v].in_register < working_)
        at = values_[v].in_register;
      release(v);
    }
    const auto v = static_cast<std::uint16_t>(now_);
    ++now_;  // what is read here for the last time may give way to the result
    if (at == nothing) at = free_register({});
    --now_;
    step.to = at;
    made_.each.push_back(step);
    hold(at, v);
  }

  /// Whether an instruction can read the value where it is: an operand must be loaded, its end may lie outside.
  bool from_memory(std::uint16_t v) const {
    return values_[v].in_register == nothing && (is_constant(v) || values_[v].slot != nothing);
  }

  /// Those in registers first, which makes room for the others. What only an operand holds is loaded before any store.
  void store_results() {
    std::vector<bool> stored(code_.results.size());
    for (const std::uint16_t v : code_.results)
      if (values_[v].in_register == nothing && is_operand(v) && values_[v].slot == nothing) brought(v, {});
    const auto store = [&](std::size_t i) {
      made_.each.push_back({.kind = MachineStep::Kind::store,
                            .to = static_cast<std::uint16_t>(i),
                            .from = {brought(code_.results[i], {})}});
      stored[i] = true;
    };
    for (std::size_t i = 0; i < stored.size(); ++i)
      if (values_[code_.results[i]].in_register != nothing) store(i);
    for (const std::uint16_t v : code_.results) release(v);
    for (std::size_t i = 0; i < stored.size(); ++i) {
      if (stored[i]) continue;
      store(i);
      release(code_.results[i]);
    }
  }

  const VectorCode& code_;
  std::uint64_t splat_;
  std::size_t working_;
  std::vector<std::uint16_t> holds_;  // by register
  std::vector<Live> values_;
  std::size_t now_ = 0;
  RegisterPlan made_{};
};

}  // namespace

RegisterPlan plan_registers(const VectorCode& code, std::size_t working, std::size_t kept, std::uint64_t splat) {
  return Planner(code, working, kept, splat).plan();
}

std::size_t most_alive(const VectorCode& code, std::uint64_t splat) {
  constexpr std::size_t any = 6;
  return Planner(code, any, 0, splat).most_alive();
}

}  // namespace vitrine
