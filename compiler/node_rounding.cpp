#include "compiler/node_rounding.hpp"

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "vitrine/formula.hpp"

namespace vitrine {

namespace {

constexpr double unit = 0x1p-24, largest = std::numeric_limits<float>::max(), smallest = 0x1p-149;
constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

/// What f32 holds of a number, but for its rounding.
double in_range(double x) { return std::abs(x) > largest * (1 + unit / 2) ? std::copysign(infinity, x) : x; }

/// A number moved; infinity stays where it is.
double off_by(double x, double by) { return std::isfinite(x) ? in_range(x + by) : x; }

double units_of(Scalar op) {
  switch (op) {
    case Scalar::add:
    case Scalar::subtract:
    case Scalar::multiply:
    case Scalar::divide:
    case Scalar::square_root: return 1;
    case Scalar::power:
    case Scalar::exponential:
    case Scalar::logarithm:
    case Scalar::softplus:
    case Scalar::tanh:
    case Scalar::erf:
    case Scalar::sine:
    case Scalar::cosine: return 8;
    default: return 0;
  }
}

std::size_t flatten(const Symbol& s, std::vector<FlatTerm>& terms, std::map<const Term*, std::size_t>& known) {
  if (const auto found = known.find(s.get()); found != known.end()) return found->second;
  FlatTerm made{nullptr, s->op, s->index, {}, units_of(s->op)};
  Term alone{.op = s->op, .number = s->number};
  for (std::size_t i = 0; i < static_cast<std::size_t>(arity(s->op)); ++i) {
    made.from[i] = flatten(s->from[i], terms, known);
    alone.from[i] = variable(i);
  }
  made.alone = std::make_shared<Term>(alone);
  terms.push_back(std::move(made));
  return known[s.get()] = terms.size() - 1;
}

std::vector<const Doubles*> pointers(const std::vector<Doubles>& tensors) {
  std::vector<const Doubles*> made;
  for (const Doubles& t : tensors) made.push_back(&t);
  return made;
}

}  // namespace

NodeRounding::NodeRounding(Value v) : op_(*v.op()), type_(v.type()) {
  const OpInfo& info = *op_.info;
  for (Value o : v.operands()) in_types_.push_back(o.type());
  const bool numbers = std::ranges::none_of(in_types_, [](const Type& t) { return t.dtype == DType::i32; });
  if (info.elementwise() && numbers) {
    std::map<const Term*, std::size_t> known;
    flatten(op_.formula(in_types_.size()), terms_, known);
  }
  moves_only_ = info.view || info.walk || type_.dtype != DType::f32;
}

Doubles NodeRounding::run_op(const std::vector<const Doubles*>& in) const {
  std::vector<Buffer<double>> buffers;
  for (const Doubles* t : in) buffers.push_back(t->buffer());
  Doubles made(type_);
  op_.info->run_double(op_.attributes.get(), buffers, made.buffer());
  if (made.is_real())
    for (double& y : made.reals()) y = in_range(y);
  return made;
}

Doubles NodeRounding::run_terms(const std::vector<const Doubles*>& in, Roll* roll) {
  std::vector<BroadcastWalk<1>> at;
  std::vector<Buffer<double>> buffers;
  for (const Doubles* t : in) buffers.push_back(t->buffer());
  for (const Buffer<double>& b : buffers) at.emplace_back(Buffers<double>(&b, 1), type_.shape);
  Doubles made(type_);
  std::vector<Num<double>> registers(terms_.size(), Num<double>(0));
  for (std::size_t i = 0; i < type_.shape.elements(); ++i) {
    for (std::size_t k = 0; k < terms_.size(); ++k) {
      const FlatTerm& t = terms_[k];
      if (t.op == Scalar::input) {
        registers[k] = load<double>(buffers[t.index], at[t.index][0]);
        continue;
      }
      const std::array from{registers[t.from[0]], registers[t.from[1]], registers[t.from[2]]};
      double y = evaluate<double>(t.alone, from).value;
      // A true 0 is not rounded: moved below it, its square root would be no number.
      const double off = y == 0 ? 0 : t.units * unit * std::abs(y) + smallest;
      if (roll && t.units > 0) y = off_by(y, (*roll)() * off);
      registers[k] = Num<double>(in_range(y));
      if (roll && k + 1 == terms_.size()) own_[i] = t.units > 0 ? off : 0;
    }
    store<double>(made.buffer(), i, registers.back());
    for (auto& walk : at) walk.next();
  }
  return made;
}

/// Learns what sort of op this is by trying it: whether it hands on elements of its operands as they are, and whether
/// it adds up products or terms (twice the operands, a power of two times the result), of which sizes.
void NodeRounding::ask(const std::vector<const Doubles*>& in) {
  asked_ = true;
  std::vector<Doubles> probe, doubled, absolute;
  std::unordered_set<double> elements{0.0};
  Roll signs(7);
  double next = 1;
  for (const Doubles* t : in) {
    probe.push_back(*t), doubled.push_back(*t), absolute.push_back(*t);
    if (!t->is_real()) continue;
    for (double& x : probe.back().reals()) x = signs() * (next *= 1.0009765625), elements.insert(x);
    for (double& x : doubled.back().reals()) x *= 2;
    for (double& x : absolute.back().reals()) x = std::abs(x);
  }
  Doubles probed = run_op(pointers(probe));
  copies_ = std::ranges::all_of(probed.reals(), [&](double y) { return elements.contains(y); });
  if (copies_) return;
  Doubles once = run_op(in), twice = run_op(pointers(doubled));
  for (const double factor : {2.0, 4.0, 8.0})
    if (std::ranges::equal(once.reals(), twice.reals(),
                           [&](double a, double b) { return a * factor == b || std::isnan(a) || std::isinf(b); })) {
      Doubles sizes = run_op(pointers(absolute));
      sizes_.assign(sizes.reals().begin(), sizes.reals().end());
      break;
    }
  sum_units_ = 2 * std::sqrt(std::max(1.0, terms_per_result(in))) * unit;
}

double NodeRounding::terms_per_result(const std::vector<const Doubles*>& in) const {
  const double results = std::max<double>(1, static_cast<double>(type_.shape.elements()));
  if (op_.info->multiply_adds)
    return static_cast<double>(op_.info->multiply_adds(op_.attributes.get(), in_types_, type_)) / results;
  double most = 0;
  for (const Doubles* t : in) most = std::max(most, static_cast<double>(t->type.shape.elements()));
  return most / results;
}

/// The operands moved a little, and the result by its own rounding.
Doubles NodeRounding::run_moved(const std::vector<const Doubles*>& in, Roll& roll) {
  std::vector<Doubles> moved;
  for (const Doubles* t : in) {
    moved.push_back(*t);
    if (t->is_real())
      for (double& x : moved.back().reals()) x = off_by(x, roll() * 2 * unit * std::abs(x));
  }
  Doubles made = run_op(pointers(moved));
  double top = 0;
  for (double y : made.reals())
    if (std::isfinite(y)) top = std::max(top, std::abs(y));
  for (std::size_t i = 0; i < made.reals().size(); ++i) {
    double& y = made.reals()[i];
    const double sum = sizes_.empty() ? 0 : sizes_[i];
    // What is added up may be beyond f32 on the way, in one order or another.
    if (sum > largest && std::isfinite(sum))
      y = nan;
    else
      own_[i] = 1.3e-6 * std::abs(y) + 1e-7 * top + sum_units_ * sum + smallest, y = off_by(y, roll() * own_[i]);
  }
  return made;
}

Doubles NodeRounding::run(const std::vector<const Doubles*>& in, Roll* roll) {
  own_.assign(type_.shape.elements(), 0.0);
  if (!terms_.empty()) return run_terms(in, roll);
  if (moves_only_ || !roll) return run_op(in);
  if (!asked_) ask(in);
  if (copies_) return run_op(in);
  return run_moved(in, *roll);
}

}  // namespace vitrine
