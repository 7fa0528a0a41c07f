#pragma once
// The steps of a register plan as machine code. Only this, its .cpp and assemble.cpp know the assembler.
#include <xbyak/xbyak.h>

#include "runtime/jit/assemble.hpp"
#include "runtime/jit/register_plan.hpp"

namespace vitrine {

/// How a loop shares out the vector registers.
struct RegisterUse {
  std::size_t copies;   // vectors side by side, each with registers of its own
  std::size_t working;  // of each copy; behind them are those that all share
  std::size_t first_lane = 0,
              lane_vectors = 0;  // registers that hold what is added up in lanes; 0: they stay in memory
};

/// While a function runs, rdi holds the operands' addresses, rsi the results', rdx how many numbers of the row are left
/// and rcx how far in the row it is, in bytes.
class VectorEmitter : public Xbyak::CodeGenerator {
 protected:
  VectorEmitter(std::size_t bytes, const VectorCode&, const KernelForm&, Isa, const RegisterPlan&, const RegisterUse&);

  /// Step by step for all copies: what one waits for, another does meanwhile. `base`: the vector of the first copy.
  void emit(const std::vector<MachineStep>& steps, std::size_t copies, std::size_t base = 0);
  /// Numbers and masks, behind the code.
  void tables();

  bool is_splat(std::size_t operand) const { return operand < 64 && (form_.splat >> operand & 1u) != 0; }
  bool is_lanes(std::uint64_t mask, std::size_t index) const { return index < 64 && (mask >> index & 1u) != 0; }
  /// The register of vector `at` of what is added up in lanes by the operand (or result) of this number.
  Xbyak::Xmm lane_vector(std::uint64_t mask, std::size_t index, std::size_t at) const;
  /// The result that an operand's lanes belong to.
  std::size_t result_of_lanes(std::size_t operand) const;
  /// Each row begins with the numbers that the operands of lanes hold.
  void begin_lanes();
  Xbyak::Xmm tail_mask() const { return whole_vector(14); }  // AVX2 only
  const Xbyak::Opmask& tail() const { return k2; }

  const VectorCode& code_;
  KernelForm form_;
  const RegisterPlan& plan_;
  RegisterUse use_;
  bool wide_;
  int lanes_;
  bool in_tail_ = false;
  bool lanes_in_registers_ = false;
  std::vector<Xbyak::Reg64> operand_pointers_{}, result_pointers_{};
  Xbyak::Label pool_{}, masks_{};

 private:
  Xbyak::Xmm vector(std::size_t index) const;
  Xbyak::Xmm whole_vector(std::size_t index) const;
  Xbyak::Xmm scratch() const { return whole_vector(wide_ ? 31 : 15); }
  const Xbyak::Opmask& holds() const { return k1; }

  Xbyak::Reg64 pointer(const std::vector<Xbyak::Reg64>& pointers, const Xbyak::Reg64& array, std::size_t index);
  Xbyak::Reg64 lanes_pointer(std::size_t result);
  int place_in_pool(std::size_t value) const;
  Xbyak::Address slot(std::size_t index) const;
  int offset_of_copy() const { return static_cast<int>(base_ + copy_) * lanes_ * 4; }

  void emit(const MachineStep&);
  void load(const Xbyak::Xmm& to, const Source& from);
  void store(std::size_t result, const Xbyak::Xmm& from);
  void compute(const MachineStep&);
  void multiply_add(const Xbyak::Xmm& to, const MachineStep&);
  void select(Compare, const Xbyak::Xmm& to, const MachineStep&);
  template <class Use> void with_operand(const Source& from, Use use);
  template <class Use> void with_register(const Source& from, Use use);

  std::size_t base_ = 0, copy_ = 0;  // for which code is written
};

}  // namespace vitrine
