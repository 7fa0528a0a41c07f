// The loss of class numbers, however it is written, is the op cross_entropy. It is told by what it computes: what lies
// between the logits, the labels and the loss is run in double on rows that tell such functions apart, with every row's
// label at both ends and in between.
//   -sum(one_hot(c) * log_softmax(x))              =>   cross_entropy(x, c)
//   log(sum(exp(x))) - x[c], from x - max(x)       =>   cross_entropy(x, c)
//   -mean(where(iota == c, log_softmax(x), 0))     =>   mean(cross_entropy(x, c)) / C
// What was the loss times a number stays that. A label that is no class is an error of the op's. Where the form gives
// such a row no loss at all, as one_hot's zeros do, it still has none: where(c is a class, cross_entropy(x, ...), 0).
// Reorders: the kernel's sums run in another order. A form that overflows where the kernel does not is turned down, as
// log(softmax(x)) that is -inf where a share is rounded to 0; so is one of which a part made of x is read elsewhere.
#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>
#include <set>

#include "compiler/passes.hpp"
#include "compiler/read_elsewhere.hpp"
#include "compiler/row_function.hpp"
#include "compiler/telling_rows.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/cross_entropy.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/greater_equal.hpp"
#include "vitrine/ops/logical_and.hpp"
#include "vitrine/ops/where.hpp"

namespace vitrine {

namespace {

constexpr const char* rule = "-sum(one_hot(c) * log_softmax(x)) => cross_entropy(x, c)";
constexpr std::size_t most_seen = 48;  // values behind a loss that are looked at

using Form = RowFunction::Form;

/// The definition, in double.
double loss_of(const Row& x, std::int32_t label) {
  const Type type{DType::f32, Shape{} << 1 << x.size()}, labels{DType::i32, Shape{} << 1};
  double made = 0;
  const std::array in{Buffer<double>{type, const_cast<double*>(x.data())}, Buffer<double>{labels, &label}};
  CrossEntropy{}.run(Buffers<double>(in), Buffer<double>{{DType::f32, Shape{} << 1}, &made});
  return made;
}

/// What a function makes of the loss: `times` it, and nothing of a label that is no class.
struct Likeness {
  std::size_t agreeing = 0;  // rows
  double times = 0;
  bool ignores_others = false;
};

Likeness likeness(const RowFunction& function, const TellingRows& test) {
  const auto C = static_cast<std::int32_t>(test.rows[0].size());
  Likeness made{.times = function(test.rows[0], 0)[0] / loss_of(test.rows[0], 0)};
  if (!std::isfinite(made.times) || made.times == 0) return made;
  for (const Row& row : test.rows) {
    for (const std::int32_t label : {0, C - 1, C / 2, 1}) {
      const double wanted = made.times * loss_of(row, label);
      // Of two large numbers a small difference is left: what a row's numbers are rounded to is allowed.
      const double allowed = 1e-9 * std::abs(wanted) + 1e-13 * std::abs(made.times * row[0]);
      if (!(std::abs(function(row, label)[0] - wanted) <= allowed)) return made;
    }
    ++made.agreeing;
  }
  made.ignores_others = std::ranges::all_of(std::array{-1, C, C + 3, -100}, [&](std::int32_t label) {
    return function(test.rows[0], label)[0] == 0 && function(test.rows[3], label)[0] == 0;
  });
  return made;
}

/// x times a number that f32 has, or divided by one.
Value scaled(Value x, double times) {
  const auto is_float = [](double n) { return std::abs(static_cast<double>(static_cast<float>(n)) / n - 1) < 1e-11; };
  if (std::abs(times - 1) < 1e-11) return x;
  if (is_float(times)) return x * static_cast<float>(times);
  if (is_float(1 / times)) return x / static_cast<float>(1 / times);
  return {};
}

Value reshaped_to(Value x, const Shape& to) { return x.type().shape == to ? x : emit(Reshape{to}, {x}); }

class Recognition {
 public:
  Recognition(const Graph& graph, Rewriter& rewriter) : needed_(graph), rewriter_(rewriter) {}

  void visit(Value y) {
    const bool may_end =
        y.op() && (y.op()->info->elementwise() || as<SumTo>(y) || as<Mean>(y) || as<Reshape>(y) || as<Gather>(y));
    if (!may_end || y.type().dtype != DType::f32 || !needed_(y) || decided_.contains(y.id)) return;
    const Sources behind(y);
    for (Value x : behind.rows | std::views::reverse)
      for (Value label : behind.labels | std::views::reverse) {
        const auto function = RowFunction::between(x, y, label);
        if (function && function->reads_label() && try_it(x, label, y, *function)) return;
      }
  }

 private:
  /// What lies behind a value: rows that may be logits, and whole numbers that may be labels, the nearest first.
  struct Sources {
    std::vector<Value> rows{}, labels{};
    explicit Sources(Value y) {
      std::vector<Value> next{y};
      std::set<std::uint32_t> seen;
      while (!next.empty() && seen.size() < most_seen) {
        const Value v = next.front();
        next.erase(next.begin());
        for (Value operand : v.operands()) {
          if (!seen.insert(operand.id).second) continue;
          const Type& type = operand.type();
          const bool is_closed = operand.operands().empty() && (operand.op() || operand.node().leaf == Leaf::constant);
          if (type.dtype == DType::f32 && type.shape.rank() > 0 && type.shape[-1].size > 1 && !is_closed)
            rows.push_back(operand);
          if (type.dtype == DType::i32 && !is_closed) labels.push_back(operand);
          if (operand.op()) next.push_back(operand);
        }
      }
    }
  };

  bool try_it(Value x, Value label, Value y, const RowFunction& function) {
    const Form form = function.form();
    if (form == Form::row || form == Form::flat || form == Form::places) return false;
    if (form == Form::number && y.type().shape.elements() != 1) return false;
    const TellingRows test(x.type().shape[-1].size);
    const Likeness like = likeness(function, test);
    if (like.agreeing < TellingRows::ordinary) return false;
    if (like.agreeing < test.rows.size()) {
      refuse(y,
             "it is that of ordinary numbers, but not of a row that begins with " +
                 std::to_string(test.rows[like.agreeing][0]) + ", where it overflows or loses its digits",
             "take log_softmax(x), or subtract max(x) first");
      decide(function);
      return true;
    }
    if (const std::string reader = read_elsewhere(function.nodes_of_rows(), y, needed_); !reader.empty()) {
      refuse(y, reader, "recognize it before its gradients are made, or write it as the one op");
      return true;
    }
    const Value by = loss(x, label, y, form, like);
    if (!by) return false;
    rewriter_.replace(y, by, rule);
    decide(function);
    return true;
  }

  /// Its parts are not to be told again.
  void decide(const RowFunction& function) {
    for (Value part : function.nodes()) decided_.insert(part.id);
  }

  /// Empty if the factor is no float.
  static Value loss(Value x, Value label, Value y, Form form, const Likeness& like) {
    Shape rows;
    for (int i = 0; i + 1 < x.type().shape.rank(); ++i) rows << x.type().shape[i];
    const Value labels = reshaped_to(label, rows);
    Value each;
    if (like.ignores_others) {
      const auto whole = [&](std::size_t n) {
        const auto number = static_cast<std::int32_t>(n);
        const auto* bytes = reinterpret_cast<const std::byte*>(&number);
        return x.graph->constant({Type{DType::i32, {}}, {bytes, bytes + sizeof number}});
      };
      // By itself: which operand of an expression is made first, and so its id, is the C++ compiler's choice.
      const Value below = less(labels, whole(x.type().shape[-1].size));
      const Value is_class = logical_and(greater_equal(labels, whole(0)), below);
      const Value known = labels * emit(Cast{DType::i32}, {is_class});
      each = where(is_class, emit(CrossEntropy{}, {x, known}), 0.f);
    } else {
      each = emit(CrossEntropy{}, {x, labels});
    }
    if (form == Form::total) {
      const Shape& given = as<SumTo>(y) ? as<SumTo>(y)->to : as<Mean>(y)->to;
      Shape to;
      for (int i = 0; i + 1 < given.rank(); ++i) to << given[i];
      each = as<SumTo>(y) ? emit(SumTo{to}, {each}) : emit(Mean{to}, {each});
    }
    const Value made = scaled(each, like.times);
    return made ? reshaped_to(made, y.type().shape) : made;
  }

  void refuse(Value y, Wording reason, Wording suggestion) { rewriter_.refuse(y, rule, reason, suggestion); }

  Needed needed_;
  Rewriter& rewriter_;
  std::set<std::uint32_t> decided_{};
};

}  // namespace

void recognize_cross_entropy(Graph& graph, Rewriter& rewriter) {
  Recognition recognition(graph, rewriter);
  for (Value v : graph.topological() | std::views::reverse) recognition.visit(v);
}

}  // namespace vitrine
