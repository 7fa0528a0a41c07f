#include "compiler/rounding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_set>

#include "vitrine/elementwise.hpp"
#include "vitrine/error.hpp"
#include "vitrine/formula.hpp"

namespace vitrine {

namespace {

constexpr double unit = 0x1p-24, largest = std::numeric_limits<float>::max(), smallest = 0x1p-149;
constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
constexpr int draws = 12;

/// How the roundings of one evaluation fall: shares in [-1, -1/2] and [1/2, 1] of what they may be. In the first two
/// all have one sign, for where all of them add up; the others are drawn, for where differences of them count.
class Roll {
 public:
  explicit Roll(int draw) : state_(static_cast<std::uint64_t>(draw) * 0x9e3779b97f4a7c15 + 1), sign_(draw) {}
  double operator()() {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    const double share = 0.5 + static_cast<double>(state_ >> 40 & 0xffff) * 0x1p-17;
    return sign_ == 1 ? share : sign_ == 2 || (state_ >> 60 & 1) != 0 ? -share : share;
  }

 private:
  std::uint64_t state_;
  int sign_;
};

/// What f32 holds of a number, but for its rounding.
double in_range(double x) { return std::abs(x) > largest * (1 + unit / 2) ? std::copysign(infinity, x) : x; }

/// A number moved; infinity stays where it is.
double off_by(double x, double by) { return std::isfinite(x) ? in_range(x + by) : x; }

struct Doubles {
  Type type;
  std::vector<std::byte> bytes;

  explicit Doubles(const Type& t) : type(t), bytes(t.shape.elements() * stored_size<double>(t.dtype)) {}
  Doubles(const Type& t, std::vector<std::byte> held) : type(t), bytes(std::move(held)) {}
  bool is_real() const { return type.dtype == DType::f32; }
  std::span<double> reals() { return {reinterpret_cast<double*>(bytes.data()), type.shape.elements()}; }
  Buffer<double> buffer() const { return {type, const_cast<std::byte*>(bytes.data())}; }
  std::vector<double> numbers() const {
    std::vector<double> made(type.shape.elements());
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = load<double>(buffer(), i).value;
    return made;
  }
};

/// A scalar formula term by term, each with how many units it may be off.
struct FlatTerm {
  Symbol alone;  // the function on variables 0, 1, 2
  Scalar op;
  std::size_t index = 0;
  std::array<std::size_t, 3> from{};
  double units = 0;
};

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

/// One node, run in double with its rounding or without.
class NodeRounding {
 public:
  explicit NodeRounding(Value v) : op_(*v.op()), type_(v.type()) {
    const OpInfo& info = *op_.info;
    for (Value o : v.operands()) in_types_.push_back(o.type());
    const bool numbers = std::ranges::none_of(in_types_, [](const Type& t) { return t.dtype == DType::i32; });
    if (info.elementwise() && numbers) {
      std::map<const Term*, std::size_t> known;
      flatten(op_.formula(in_types_.size()), terms_, known);
    }
    moves_only_ = info.view || info.walk || type_.dtype != DType::f32;
  }

  /// With a roll, moved by it; without, in double as it is.
  Doubles run(const std::vector<const Doubles*>& in, Roll* roll) {
    own_.assign(type_.shape.elements(), 0.0);
    if (!terms_.empty()) return run_terms(in, roll);
    if (moves_only_ || !roll) return run_op(in);
    if (!asked_) ask(in);
    if (copies_) return run_op(in);
    std::vector<Doubles> moved;
    for (const Doubles* t : in) {
      moved.push_back(*t);
      if (t->is_real())
        for (double& x : moved.back().reals()) x = off_by(x, (*roll)() * 2 * unit * std::abs(x));
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
        own_[i] = 1.3e-6 * std::abs(y) + 1e-7 * top + sum_units_ * sum + smallest, y = off_by(y, (*roll)() * own_[i]);
    }
    return made;
  }
  /// How far the last run may have moved each result by its own rounding.
  const std::vector<double>& own() const { return own_; }

 private:
  static std::vector<const Doubles*> pointers(const std::vector<Doubles>& tensors) {
    std::vector<const Doubles*> made;
    for (const Doubles& t : tensors) made.push_back(&t);
    return made;
  }

  Doubles run_op(const std::vector<const Doubles*>& in) const {
    std::vector<Buffer<double>> buffers;
    for (const Doubles* t : in) buffers.push_back(t->buffer());
    Doubles made(type_);
    op_.info->run_double(op_.attributes.get(), buffers, made.buffer());
    if (made.is_real())
      for (double& y : made.reals()) y = in_range(y);
    return made;
  }

  Doubles run_terms(const std::vector<const Doubles*>& in, Roll* roll) {
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
  void ask(const std::vector<const Doubles*>& in) {
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

  double terms_per_result(const std::vector<const Doubles*>& in) const {
    const double results = std::max<double>(1, static_cast<double>(type_.shape.elements()));
    if (op_.info->multiply_adds)
      return static_cast<double>(op_.info->multiply_adds(op_.attributes.get(), in_types_, type_)) / results;
    double most = 0;
    for (const Doubles* t : in) most = std::max(most, static_cast<double>(t->type.shape.elements()));
    return most / results;
  }

  Op op_;
  Type type_;
  std::vector<Type> in_types_{};
  std::vector<FlatTerm> terms_{};  // of an elementwise op
  bool moves_only_ = false, asked_ = false, copies_ = false;
  std::vector<double> sizes_{};  // of what each result adds up; empty if it does not
  double sum_units_ = 0;
  std::vector<double> own_{};
};

Doubles leaf(Value v, const Values<double>& leaves) {
  const Node& node = v.node();
  Doubles made(node.type);
  if (node.leaf != Leaf::constant) return {node.type, leaves.at(v.id)};
  const Buffer<float> narrow{node.type, const_cast<std::byte*>(node.literal->data())};
  for (std::size_t i = 0; i < node.type.shape.elements(); ++i) store<double>(made.buffer(), i, load<double>(narrow, i));
  return made;
}

/// What two evaluations of one element leave open.
double spread(double exact, double moved) {
  if (std::isnan(exact) && std::isnan(moved)) return 0;
  if (exact == moved) return 0;
  const double apart = std::abs(exact - moved);
  return std::isfinite(apart) ? apart : infinity;
}

/// The graph run again and again.
class Evaluations {
 public:
  Evaluations(const Graph& graph, const Values<double>& leaves) : order_(graph.topological()), leaves_(leaves) {
    for (Value v : order_)
      if (v.op()) nodes_.emplace(v.id, NodeRounding(v));
  }

  void exactly() {
    run(nullptr, [&](Value v, const std::vector<double>& numbers) {
      made_[v.id] = {numbers, std::vector<double>(numbers.size(), 0.0)};
    });
  }
  void moved(int draw) {
    Roll roll(draw);
    run(&roll, [&](Value v, const std::vector<double>& numbers) {
      Rounding& r = made_[v.id];
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double own =
            v.op() && std::isfinite(r.exact[i]) && std::isfinite(numbers[i]) ? nodes_.at(v.id).own()[i] : 0;
        r.allowed[i] = std::max(r.allowed[i], 4 * spread(r.exact[i], numbers[i]) + own);
      }
    });
  }
  void allow_everything() {
    for (auto& [id, r] : made_) std::ranges::fill(r.allowed, infinity);
  }
  std::map<std::uint32_t, Rounding> made() && { return std::move(made_); }

 private:
  void run(Roll* roll, const auto& see) {
    std::map<std::uint32_t, Doubles> values;
    for (Value v : order_) {
      std::vector<const Doubles*> in;
      for (Value o : v.operands()) in.push_back(&values.at(o.id));
      const Doubles& made =
          values.emplace(v.id, v.op() ? nodes_.at(v.id).run(in, roll) : leaf(v, leaves_)).first->second;
      see(v, made.numbers());
    }
  }

  std::vector<Value> order_;
  const Values<double>& leaves_;
  std::map<std::uint32_t, NodeRounding> nodes_{};
  std::map<std::uint32_t, Rounding> made_{};
};

}  // namespace

std::map<std::uint32_t, Rounding> roundings(const Graph& graph, const Values<double>& leaves) {
  Evaluations evaluations(graph, leaves);
  evaluations.exactly();
  try {
    for (int draw = 1; draw <= draws; ++draw) evaluations.moved(draw);
  } catch (const InputError&) {  // a number that rounding moved is an index out of range: all may happen
    evaluations.allow_everything();
  } catch (const UsageError&) {
    evaluations.allow_everything();
  }
  return std::move(evaluations).made();
}

Deviation deviation(const Type& type, const Rounding& rounding, std::span<const std::byte> got) {
  Deviation made;
  const Buffer<float> buffer{type, const_cast<std::byte*>(got.data())};
  for (std::size_t i = 0; i < rounding.exact.size(); ++i) {
    const double x = load<double>(buffer, i).value, exact = rounding.exact[i], allowed = rounding.allowed[i];
    if (std::isinf(allowed)) continue;
    const double apart = spread(exact, x);
    const double share = apart == 0 ? 0 : allowed == 0 ? infinity : apart / allowed;
    if (share > 1 && made.what.empty()) {
      made.at = i;
      made.what = fmt::format("is {:.9g}, exact is {:.9g}, rounding allows {:.3g}", x, exact, allowed);
    }
    made.share = std::max(made.share, share);
  }
  return made;
}

}  // namespace vitrine
