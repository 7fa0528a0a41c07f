#include "runtime/jit/assemble.hpp"

#include <xbyak/xbyak.h>

#include <algorithm>
#include <cstddef>

#include "runtime/jit/register_plan.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

using Xbyak::Operand;
using Xbyak::Reg64;
using Xbyak::Xmm;

constexpr std::size_t longest_instruction = 16;  // bytes
constexpr std::size_t frame_code = 1024;         // what stands around the loop, and tables
constexpr std::size_t long_code = 12;            // instructions
constexpr std::size_t spare_registers = 1;       // for a number on its way from memory
constexpr std::size_t fewest_registers = 6;      // that a plan can do with

/// Writes a function of the System V calling convention. While it runs, rdi holds the operands' addresses, rsi the
/// results', rdx how many numbers of the row are left and rcx how far in the row it is, in bytes.
class Assembler : public Xbyak::CodeGenerator, public MachineCode {
 public:
  /// Each of the copies has `working` registers of its own; behind them are those that all share.
  Assembler(const VectorCode& code, const KernelForm& form, Isa isa, const RegisterPlan& plan, std::size_t copies,
            std::size_t working)
      : CodeGenerator(size_of(code, plan, copies), Xbyak::DontSetProtectRWE),
        code_(code),
        form_(form),
        plan_(plan),
        wide_(isa == Isa::avx512),
        lanes_(wide_ ? 16 : 8),
        copies_(copies),
        working_(working) {
    give_pointers();
    enter();
    rows();
    leave();
    tables();
    setProtectModeRE();
  }
  KernelFunction function() const override { return getCode<KernelFunction>(); }
  std::size_t bytes() const override { return getSize(); }

  static std::size_t registers(Isa isa) { return isa == Isa::avx512 ? 31 : 14; }  // the last ones are scratch

 private:
  /// One more than the highest number of an operand.
  static std::size_t operands_of(const VectorCode& code) {
    std::size_t operands = 0;
    for (const VectorInstruction& i : code.instructions)
      if (i.op == VectorOp::operand) operands = std::max<std::size_t>(operands, i.number + 1);
    return operands;
  }

  static std::size_t size_of(const VectorCode& code, const RegisterPlan& plan, std::size_t copies) {
    // A step is at most three instructions. There is a loop for `copies` vectors, one for one and one for the rest.
    const std::size_t steps = copies * (plan.before.size() + plan.each_row.size()) + (copies + 2) * plan.each.size();
    return frame_code + steps * 3 * longest_instruction + code.instructions.size() * 32 +
           (operands_of(code) + code.results.size()) * 4 * longest_instruction;
  }

  /// A register of the plan, for the present copy.
  Xmm vector(std::size_t index) const {
    return whole_vector(index < working_ ? copy_ * working_ + index : (copies_ - 1) * working_ + index);
  }
  Xmm whole_vector(std::size_t index) const {
    const int i = static_cast<int>(index);
    return wide_ ? static_cast<Xmm>(Xbyak::Zmm(i)) : static_cast<Xmm>(Xbyak::Ymm(i));
  }
  Xmm scratch() const { return whole_vector(wide_ ? 31 : 15); }
  Xmm tail_mask() const { return whole_vector(14); }  // AVX2 only
  const Xbyak::Opmask& holds() const { return k1; }
  const Xbyak::Opmask& tail() const { return k2; }

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
      if (i.op == VectorOp::operand && !is_splat(i.number)) give(operand_pointers_[i.number]);
    for (Reg64& pointer : result_pointers_) give(pointer);
  }
  bool is_splat(std::size_t operand) const { return operand < 64 && (form_.splat >> operand & 1u) != 0; }

  /// rax where there is no pointer (register 0 is rax, which is never given).
  Reg64 pointer(const std::vector<Reg64>& pointers, const Reg64& array, std::size_t index) {
    if (pointers[index].getIdx() != 0) return pointers[index];
    mov(rax, ptr[array + static_cast<int>(index * sizeof(float*))]);
    return rax;
  }

  /// What does not fit a register lies below rbp.
  enum class Local : int { rows = 8, n = 16, operand_strides = 24, result_strides = 32 };
  Xbyak::Address local(Local which) const { return qword[rbp - static_cast<int>(which)]; }

  void enter() {
    for (const Reg64& saved : {rbp, rbx, r12, r13, r14, r15}) push(saved);
    mov(rbp, rsp);
    sub(rsp, static_cast<std::uint32_t>(copies_ * plan_.slots * 64 + 64));
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
    emit(plan_.before, copies_);
  }

  void rows() {
    Xbyak::Label row, done;
    L(row);
    emit(plan_.each_row, copies_);
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

  /// As many vectors at once as there are copies, then one at a time, then what is left of one.
  void loop() {
    Xbyak::Label end;
    mov(rdx, local(Local::n));
    xor_(ecx, ecx);
    if (copies_ > 1) vectors(copies_);
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
    align(32);
    L(again);
    emit(plan_.each, count);
    add(rcx, numbers * 4);
    sub(rdx, numbers);
    jae(again, T_NEAR);
    L(less);
    add(rdx, numbers);
  }

  void leave() {
    if (form_.streaming) sfence();
    vzeroupper();
    mov(rsp, rbp);
    for (const Reg64& saved : {r15, r14, r13, r12, rbx, rbp}) pop(saved);
    ret();
  }

  void tables() {
    align(64);
    L(masks_);
    if (wide_)
      for (unsigned n = 0; n < 16; ++n) dw(static_cast<std::uint16_t>((1u << n) - 1));
    else
      for (unsigned i = 0; i < 16; ++i) dd(i < 8 ? 0xffffffffu : 0u);
    align(64);
    L(pool_);
    const int copies = wide_ ? 1 : lanes_;  // AVX-512 broadcasts what it reads
    for (const VectorInstruction& i : code_.instructions)
      if (i.op == VectorOp::constant)
        for (int copy = 0; copy < copies; ++copy) dd(i.number);
  }

  /// How far a number of the code lies behind the begin of the pool.
  int place_in_pool(std::size_t value) const {
    const auto before =
        std::count_if(code_.instructions.begin(), code_.instructions.begin() + static_cast<std::ptrdiff_t>(value),
                      [](const VectorInstruction& i) { return i.op == VectorOp::constant; });
    return static_cast<int>(before) * (wide_ ? 4 : 32);
  }
  Xbyak::Address slot(std::size_t index) const {
    return ptr[rsp + static_cast<int>((copy_ * plan_.slots + index) * 64)];
  }
  /// Where the present copy's vector of a row lies.
  Xbyak::Address element(const Reg64& begin) const { return ptr[begin + rcx + static_cast<int>(copy_) * lanes_ * 4]; }

  /// Step by step for all copies: what one waits for, another does meanwhile.
  void emit(const std::vector<MachineStep>& steps, std::size_t copies) {
    for (const MachineStep& step : steps)
      for (copy_ = 0; copy_ < copies; ++copy_) emit(step);
    copy_ = 0;
  }

  void emit(const MachineStep& step) {
    switch (step.kind) {
      case MachineStep::Kind::load: return load(vector(step.to), step.from[0]);
      case MachineStep::Kind::spill: return vmovups(slot(step.to), vector(step.from[0].index));
      case MachineStep::Kind::store: return store(step.to, vector(step.from[0].index));
      case MachineStep::Kind::compute: return compute(step);
    }
  }

  void load(const Xmm& to, const Source& from) {
    switch (from.kind) {
      case Source::Kind::in_register: return vmovaps(to, vector(from.index));
      case Source::Kind::constant: return vbroadcastss(to, ptr[r11 + place_in_pool(from.index)]);
      case Source::Kind::slot: return vmovups(to, slot(from.index));
      case Source::Kind::operand: break;
    }
    const Reg64 at = pointer(operand_pointers_, rdi, from.index);
    if (is_splat(from.index)) return vbroadcastss(to, ptr[at]);
    if (!in_tail_) return vmovups(to, element(at));
    if (wide_) return vmovups(to | tail() | T_z, ptr[at + rcx]);
    vmaskmovps(to, tail_mask(), ptr[at + rcx]);
  }

  void store(std::size_t result, const Xmm& from) {
    const Reg64 at = pointer(result_pointers_, rsi, result);
    if (!in_tail_) return form_.streaming ? vmovntps(element(at), from) : vmovups(element(at), from);
    if (wide_) return vmovups(ptr[at + rcx] | tail(), from);
    vmaskmovps(ptr[at + rcx], tail_mask(), from);
  }

  void compute(const MachineStep& step) {
    const VectorInstruction& what = code_.instructions[step.instruction];
    const Xmm to = vector(step.to), a = vector(step.from[0].index);
    if (what.op == VectorOp::select) return select(what.compare, to, step);
    const auto count = static_cast<std::uint8_t>(what.number);
    const auto with = [&](auto run) { with_operand(step.from[1], run); };
    switch (what.op) {
      case VectorOp::add: return with([&](const Operand& b) { vaddps(to, a, b); });
      case VectorOp::subtract: return with([&](const Operand& b) { vsubps(to, a, b); });
      case VectorOp::multiply: return with([&](const Operand& b) { vmulps(to, a, b); });
      case VectorOp::divide: return with([&](const Operand& b) { vdivps(to, a, b); });
      case VectorOp::integer_add: return with([&](const Operand& b) { vpaddd(to, a, b); });
      case VectorOp::integer_subtract: return with([&](const Operand& b) { vpsubd(to, a, b); });
      case VectorOp::bit_and: return with([&](const Operand& b) { wide_ ? vpandd(to, a, b) : vpand(to, a, b); });
      case VectorOp::bit_or: return with([&](const Operand& b) { wide_ ? vpord(to, a, b) : vpor(to, a, b); });
      case VectorOp::bit_xor: return with([&](const Operand& b) { wide_ ? vpxord(to, a, b) : vpxor(to, a, b); });
      case VectorOp::shift_left: return vpslld(to, a, count);
      case VectorOp::shift_right_signed: return vpsrad(to, a, count);
      case VectorOp::square_root: return vsqrtps(to, a);
      case VectorOp::to_float: return vcvtdq2ps(to, a);
      case VectorOp::constant:
      case VectorOp::operand:
      case VectorOp::select: break;
    }
    throw InternalError("a kernel's instruction has no machine code");
  }

  void select(Compare compare, const Xmm& to, const MachineStep& step) {
    const Xmm a = vector(step.from[0].index), otherwise = vector(step.from[3].index);
    // What x86 calls the larger or smaller of two is just such a select, also of zeros and NaN.
    if (step.from[2] == step.from[0] && step.from[3] == step.from[1] && compare == Compare::less)
      return vminps(to, a, otherwise);
    if (step.from[2] == step.from[0] && step.from[3] == step.from[1] && compare == Compare::greater)
      return vmaxps(to, a, otherwise);
    // Turned round: of x < lowest ? lowest : x the larger, and so on.
    const bool turned = step.from[3] == step.from[0] && step.from[2] == step.from[1];
    if (turned && compare == Compare::less) return with_register(step.from[1], [&](const Xmm& b) { vmaxps(to, b, a); });
    if (turned && compare == Compare::greater)
      return with_register(step.from[1], [&](const Xmm& b) { vminps(to, b, a); });
    if (wide_) {
      if (compare == Compare::not_zero)
        vptestmd(holds(), a, a);
      else
        with_operand(step.from[1], [&](const Operand& b) { vcmpps(holds(), a, b, predicate(compare)); });
      with_operand(step.from[2], [&](const Operand& chosen) { vblendmps(to | holds(), otherwise, chosen); });
      return;
    }
    if (compare == Compare::not_zero) {  // AVX2 compares with 0 for equality, so the two change places
      vpxor(scratch(), scratch(), scratch());
      vpcmpeqd(scratch(), scratch(), a);
      return vblendvps(to, vector(step.from[2].index), otherwise, scratch());
    }
    with_operand(step.from[1], [&](const Operand& b) { vcmpps(scratch(), a, b, predicate(compare)); });
    with_operand(step.from[2], [&](const Operand& chosen) { vblendvps(to, otherwise, chosen, scratch()); });
  }

  static std::uint8_t predicate(Compare compare) {
    switch (compare) {
      case Compare::less: return 0x11;       // LT_OQ
      case Compare::greater: return 0x1e;    // GT_OQ
      case Compare::equal: return 0x00;      // EQ_OQ
      case Compare::different: return 0x04;  // NEQ_UQ
      case Compare::not_zero: break;
    }
    throw InternalError("a kernel compares floats with a predicate for integers");
  }

  /// Runs `use` with the source as it can be read in an instruction: a register or an address.
  template <class Use> void with_operand(const Source& from, Use use) {
    switch (from.kind) {
      case Source::Kind::in_register: return use(vector(from.index));
      case Source::Kind::slot: return use(slot(from.index));
      case Source::Kind::constant: {
        const auto at = r11 + place_in_pool(from.index);
        return wide_ ? use(ptr_b[at]) : use(ptr[at]);
      }
      case Source::Kind::operand: break;
    }
    throw InternalError("a kernel reads an operand where it must be in a register");
  }

  /// The same where only a register will do.
  template <class Use> void with_register(const Source& from, Use use) {
    if (from.kind != Source::Kind::in_register) load(scratch(), from);
    use(from.kind == Source::Kind::in_register ? vector(from.index) : scratch());
  }

  const VectorCode& code_;
  KernelForm form_;
  const RegisterPlan& plan_;
  bool wide_;
  int lanes_;
  std::size_t copies_, working_;
  std::size_t copy_ = 0;  // for which code is written
  bool in_tail_ = false;
  std::vector<Reg64> operand_pointers_{}, result_pointers_{};
  Xbyak::Label pool_{}, masks_{};
};

}  // namespace

std::unique_ptr<MachineCode> assemble(const VectorCode& code, const KernelForm& form, Isa isa) {
  if (isa == Isa::portable) return nullptr;
  // A long chain of operations waits for each of its own results; two vectors side by side wait less. A core looks
  // ahead far enough to find that by itself only where the chain is short.
  const std::size_t all = Assembler::registers(isa), alive = most_alive(code, form.splat) + spare_registers;
  const std::size_t copies =
      code.instructions.size() >= long_code && 2 * std::max(alive, fewest_registers) <= all ? 2 : 1;
  const std::size_t working = std::clamp(alive, fewest_registers, all / copies);
  const RegisterPlan plan = plan_registers(code, working, all - copies * working, form.splat);
  try {
    return std::make_unique<Assembler>(code, form, isa, plan, copies, working);
  } catch (const Xbyak::Error& error) {
    // A system that forbids it is no error: the interpreter computes the same. Anything else is a bug of ours.
    if (error == Xbyak::ERR_CANT_PROTECT || error == Xbyak::ERR_CANT_ALLOC) return nullptr;
    throw InternalError(std::string("a kernel could not be assembled: ") + error.what());
  }
}

}  // namespace vitrine
