#include "runtime/jit/assemble.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "runtime/jit/emitter.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

using Xbyak::Reg64;

constexpr std::size_t longest_instruction = 16;  // bytes
constexpr std::size_t frame_code = 1024;         // what stands around the loop, and tables
constexpr std::size_t long_code = 12;            // instructions
constexpr std::size_t spare_registers = 1;       // for a number on its way from memory
constexpr std::size_t fewest_registers = 6;      // that a plan can do with
constexpr std::size_t lanes_of_sums = 32;

/// Writes a function of the System V calling convention: loops over rows, and in each over its vectors.
class Assembler : public VectorEmitter, public MachineCode {
 public:
  Assembler(const VectorCode& code, const KernelForm& form, Isa isa, const RegisterPlan& plan, const RegisterUse& use)
      : VectorEmitter(size_of(code, form, plan, use), code, form, isa, plan, use) {
    give_pointers();
    enter();
    rows();
    leave();
    tables();
    setProtectModeRE();
  }
  KernelFunction function() const override { return getCode<KernelFunction>(); }

  static std::size_t registers(Isa isa) { return isa == Isa::avx512 ? 31 : 14; }  // the last ones are scratch

 private:
  /// One more than the highest number of an operand.
  static std::size_t operands_of(const VectorCode& code) {
    std::size_t operands = 0;
    for (const VectorInstruction& i : code.instructions)
      if (i.op == VectorOp::operand) operands = std::max<std::size_t>(operands, i.number + 1);
    return operands;
  }

  static std::size_t size_of(const VectorCode& code, const KernelForm& form, const RegisterPlan& plan,
                             const RegisterUse& use) {
    // A step is at most three instructions. There is a loop for `copies` vectors, one for one and one for the rest.
    // And one with what is added up in registers, which are filled before and written after it.
    const std::size_t steps = use.copies * (plan.before.size() + plan.each_row.size()) +
                              (use.copies + use.lane_vectors + 2) * plan.each.size() +
                              (4 * use.lane_vectors + 10) * static_cast<std::size_t>(std::popcount(form.lane_operands));
    return frame_code + steps * 3 * longest_instruction + code.instructions.size() * 32 +
           (operands_of(code) + code.results.size()) * 4 * longest_instruction;
  }

  /// The operands and results that keep their pointer in a register; the others fetch it from the caller's array.
  void give_pointers() {
    std::vector<Reg64> free{r8, r9, r10, rbx, r12, r13, r14, r15};
    operand_pointers_.resize(operands_of(code_));
    result_pointers_.resize(code_.results.size());
    std::reverse(free.begin(), free.end());
    const auto give = [&](Reg64& pointer) {
      if (free.empty()) return;
      pointer = free.back();
      free.pop_back();
    };
    for (const VectorInstruction& i : code_.instructions)
      if (i.op == VectorOp::operand && !is_splat(i.number) && !is_lanes(form_.lane_operands, i.number))
        give(operand_pointers_[i.number]);
    for (std::size_t i = 0; i < result_pointers_.size(); ++i)
      if (!is_lanes(form_.lane_results, i)) give(result_pointers_[i]);
  }

  /// What does not fit a register lies below rbp.
  enum class Local : int { rows = 8, n = 16, operand_strides = 24, result_strides = 32 };
  Xbyak::Address local(Local which) const { return qword[rbp - static_cast<int>(which)]; }

  void enter() {
    for (const Reg64& saved : {rbp, rbx, r12, r13, r14, r15}) push(saved);
    mov(rbp, rsp);
    sub(rsp, static_cast<std::uint32_t>(use_.copies * plan_.slots * 64 + 64));
    and_(rsp, -64);
    const auto keep = [&](Local which, std::size_t offset) {
      mov(rax, ptr[rdi + offset]);
      mov(local(which), rax);
    };
    keep(Local::rows, offsetof(KernelRows, rows));
    keep(Local::n, offsetof(KernelRows, n));
    keep(Local::operand_strides, offsetof(KernelRows, operand_strides));
    keep(Local::result_strides, offsetof(KernelRows, result_strides));
    mov(rsi, ptr[rdi + offsetof(KernelRows, results)]);
    mov(rdi, ptr[rdi + offsetof(KernelRows, operands)]);
    lea(r11, ptr[rip + pool_]);
    fetch(operand_pointers_, rdi);
    fetch(result_pointers_, rsi);
    emit(plan_.before, use_.copies);
  }

  void rows() {
    Xbyak::Label row, done;
    L(row);
    emit(plan_.each_row, use_.copies);
    loop();
    dec(local(Local::rows));
    jz(done, T_NEAR);
    advance(operand_pointers_, rdi, Local::operand_strides);
    advance(result_pointers_, rsi, Local::result_strides);
    jmp(row, T_NEAR);
    L(done);
  }

  void fetch(const std::vector<Reg64>& pointers, const Reg64& array) {
    for (std::size_t i = 0; i < pointers.size(); ++i)
      if (pointers[i].getIdx() != 0) mov(pointers[i], ptr[array + static_cast<int>(i * sizeof(float*))]);
  }

  void advance(const std::vector<Reg64>& pointers, const Reg64& array, Local strides) {
    mov(rax, local(strides));
    for (std::size_t i = 0; i < pointers.size(); ++i) {
      const Xbyak::Address stride = ptr[rax + static_cast<int>(i * sizeof(std::ptrdiff_t))];
      if (pointers[i].getIdx() != 0) {
        add(pointers[i], stride);
      } else {
        mov(rcx, stride);
        add(ptr[array + static_cast<int>(i * sizeof(float*))], rcx);
      }
    }
  }

  /// As many vectors at once as there are copies, or as the lanes of a sum take; then one at a time, then what is left
  /// of one.
  void loop() {
    Xbyak::Label end;
    begin_lanes();
    mov(rdx, local(Local::n));
    xor_(ecx, ecx);
    if (use_.lane_vectors > 0)
      vectors(use_.lane_vectors);
    else if (use_.copies > 1)
      vectors(use_.copies);
    vectors(1);
    test(rdx, rdx);
    jz(end, T_NEAR);
    in_tail_ = true;
    lea(rax, ptr[rip + masks_]);
    if (wide_) {
      kmovw(tail(), ptr[rax + rdx * 2]);
    } else {
      neg(rdx);
      vmovups(tail_mask(), ptr[rax + rdx * 4 + 32]);
    }
    emit(plan_.each, 1);
    in_tail_ = false;
    L(end);
  }

  /// While so many vectors are left.
  void vectors(std::size_t count) {
    Xbyak::Label again, less;
    const auto numbers = static_cast<int>(count) * lanes_;
    sub(rdx, numbers);
    jb(less, T_NEAR);
    lanes_in_registers_ = count > 1 && count == use_.lane_vectors;
    move_lanes(true);
    align(32);
    L(again);
    for (std::size_t base = 0; base < count; base += use_.copies) emit(plan_.each, std::min(count, use_.copies), base);
    add(rcx, numbers * 4);
    sub(rdx, numbers);
    jae(again, T_NEAR);
    move_lanes(false);
    lanes_in_registers_ = false;
    L(less);
    add(rdx, numbers);
  }

  /// Between memory and the registers in which a loop adds up.
  void move_lanes(bool to_registers) {
    if (!lanes_in_registers_) return;
    for (std::size_t i = 0; i < 64; ++i) {
      if (!is_lanes(form_.lane_results, i)) continue;
      mov(rax, ptr[rsi + static_cast<int>(i * sizeof(float*))]);
      for (std::size_t at = 0; at < use_.lane_vectors; ++at) {
        const Xbyak::Address place = ptr[rax + static_cast<int>(at) * lanes_ * 4];
        const Xbyak::Xmm vector = lane_vector(form_.lane_results, i, at);
        to_registers ? vmovups(vector, place) : vmovups(place, vector);
      }
    }
  }

  void leave() {
    if (form_.streaming) sfence();
    vzeroupper();
    mov(rsp, rbp);
    for (const Reg64& saved : {r15, r14, r13, r12, rbx, rbp}) pop(saved);
    ret();
  }
};

}  // namespace

std::unique_ptr<MachineCode> assemble(const VectorCode& code, const KernelForm& form, Isa isa) {
  if (isa == Isa::portable) return nullptr;
  // A long chain of operations waits for each of its own results; two vectors side by side wait less. A core looks
  // ahead far enough to find that by itself only where the chain is short.
  const std::size_t alive = most_alive(code, form.splat) + spare_registers;
  // What is added up stays in registers where there are enough: a whole row of lanes, whatever their width.
  RegisterUse use{};
  std::size_t all = Assembler::registers(isa);
  const std::size_t for_a_sum = lanes_of_sums / (isa == Isa::avx512 ? 16 : 8),
                    for_sums = for_a_sum * static_cast<std::size_t>(std::popcount(form.lane_operands));
  if (for_sums > 0 && for_sums + std::max(alive, fewest_registers) <= all) {
    all -= for_sums;
    use.first_lane = all, use.lane_vectors = for_a_sum;
  }
  use.copies = code.instructions.size() >= long_code && 2 * std::max(alive, fewest_registers) <= all ? 2 : 1;
  use.working = std::clamp(alive, fewest_registers, all / use.copies);
  const RegisterPlan plan = plan_registers(code, use.working, all - use.copies * use.working, form.splat);
  try {
    return std::make_unique<Assembler>(code, form, isa, plan, use);
  } catch (const Xbyak::Error& error) {
    // A system that forbids it is no error: the interpreter computes the same. Anything else is a bug of ours.
    if (error == Xbyak::ERR_CANT_PROTECT || error == Xbyak::ERR_CANT_ALLOC) return nullptr;
    throw InternalError(std::string("a kernel could not be assembled: ") + error.what());
  }
}

}  // namespace vitrine
