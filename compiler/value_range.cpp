#include "compiler/value_range.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vitrine/elementwise.hpp"

namespace vitrine {

namespace {

constexpr double infinity = NumberRange::infinity;

/// What is infinite stays so whatever is added, or becomes NaN: a mask of -inf that is added to scores.
NumberRange sum(const NumberRange& a, const NumberRange& b) {
  if (a.one_number() && std::isinf(a.least)) return a;
  if (b.one_number() && std::isinf(b.least)) return b;
  return {a.least + b.least, a.most + b.most};
}
/// 0 times infinity is 0 here: an end of a range that is infinite says that there is no end.
double product(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

NumberRange times(const NumberRange& a, const NumberRange& b) {
  const std::array all{product(a.least, b.least), product(a.least, b.most), product(a.most, b.least),
                       product(a.most, b.most)};
  return {std::ranges::min(all), std::ranges::max(all)};
}
NumberRange square(const NumberRange& a) {
  const double far = std::max(std::abs(a.least), std::abs(a.most));
  const double near = a.least <= 0 && a.most >= 0 ? 0 : std::min(std::abs(a.least), std::abs(a.most));
  return {product(near, near), product(far, far)};
}
/// 1 / a, where a does not lie on both sides of 0.
NumberRange inverse(const NumberRange& a) {
  if (a.least < 0 && a.most > 0) return {};
  if (a.least == 0 && a.most == 0) return {};
  return {a.most == 0 ? -infinity : 1 / a.most, a.least == 0 ? infinity : 1 / a.least};
}
NumberRange rising(const NumberRange& a, double (*f)(double)) { return {f(a.least), f(a.most)}; }
NumberRange absolute(const NumberRange& a) {
  if (a.least >= 0) return a;
  return a.most <= 0 ? NumberRange{-a.most, -a.least} : NumberRange{0, std::max(-a.least, a.most)};
}
double exponential(double x) { return std::exp(x); }
double soft_plus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }
double root(double x) { return x > 0 ? std::sqrt(x) : 0; }
double logarithm(double x) { return x > 0 ? std::log(x) : -infinity; }
double hyperbolic(double x) { return std::tanh(x); }
double error_function(double x) { return std::erf(x); }

/// An end that is no number (infinity less infinity) is no end.
NumberRange with_ends(const NumberRange& r) {
  return {std::isnan(r.least) ? -infinity : r.least, std::isnan(r.most) ? infinity : r.most};
}

/// Whether a comparison holds: 1, 0, or either.
NumberRange decided(bool always, bool never) { return {always ? 1. : 0., never ? 0. : 1.}; }

class Reading {
 public:
  Reading(NumberRanges of, std::span<const std::size_t> twin) : of_(of), twin_(twin) {}

  /// Each part once: formulas share parts, and a sum of many is deep.
  NumberRange operator()(const Symbol& s) {
    if (const auto known = known_.find(s.get()); known != known_.end()) return known->second;
    std::array<NumberRange, 3> parts{};
    for (std::size_t i = 0; i < static_cast<std::size_t>(arity(s->op)); ++i) parts[i] = (*this)(s->from[i]);
    return known_[s.get()] = with_ends(read(s, parts));
  }

 private:
  NumberRange read(const Symbol& s, const std::array<NumberRange, 3>& parts) const {
    const auto& [a, b, c] = parts;
    switch (s->op) {
      case Scalar::constant: return {static_cast<double>(s->number), static_cast<double>(s->number)};
      case Scalar::input: return of_[s->index];
      case Scalar::add: return sum(a, b);
      case Scalar::subtract: return same(s->from[0], s->from[1]) ? NumberRange{0, 0} : sum(a, {-b.most, -b.least});
      case Scalar::multiply: return same(s->from[0], s->from[1]) ? square(a) : times(a, b);
      case Scalar::divide: return times(a, inverse(b));
      case Scalar::power: return power(a, b);
      case Scalar::negate: return {-a.most, -a.least};
      case Scalar::absolute: return absolute(a);
      case Scalar::square_root: return rising(a, root);
      case Scalar::exponential: return rising(a, exponential);
      case Scalar::logarithm: return rising(a, logarithm);
      case Scalar::softplus: return rising(a, soft_plus);
      case Scalar::tanh: return rising(a, hyperbolic);
      case Scalar::erf: return rising(a, error_function);
      case Scalar::sine:
      case Scalar::cosine: return {-1, 1};
      case Scalar::maximum: return {std::max(a.least, b.least), std::max(a.most, b.most)};
      case Scalar::minimum: return {std::min(a.least, b.least), std::min(a.most, b.most)};
      case Scalar::greater: return decided(a.least > b.most, a.most <= b.least);
      case Scalar::equal: return decided(a.one_number() && a == b, a.most < b.least || a.least > b.most);
      case Scalar::select: return chosen(a, b, c);
    }
    return {};
  }

  static NumberRange power(const NumberRange& base, const NumberRange& exponent) {
    if (exponent.one_number() && exponent.least == 2) return square(base);
    return base.least >= 0 ? NumberRange{0, infinity} : NumberRange{};
  }
  static NumberRange chosen(const NumberRange& condition, const NumberRange& a, const NumberRange& b) {
    if (condition.one_number()) return condition.least == 0 ? b : a;
    return condition.least > 0 || condition.most < 0 ? a : a.with(b);
  }
  bool same(const Symbol& a, const Symbol& b) const {
    if (a == b) return true;
    return a->op == Scalar::input && b->op == Scalar::input && twin_[a->index] == twin_[b->index];
  }

  NumberRanges of_;
  std::span<const std::size_t> twin_;
  std::unordered_map<const Term*, NumberRange> known_{};
};

/// Whole numbers that may wrap around are not known.
NumberRange sound(const NumberRange& made, DType dtype) {
  const NumberRange r = with_ends(made);
  using Whole = std::numeric_limits<std::int32_t>;
  const auto wraps = [](double x) { return std::isfinite(x) && (x < Whole::min() || x > Whole::max()); };
  return dtype == DType::i32 && (wraps(r.least) || wraps(r.most)) ? NumberRange{} : r;
}

NumberRange of_leaf(const Node& node) {
  switch (node.type.dtype) {
    case DType::boolean: return {0, 1};
    case DType::u8: return {0, 255};
    case DType::i8: return {-128, 127};
    default: break;
  }
  if (node.leaf != Leaf::constant || (node.type.dtype != DType::f32 && node.type.dtype != DType::i32)) return {};
  const Buffer<float> held{node.type, const_cast<std::byte*>(node.literal->data())};  // only read
  if (held.size() == 0) return {};
  const auto at = [&](std::size_t i) { return load<double>(held, i).value; };
  NumberRange made{at(0), at(0)};
  for (std::size_t i = 1; i < held.size(); ++i) made = made.with(at(i));
  return made;
}

}  // namespace

NumberRange range_of(const Symbol& formula, NumberRanges of, std::span<const std::size_t> twin) {
  return sound(Reading(of, twin)(formula), DType::f32);
}

NumberRange range_of(Value v, NumberRanges operands) {
  const Op& op = *v.op();
  std::vector<Type> in;
  std::vector<std::size_t> twin;
  for (Value operand : v.operands()) {
    in.push_back(operand.type());
    const auto first = std::ranges::find(v.operands(), operand) - v.operands().begin();
    twin.push_back(static_cast<std::size_t>(first));
  }
  NumberRange made;
  if (op.info->range)
    made = op.info->range(op.attributes.get(), operands, in, v.type());
  else if (op.info->view || op.info->walk)
    made = operands[0];
  else if (op.info->formula)
    made = range_of(op.formula(operands.size()), operands, twin);
  return sound(made, v.type().dtype);
}

ValueRanges::ValueRanges(const Graph& graph) {
  for (Value v : graph.topological()) {
    NumberRange made;
    if (v.op()) {
      std::vector<NumberRange> ranges;
      for (Value operand : v.operands()) ranges.push_back(of(operand));
      made = range_of(v, ranges);
    } else {
      made = of_leaf(v.node());
    }
    if (made.known()) known_.emplace(v.id, made);
  }
}

NumberRange ValueRanges::of(Value v) const {
  const auto found = known_.find(v.id);
  return found == known_.end() ? NumberRange{} : found->second;
}

}  // namespace vitrine
