#include "runtime/jit/vector_code.hpp"

#include <limits>

#include "runtime/jit/lane.hpp"
#include "vitrine/error.hpp"
#include "vitrine/math.hpp"

namespace vitrine {

std::uint16_t VectorCodeWriter::put(const VectorInstruction& instruction) {
  const auto [at, fresh] = known_.try_emplace(instruction, static_cast<std::uint16_t>(code_.instructions.size()));
  if (!fresh) return at->second;
  if (code_.instructions.size() >= std::numeric_limits<std::uint16_t>::max()) return too_long_ = true, std::uint16_t{0};
  code_.instructions.push_back(instruction);
  return at->second;
}

namespace {

/// One scalar function of lanes.
Lane apply(Scalar op, Lane a, Lane b, Lane c) {
  switch (op) {
    case Scalar::add: return a + b;
    case Scalar::subtract: return a - b;
    case Scalar::multiply: return a * b;
    case Scalar::divide: return a / b;
    case Scalar::negate: return -a;
    case Scalar::absolute: return abs(a);
    case Scalar::square_root: return sqrt(a);
    case Scalar::exponential: return math::exp(a);
    case Scalar::logarithm: return math::log(a);
    case Scalar::softplus: return math::softplus(a);
    case Scalar::tanh: return math::tanh(a);
    case Scalar::erf: return math::erf(a);
    case Scalar::sine: return math::sin(a);
    case Scalar::cosine: return math::cos(a);
    case Scalar::maximum: return math::maximum(a, b);
    case Scalar::minimum: return math::minimum(a, b);
    case Scalar::greater: return select(a > b, 1.0f, 0.0f);
    case Scalar::equal: return select(a == b, 1.0f, 0.0f);
    case Scalar::select: return select(a != 0.0f, b, c);
    case Scalar::constant:
    case Scalar::input:
    case Scalar::power: break;
  }
  throw InternalError("a kernel was written down with a scalar function that lanes do not have");
}

/// The code without what no result needs; the order stays.
VectorCode without_unused(const VectorCode& code) {
  std::vector<bool> needed(code.instructions.size());
  for (const std::uint16_t result : code.results) needed[result] = true;
  for (std::size_t i = code.instructions.size(); i-- > 0;)
    for (int k = 0; needed[i] && k < reads(code.instructions[i].op); ++k)
      needed[code.instructions[i].from[static_cast<std::size_t>(k)]] = true;
  VectorCode made;
  std::vector<std::uint16_t> now(code.instructions.size());
  for (std::size_t i = 0; i < code.instructions.size(); ++i) {
    if (!needed[i]) continue;
    now[i] = static_cast<std::uint16_t>(made.instructions.size());
    VectorInstruction instruction = code.instructions[i];
    for (int k = 0; k < reads(instruction.op); ++k) {
      std::uint16_t& from = instruction.from[static_cast<std::size_t>(k)];
      from = now[from];
    }
    made.instructions.push_back(instruction);
  }
  for (const std::uint16_t result : code.results) made.results.push_back(now[result]);
  return made;
}

}  // namespace

std::optional<VectorCode> vector_code(const Kernel& kernel) {
  VectorCodeWriter writer;
  std::vector<Lane> registers;
  for (const Instruction& instruction : kernel.instructions) {
    const auto [a, b, c] = instruction.from;
    const auto in = [&](int k, std::uint16_t from) {
      if (k >= arity(instruction.op)) return Lane();
      if (from >= registers.size()) throw InternalError("a kernel reads a register that is not written before it");
      return registers[from];
    };
    switch (instruction.op) {
      case Scalar::power: return {};
      // Numbers are put down at once: a formula may have an operator for two of them.
      case Scalar::constant: registers.emplace_back(&writer, Lane(instruction.number).in(writer)); break;
      case Scalar::input: registers.emplace_back(&writer, writer.put({.op = VectorOp::operand, .number = a})); break;
      default: registers.push_back(apply(instruction.op, in(0, a), in(1, b), in(2, c)));
    }
    if (writer.too_long()) return {};
  }
  for (const std::uint16_t result : kernel.results) writer.code().results.push_back(registers.at(result).index);
  return without_unused(writer.code());
}

}  // namespace vitrine
