#pragma once
// Random scalar kernels, hard numbers for them, and what they mean, one element at a time.
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "vitrine/kernel.hpp"
#include "vitrine/math.hpp"

namespace vitrine {

/// What one instruction means for one element, without tiles.
inline float meaning(const Instruction& instruction, const std::vector<float>& r, const std::vector<float>& operands) {
  const auto at = [&](std::size_t slot) { return r[instruction.from[slot]]; };
  switch (instruction.op) {
    case Scalar::constant: return instruction.number;
    case Scalar::input: return operands[instruction.from[0]];
    case Scalar::add: return at(0) + at(1);
    case Scalar::subtract: return at(0) - at(1);
    case Scalar::multiply: return at(0) * at(1);
    case Scalar::divide: return at(0) / at(1);
    case Scalar::power: return math::power(at(0), at(1));
    case Scalar::negate: return -at(0);
    case Scalar::absolute: return std::fabs(at(0));
    case Scalar::square_root: return std::sqrt(at(0));
    case Scalar::exponential: return math::exp(at(0));
    case Scalar::logarithm: return math::log(at(0));
    case Scalar::softplus: return math::softplus(at(0));
    case Scalar::tanh: return math::tanh(at(0));
    case Scalar::erf: return math::erf(at(0));
    case Scalar::sine: return math::sin(at(0));
    case Scalar::cosine: return math::cos(at(0));
    case Scalar::maximum: return math::maximum(at(0), at(1));
    case Scalar::minimum: return math::minimum(at(0), at(1));
    case Scalar::greater: return at(0) > at(1) ? 1.0f : 0.0f;
    case Scalar::equal: return at(0) == at(1) ? 1.0f : 0.0f;
    case Scalar::select: return at(0) != 0.0f ? at(1) : at(2);
  }
  return 0;
}

inline std::vector<float> meaning(const Kernel& kernel, const std::vector<float>& operands) {
  std::vector<float> registers;
  for (const Instruction& i : kernel.instructions) registers.push_back(meaning(i, registers, operands));
  std::vector<float> results;
  for (const std::uint16_t r : kernel.results) results.push_back(registers[r]);
  return results;
}

/// Equal bits, or both NaN (which NaN of two an addition keeps is not promised).
inline bool same(float a, float b) {
  return std::memcmp(&a, &b, sizeof(float)) == 0 || (std::isnan(a) && std::isnan(b));
}

inline Instruction input(std::uint16_t operand) { return {Scalar::input, 0, {operand, 0, 0}}; }
inline Instruction constant(float number) { return {Scalar::constant, number, {}}; }
inline Instruction call(Scalar op, int a, int b = 0, int c = 0) {
  return {op, 0, {static_cast<std::uint16_t>(a), static_cast<std::uint16_t>(b), static_cast<std::uint16_t>(c)}};
}

/// At most `most` instructions behind the operands; every scalar function may occur, `power` unless it is not wanted.
inline Kernel random_kernel(std::mt19937& random, std::uint16_t operands, unsigned most, bool power = true) {
  Kernel kernel;
  for (std::uint16_t i = 0; i < operands; ++i) kernel.instructions.push_back(input(i));
  kernel.instructions.push_back(constant(0.75f));
  const int more = static_cast<int>(random() % most) + 1;
  for (int i = 0; i < more; ++i) {
    auto op = static_cast<Scalar>(static_cast<int>(Scalar::add) +
                                  static_cast<int>(random() % (static_cast<unsigned>(Scalar::select) - 1)));
    if (op == Scalar::power && !power) op = Scalar::multiply;
    const auto any = [&] { return static_cast<int>(random() % kernel.instructions.size()); };
    const int a = any();
    const int b = any();
    kernel.instructions.push_back(call(op, a, b, any()));
  }
  const int results = static_cast<int>(random() % 3) + 1;
  for (int i = 0; i < results; ++i) {
    kernel.results.push_back(static_cast<std::uint16_t>(random() % kernel.instructions.size()));
  }
  return kernel;
}

inline std::vector<float> numbers(std::size_t n, std::mt19937& random) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> special{0.0f, -0.0f, infinity, -infinity, nan, 1e-40f, 1.0f, -1.0f, 3e38f};
  std::vector<float> x(n);
  for (float& value : x) {
    value = random() % 8 == 0 ? special[random() % special.size()]
                              : static_cast<float>(static_cast<int>(random() % 8001) - 4000) / 500.0f;
  }
  return x;
}

}  // namespace vitrine
