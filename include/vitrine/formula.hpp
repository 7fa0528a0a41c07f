#pragma once
// Formulas as text and as values to compute with: what a user's map is made of once it is in the graph.
#include <span>
#include <string_view>

#include "vitrine/number.hpp"
#include "vitrine/symbol.hpp"

namespace vitrine {

/// Reads what print(Symbol) writes, term by term. Throws UsageError: where, what was expected.
Symbol parse_formula(std::string_view);

/// How many operands a formula reads: one more than the largest index, 0 if it reads none.
std::size_t operands_of(const Symbol&);

/// The formula on numbers, for reference and folding.
template <class T> Num<T> evaluate(const Symbol& s, std::span<const Num<T>> in) {
  auto from = [&](std::size_t i) { return evaluate<T>(s->from[i], in); };
  switch (s->op) {
    case Scalar::constant: return Num<T>(static_cast<T>(s->number));
    case Scalar::input: return in[s->index];
    case Scalar::add: return from(0) + from(1);
    case Scalar::subtract: return from(0) - from(1);
    case Scalar::multiply: return from(0) * from(1);
    case Scalar::divide: return from(0) / from(1);
    case Scalar::power: return pow(from(0), from(1));
    case Scalar::negate: return -from(0);
    case Scalar::absolute: return abs(from(0));
    case Scalar::square_root: return sqrt(from(0));
    case Scalar::exponential: return exp(from(0));
    case Scalar::logarithm: return log(from(0));
    case Scalar::softplus: return softplus(from(0));
    case Scalar::tanh: return tanh(from(0));
    case Scalar::erf: return erf(from(0));
    case Scalar::sine: return sin(from(0));
    case Scalar::cosine: return cos(from(0));
    case Scalar::maximum: return maximum(from(0), from(1));
    case Scalar::minimum: return minimum(from(0), from(1));
    case Scalar::greater: return greater(from(0), from(1));
    case Scalar::equal: return equal(from(0), from(1));
    case Scalar::select: return select(from(0), from(1), from(2));
  }
  return Num<T>(T(0));
}

}  // namespace vitrine
