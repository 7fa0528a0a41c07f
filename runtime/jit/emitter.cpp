#include "runtime/jit/emitter.hpp"

#include <algorithm>
#include <bit>

#include "vitrine/error.hpp"

namespace vitrine {

namespace {

using Xbyak::Operand;
using Xbyak::Reg64;
using Xbyak::Xmm;

constexpr int lane_bytes = 128;  // of 32 lanes

std::uint8_t predicate(Compare compare) {
  switch (compare) {
    case Compare::less: return 0x11;       // LT_OQ
    case Compare::greater: return 0x1e;    // GT_OQ
    case Compare::equal: return 0x00;      // EQ_OQ
    case Compare::different: return 0x04;  // NEQ_UQ
    case Compare::not_zero: break;
  }
  throw InternalError("a kernel compares floats with a predicate for integers");
}

}  // namespace

VectorEmitter::VectorEmitter(std::size_t bytes, const VectorCode& code, const KernelForm& form, Isa isa,
                             const RegisterPlan& plan, const RegisterUse& use)
    : CodeGenerator(bytes, Xbyak::DontSetProtectRWE),
      code_(code),
      form_(form),
      plan_(plan),
      use_(use),
      wide_(isa == Isa::avx512),
      lanes_(wide_ ? 16 : 8) {}

/// A register of the plan, for the present copy.
Xmm VectorEmitter::vector(std::size_t index) const {
  return whole_vector(index < use_.working ? copy_ * use_.working + index : (use_.copies - 1) * use_.working + index);
}
Xmm VectorEmitter::whole_vector(std::size_t index) const {
  const int i = static_cast<int>(index);
  return wide_ ? static_cast<Xmm>(Xbyak::Zmm(i)) : static_cast<Xmm>(Xbyak::Ymm(i));
}
Xmm VectorEmitter::lane_vector(std::uint64_t mask, std::size_t index, std::size_t at) const {
  const auto before = static_cast<std::size_t>(std::popcount(mask & ((std::uint64_t{1} << index) - 1)));
  return whole_vector(use_.first_lane + before * use_.lane_vectors + at);
}

/// rax where there is no pointer (register 0 is rax, which is never given).
Reg64 VectorEmitter::pointer(const std::vector<Reg64>& pointers, const Reg64& array, std::size_t index) {
  if (pointers[index].getIdx() != 0) return pointers[index];
  mov(rax, ptr[array + static_cast<int>(index * sizeof(float*))]);
  return rax;
}
/// In rax, where the lanes of the row's present element lie.
Reg64 VectorEmitter::lanes_pointer(std::size_t result) {
  mov(rax, rcx);
  and_(eax, lane_bytes - 1);
  add(rax, ptr[rsi + static_cast<int>(result * sizeof(float*))]);
  return rax;
}

std::size_t VectorEmitter::result_of_lanes(std::size_t operand) const {
  std::uint64_t results = form_.lane_results;
  for (int before = std::popcount(form_.lane_operands & ((std::uint64_t{1} << operand) - 1)); before > 0; --before)
    results &= results - 1;
  return static_cast<std::size_t>(std::countr_zero(results));
}

void VectorEmitter::begin_lanes() {
  for (std::size_t operand = 0; operand < 64; ++operand) {
    if (!is_lanes(form_.lane_operands, operand)) continue;
    mov(rax, ptr[rdi + static_cast<int>(operand * sizeof(float*))]);
    mov(rcx, ptr[rsi + static_cast<int>(result_of_lanes(operand) * sizeof(float*))]);
    for (int at = 0; at < lane_bytes; at += lanes_ * 4) {
      vmovups(scratch(), ptr[rax + at]);
      vmovups(ptr[rcx + at], scratch());
    }
  }
}

void VectorEmitter::tables() {
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
int VectorEmitter::place_in_pool(std::size_t value) const {
  const auto before =
      std::count_if(code_.instructions.begin(), code_.instructions.begin() + static_cast<std::ptrdiff_t>(value),
                    [](const VectorInstruction& i) { return i.op == VectorOp::constant; });
  return static_cast<int>(before) * (wide_ ? 4 : 32);
}
Xbyak::Address VectorEmitter::slot(std::size_t index) const {
  return ptr[rsp + static_cast<int>((copy_ * plan_.slots + index) * 64)];
}
void VectorEmitter::emit(const std::vector<MachineStep>& steps, std::size_t copies, std::size_t base) {
  base_ = base;
  for (const MachineStep& step : steps)
    for (copy_ = 0; copy_ < copies; ++copy_) emit(step);
  base_ = copy_ = 0;
}

void VectorEmitter::emit(const MachineStep& step) {
  switch (step.kind) {
    case MachineStep::Kind::load: return load(vector(step.to), step.from[0]);
    case MachineStep::Kind::spill: return vmovups(slot(step.to), vector(step.from[0].index));
    case MachineStep::Kind::store: return store(step.to, vector(step.from[0].index));
    case MachineStep::Kind::compute: return compute(step);
  }
}

void VectorEmitter::load(const Xmm& to, const Source& from) {
  switch (from.kind) {
    case Source::Kind::in_register: return vmovaps(to, vector(from.index));
    case Source::Kind::constant: return vbroadcastss(to, ptr[r11 + place_in_pool(from.index)]);
    case Source::Kind::slot: return vmovups(to, slot(from.index));
    case Source::Kind::operand: break;
  }
  if (is_lanes(form_.lane_operands, from.index)) {
    if (lanes_in_registers_) return vmovaps(to, lane_vector(form_.lane_operands, from.index, base_ + copy_));
    const Reg64 lanes = lanes_pointer(result_of_lanes(from.index));
    if (!in_tail_) return vmovups(to, ptr[lanes + offset_of_copy()]);
    if (wide_) return vmovups(to | tail() | T_z, ptr[lanes]);
    return vmaskmovps(to, tail_mask(), ptr[lanes]);
  }
  const Reg64 at = pointer(operand_pointers_, rdi, from.index);
  if (is_splat(from.index)) return vbroadcastss(to, ptr[at]);
  if (!in_tail_) return vmovups(to, ptr[at + rcx + offset_of_copy()]);
  if (wide_) return vmovups(to | tail() | T_z, ptr[at + rcx]);
  vmaskmovps(to, tail_mask(), ptr[at + rcx]);
}

void VectorEmitter::store(std::size_t result, const Xmm& from) {
  if (is_lanes(form_.lane_results, result)) {
    if (lanes_in_registers_) return vmovaps(lane_vector(form_.lane_results, result, base_ + copy_), from);
    const Reg64 lanes = lanes_pointer(result);
    if (!in_tail_) return vmovups(ptr[lanes + offset_of_copy()], from);
    if (wide_) return vmovups(ptr[lanes] | tail(), from);
    return vmaskmovps(ptr[lanes], tail_mask(), from);
  }
  const Reg64 at = pointer(result_pointers_, rsi, result);
  const Xbyak::Address element = ptr[at + rcx + offset_of_copy()];
  if (!in_tail_) return form_.streaming ? vmovntps(element, from) : vmovups(element, from);
  if (wide_) return vmovups(ptr[at + rcx] | tail(), from);
  vmaskmovps(ptr[at + rcx], tail_mask(), from);
}

/// Runs `use` with the source as it can be read in an instruction: a register or an address.
template <class Use> void VectorEmitter::with_operand(const Source& from, Use use) {
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
template <class Use> void VectorEmitter::with_register(const Source& from, Use use) {
  if (from.kind != Source::Kind::in_register) load(scratch(), from);
  use(from.kind == Source::Kind::in_register ? vector(from.index) : scratch());
}

void VectorEmitter::compute(const MachineStep& step) {
  const VectorInstruction& what = code_.instructions[step.instruction];
  const Xmm to = vector(step.to), a = vector(step.from[0].index);
  if (what.op == VectorOp::select) return select(what.compare, to, step);
  if (what.op == VectorOp::multiply_add) return multiply_add(to, step);
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
    case VectorOp::multiply_add:
    case VectorOp::select: break;
  }
  throw InternalError("a kernel's instruction has no machine code");
}

/// The result takes the place of one of the three; where it may not, a factor is copied first.
void VectorEmitter::multiply_add(const Xmm& to, const MachineStep& step) {
  const Xmm a = vector(step.from[0].index), b = vector(step.from[1].index);
  const bool in_place_of_sum = step.from[2].kind == Source::Kind::in_register && to == vector(step.from[2].index);
  if (in_place_of_sum && to != a && to != b) return vfmadd231ps(to, a, b);
  const bool swapped = to == b;
  if (to != a && to != b) vmovaps(to, a);
  with_operand(step.from[2], [&](const Operand& c) { vfmadd213ps(to, swapped ? a : b, c); });
}

void VectorEmitter::select(Compare compare, const Xmm& to, const MachineStep& step) {
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

}  // namespace vitrine
