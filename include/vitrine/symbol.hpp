#pragma once
// A scalar formula as a value: the reading of an elementwise op that is printed, differentiated and compiled.
#include <memory>
#include <string>

#include "vitrine/kernel.hpp"
#include "vitrine/value.hpp"

namespace vitrine {

struct Term;
using Symbol = std::shared_ptr<const Term>;
struct Term {
  Scalar op;
  float number = 0;       // of a constant
  std::size_t index = 0;  // of an input
  std::array<Symbol, 3> from{};
};

Symbol constant(float);
Symbol variable(std::size_t index);

Symbol operator+(Symbol, Symbol);
Symbol operator-(Symbol, Symbol);
Symbol operator*(Symbol, Symbol);
Symbol operator/(Symbol, Symbol);
Symbol operator-(Symbol);
Symbol abs(Symbol);
Symbol sqrt(Symbol);
Symbol exp(Symbol);
Symbol log(Symbol);
Symbol softplus(Symbol);
Symbol tanh(Symbol);
Symbol erf(Symbol);
Symbol sin(Symbol);
Symbol cos(Symbol);
Symbol pow(Symbol, Symbol);
Symbol maximum(Symbol, Symbol);
Symbol minimum(Symbol, Symbol);
Symbol greater(Symbol, Symbol);
Symbol equal(Symbol, Symbol);
Symbol select(Symbol condition, Symbol a, Symbol b);

inline Symbol operator+(Symbol a, float b) { return a + constant(b); }
inline Symbol operator-(Symbol a, float b) { return a - constant(b); }
inline Symbol operator*(Symbol a, float b) { return a * constant(b); }
inline Symbol operator/(Symbol a, float b) { return a / constant(b); }
inline Symbol operator+(float a, Symbol b) { return constant(a) + b; }
inline Symbol operator-(float a, Symbol b) { return constant(a) - b; }
inline Symbol operator*(float a, Symbol b) { return constant(a) * b; }
inline Symbol operator/(float a, Symbol b) { return constant(a) / b; }
inline Symbol pow(Symbol a, float b) { return pow(a, constant(b)); }
inline Symbol maximum(Symbol a, float b) { return maximum(a, constant(b)); }
inline Symbol minimum(Symbol a, float b) { return minimum(a, constant(b)); }
inline Symbol greater(Symbol a, float b) { return greater(a, constant(b)); }
inline Symbol equal(Symbol a, float b) { return equal(a, constant(b)); }
inline Symbol select(Symbol c, Symbol a, float b) { return select(c, a, constant(b)); }
inline Symbol select(Symbol c, float a, Symbol b) { return select(c, constant(a), b); }

/// "x * (1 + y)": operands are x, y, z, u, v, w.
std::string print(const Symbol&);

/// d formula / d operand, or null where it is zero whatever the operands are. Where max or min tie, each of two
/// operands gets half; against a constant (relu, clamp) the tie gets nothing. abs has derivative 0 at 0.
Symbol derivative(const Symbol& formula, std::size_t operand);

/// d formula / d operand times the gradient as graph nodes, for every operand (empty where it is zero). Gradients of
/// operands that were broadcast are summed back to the operand's shape. A number written beside an operand counts as a
/// constant of the formula and has no gradient.
Gradients gradients_of(const Symbol& formula, Operands in, Value gradient);

}  // namespace vitrine
