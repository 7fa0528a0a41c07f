// Scalar formulas: made, printed, differentiated, and read once more with graph values.
#include "vitrine/symbol.hpp"

#include <cstring>
#include <map>

#include "vitrine/attribute.hpp"
#include "vitrine/ops/abs.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/cos.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/equal.hpp"
#include "vitrine/ops/erf.hpp"
#include "vitrine/ops/exp.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/log.hpp"
#include "vitrine/ops/maximum.hpp"
#include "vitrine/ops/minimum.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/neg.hpp"
#include "vitrine/ops/pow.hpp"
#include "vitrine/ops/sin.hpp"
#include "vitrine/ops/softplus.hpp"
#include "vitrine/ops/sqrt.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/sum_to.hpp"
#include "vitrine/ops/tanh.hpp"
#include "vitrine/ops/where.hpp"

namespace vitrine {

namespace {

Symbol make(Scalar op, Symbol a, Symbol b = {}, Symbol c = {}) {
  return std::make_shared<Term>(Term{.op = op, .from = {std::move(a), std::move(b), std::move(c)}});
}
bool is(const Symbol& s, float number) { return s->op == Scalar::constant && s->number == number; }

// Derivatives: null is a zero that is known. Nothing is multiplied by it, so no 0 * inf can arise from it.
Symbol sum(Symbol a, Symbol b) { return !a ? b : !b ? a : a + b; }
Symbol opposite(const Symbol& s) {
  return s->op == Scalar::constant ? constant(-s->number) : s->op == Scalar::negate ? s->from[0] : -s;
}
Symbol difference(Symbol a, Symbol b) { return !b ? a : !a ? opposite(b) : a - b; }
Symbol or_zero(Symbol s) { return s ? s : constant(0); }

/// d * by. A choice between 0 and something stays a choice: 0 * by would be NaN where by is infinite.
Symbol product(const Symbol& d, const Symbol& by) {
  if (!d || !by || is(d, 0)) return {};
  if (is(d, 1)) return by;
  if (is(by, 1)) return d;
  if (is(d, -1)) return -by;
  if (d->op == Scalar::select) {
    const Symbol a = product(d->from[1], by), b = product(d->from[2], by);
    return a || b ? select(d->from[0], or_zero(a), or_zero(b)) : Symbol{};
  }
  if (by->op == Scalar::select) return product(by, d);
  return d * by;
}

/// The derivative of the larger (or smaller) of two, given which of them is taken where.
Symbol extreme(const Symbol& s, const Symbol& takes_left, const Symbol& left, const Symbol& right) {
  if (s->from[1]->op == Scalar::constant) return left ? select(takes_left, left, 0.f) : Symbol{};
  if (!left && !right) return {};
  // Half of the sum, not the sum of halves: each side is then named once, and a nest of extremes stays as long as it
  // is.
  const Symbol tie = equal(s->from[0], s->from[1]), both = sum(left, right);
  const Symbol half = is(both, 1) ? constant(0.5f) : 0.5f * both;
  return select(takes_left, or_zero(left), select(tie, half, or_zero(right)));
}

/// d pow(x, y) / dx = y pow(x, y - 1). Where y is 0 it is 0: 0 times 0^-1 would be NaN.
Symbol by_base(const Symbol& x, const Symbol& y) {
  if (y->op != Scalar::constant) return select(equal(y, 0.f), 0.f, y * pow(x, y - 1.f));
  if (y->number == 0) return {};
  if (y->number == 1) return constant(1);
  return y * (y->number == 2 ? x : pow(x, y->number - 1));
}
/// d pow(x, y) / dy = pow(x, y) log(x), and 0 where x is 0: 0 times log(0) would be NaN.
Symbol by_exponent(const Symbol& power) {
  const Symbol& x = power->from[0];
  const Symbol d = power * log(x);
  return x->op == Scalar::constant && x->number != 0 ? d : select(equal(x, 0.f), 0.f, d);
}

/// The formula with the operands that are numbers in the graph as its constants.
class Known {
 public:
  explicit Known(Operands in) : in_(in) {}

  Symbol read(const Symbol& s) {
    if (arity(s->op) == 0) return s->op == Scalar::input && s->index < in_.size() ? leaf(s) : s;
    const auto [at, fresh] = made_.try_emplace(s.get());
    if (!fresh) return at->second;
    Term term = *s;
    for (Symbol& part : term.from)
      if (part) part = read(part);
    return made_[s.get()] = term.from == s->from ? s : std::make_shared<Term>(std::move(term));
  }

 private:
  Symbol leaf(const Symbol& s) const {
    const Node& node = in_[s->index].node();
    if (node.leaf != Leaf::constant || node.type != Type{}) return s;
    float number = 0;
    std::memcpy(&number, node.literal->data(), sizeof number);
    return constant(number);
  }

  Operands in_;
  std::map<const Term*, Symbol> made_{};
};

/// A formula read with graph values makes graph nodes.
class Reader {
 public:
  Reader(Operands leaves) : leaves_(leaves) {}

  Value read(const Symbol& s) {
    const auto found = made_.find(s);
    if (found != made_.end()) return found->second;
    return made_[s] = make_node(s);
  }

 private:
  Value numbers(const Symbol& s) {
    const Value v = read(s);
    return v.type().dtype == DType::boolean ? cast<DType::f32>(v) : v;
  }
  Value make_node(const Symbol& s) {
    auto from = [&](std::size_t i) { return numbers(s->from[i]); };
    switch (s->op) {
      case Scalar::constant: return number(*leaves_[0].graph, s->number);
      case Scalar::input: return leaves_[s->index];
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
      case Scalar::select: {
        const Value condition = read(s->from[0]);
        // A number as condition: it is set where it does not equal 0.
        return condition.type().dtype == DType::boolean ? where(condition, from(1), from(2))
                                                        : where(equal(condition, 0.f), from(2), from(1));
      }
    }
    return {};
  }

  Operands leaves_;
  std::map<Symbol, Value> made_{};  // keeps the terms alive: a freed one's address would come back as another term
};

int precedence(Scalar op) {
  if (op == Scalar::add || op == Scalar::subtract) return 1;
  if (op == Scalar::multiply || op == Scalar::divide) return 2;
  return 3;
}

std::string_view word(Scalar op) {
  constexpr std::array<std::string_view, 22> words{
      "",    "",         "+",    "-",   "*",   "/",   "pow",     "neg",     "abs",     "sqrt",  "exp",
      "log", "softplus", "tanh", "erf", "sin", "cos", "maximum", "minimum", "greater", "equal", "select"};
  return words[static_cast<std::size_t>(op)];
}

}  // namespace

Symbol constant(float number) { return std::make_shared<Term>(Term{.op = Scalar::constant, .number = number}); }
Symbol variable(std::size_t index) { return std::make_shared<Term>(Term{.op = Scalar::input, .index = index}); }

Symbol operator+(Symbol a, Symbol b) { return make(Scalar::add, std::move(a), std::move(b)); }
Symbol operator-(Symbol a, Symbol b) { return make(Scalar::subtract, std::move(a), std::move(b)); }
Symbol operator*(Symbol a, Symbol b) { return make(Scalar::multiply, std::move(a), std::move(b)); }
Symbol operator/(Symbol a, Symbol b) { return make(Scalar::divide, std::move(a), std::move(b)); }
Symbol operator-(Symbol a) { return make(Scalar::negate, std::move(a)); }
Symbol abs(Symbol a) { return make(Scalar::absolute, std::move(a)); }
Symbol sqrt(Symbol a) { return make(Scalar::square_root, std::move(a)); }
Symbol exp(Symbol a) { return make(Scalar::exponential, std::move(a)); }
Symbol log(Symbol a) { return make(Scalar::logarithm, std::move(a)); }
Symbol softplus(Symbol a) { return make(Scalar::softplus, std::move(a)); }
Symbol tanh(Symbol a) { return make(Scalar::tanh, std::move(a)); }
Symbol erf(Symbol a) { return make(Scalar::erf, std::move(a)); }
Symbol sin(Symbol a) { return make(Scalar::sine, std::move(a)); }
Symbol cos(Symbol a) { return make(Scalar::cosine, std::move(a)); }
Symbol pow(Symbol a, Symbol b) { return make(Scalar::power, std::move(a), std::move(b)); }
Symbol maximum(Symbol a, Symbol b) { return make(Scalar::maximum, std::move(a), std::move(b)); }
Symbol minimum(Symbol a, Symbol b) { return make(Scalar::minimum, std::move(a), std::move(b)); }
Symbol greater(Symbol a, Symbol b) { return make(Scalar::greater, std::move(a), std::move(b)); }
Symbol equal(Symbol a, Symbol b) { return make(Scalar::equal, std::move(a), std::move(b)); }
Symbol select(Symbol c, Symbol a, Symbol b) { return make(Scalar::select, std::move(c), std::move(a), std::move(b)); }

Symbol derivative(const Symbol& s, std::size_t operand) {
  auto d = [&](std::size_t i) { return derivative(s->from[i], operand); };
  const Symbol &a = s->from[0], &b = s->from[1];
  switch (s->op) {
    case Scalar::constant:
    case Scalar::greater:
    case Scalar::equal: return {};
    case Scalar::input: return s->index == operand ? constant(1) : Symbol{};
    case Scalar::add: return sum(d(0), d(1));
    case Scalar::subtract: return difference(d(0), d(1));
    case Scalar::multiply: return sum(product(d(0), b), product(d(1), a));
    case Scalar::divide: {
      const Symbol top = difference(d(0), product(d(1), s));
      return top ? top / b : top;
    }
    case Scalar::power: return sum(product(by_base(a, b), d(0)), product(by_exponent(s), d(1)));
    case Scalar::negate: return difference({}, d(0));
    case Scalar::absolute:
      return product(select(greater(a, 0.f), constant(1), select(greater(constant(0), a), constant(-1), constant(0))),
                     d(0));
    case Scalar::square_root: return product(d(0), 0.5f / s);
    case Scalar::exponential: return product(d(0), s);
    case Scalar::logarithm: return product(d(0), 1.f / a);
    case Scalar::softplus:
      return product(d(0), exp(-softplus(opposite(a))));  // the sigmoid, also where exp(-a) overflows
    case Scalar::tanh: return product(d(0), 1.f - s * s);
    case Scalar::erf: return product(d(0), 1.1283791671f * exp(-(a * a)));  // 2 / sqrt(pi)
    case Scalar::sine: return product(d(0), cos(a));
    case Scalar::cosine: return product(d(0), -sin(a));
    case Scalar::maximum: return extreme(s, greater(a, b), d(0), d(1));
    case Scalar::minimum: return extreme(s, greater(b, a), d(0), d(1));
    case Scalar::select: {
      const Symbol left = d(1), right = d(2);
      return !left && !right ? Symbol{} : select(a, or_zero(left), or_zero(right));
    }
  }
  return {};
}

std::string print(const Symbol& s) {
  if (s->op == Scalar::constant) return print_attribute(Float(s->number));
  if (s->op == Scalar::input) return s->index < 6 ? std::string(1, "xyzuvw"[s->index]) : "x" + std::to_string(s->index);
  const int own = precedence(s->op);
  if (own == 3) {
    std::string call(word(s->op));
    for (int i = 0; i < arity(s->op); ++i) call += (i ? ", " : "(") + print(s->from[static_cast<std::size_t>(i)]);
    return call + ")";
  }
  auto side = [&](const Symbol& t, bool bracket) { return bracket ? "(" + print(t) + ")" : print(t); };
  return side(s->from[0], precedence(s->from[0]->op) < own) + " " + std::string(word(s->op)) + " " +
         side(s->from[1], precedence(s->from[1]->op) <= own);
}

Gradients gradients_of(const Symbol& formula, Operands in, Value gradient) {
  std::vector<Value> leaves(in.begin(), in.end());
  leaves.push_back(gradient);
  Reader reader(leaves);
  const Symbol known = Known(in).read(formula);
  Gradients made;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Symbol d = in[i].type().dtype == DType::f32 ? product(derivative(known, i), variable(in.size())) : Symbol{};
    // A part that does not depend on the gradient (a chosen 0) may be smaller than the result it stands for.
    made.push_back(d ? sum_to(broadcast_to(reader.read(d), gradient.type().shape), in[i].type().shape) : Value{});
  }
  return made;
}

}  // namespace vitrine
