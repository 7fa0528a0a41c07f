// Attention written out, whatever its layout and wherever its scale stands, is the op attention.
//   softmax(q kT * scale) v                                  =>   attention(q, k, v) {scale}
//   softmax(where(i >= j, (q * scale) kT, -inf)) v           =>   attention(q, k, v) {scale, causal}
//   softmax(q kT / 8 + where(|i - j| < 16, 0, -inf)) v       =>   attention(q, k, v) {scale = 0.125, window = 16}
//   matmul(exp(x - max(x)), v) / sum(exp(x - max(x)))        =>   matmul(softmax(x), v), for scores x
// What lies between the product of queries and keys and the softmax is told by what it computes (score_function.hpp):
// for every pair the score times one number, or -infinity. A mask that only nearly masks, looks one key too far or has
// other elements than the op's attributes can say is turned down, with the pair that differs; so is attention of which
// a part is read elsewhere, as its weights may be, and two layers with a softmax between.
// Reorders: the kernel's sums run in another order, and it scales other products.
#include <algorithm>
#include <cmath>
#include <ranges>

#include "compiler/attention_layout.hpp"
#include "compiler/passes.hpp"
#include "compiler/read_elsewhere.hpp"
#include "compiler/row_function.hpp"
#include "compiler/score_function.hpp"
#include "compiler/telling_rows.hpp"
#include "vitrine/ops/attention.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/softmax.hpp"

namespace vitrine {

namespace {

constexpr const char* rule = "softmax(scale * q kT) v => attention(q, k, v)";
constexpr const char* divided_rule = "matmul(exp(x - max(x)), v) / sum(exp(x - max(x))) => matmul(softmax(x), v)";

bool is_float(double n) {
  return std::isfinite(n) && n != 0 && std::abs(static_cast<double>(static_cast<float>(n)) / n - 1) < 1e-12;
}

/// How the scale is told in a float: whose own factor it takes up, and what the queries are divided by beside it.
struct Scale {
  double scale = 1;
  bool takes_query = false, takes_key = false;
  float divisor = 1;
};
std::optional<Scale> scale_of(double scores, double query, double key) {
  for (const auto& [q, k] : {std::pair{true, true}, {true, false}, {false, true}, {false, false}}) {
    const double all = scores * (q ? query : 1) * (k ? key : 1);
    if (is_float(all)) return Scale{all, q && query != 1, k && key != 1};
  }
  if (is_float(1 / scores)) return Scale{.divisor = static_cast<float>(1 / scores)};
  return {};
}

/// y as the product of weights and something else, scaled by one number a row: what the weights are then, as a function
/// of rows of x.
class DividedWeights {
 public:
  DividedWeights(Value x, Value weights, Value y, Value product) : weights_(RowFunction::between(x, weights)) {
    if (!weights_ || weights_->form() != RowFunction::Form::row || !weights_->reduces()) return;
    parts_ = weights_->nodes();
    for (Value operand : y.operands()) {
      if (operand == product) continue;
      scales_.push_back(RowFunction::between(x, operand));
      if (!scales_.back() || scales_.back()->form() != RowFunction::Form::kept) return;
      for (Value part : scales_.back()->nodes()) parts_.push_back(part);
    }
    parts_.push_back(product);
    parts_.push_back(y);
    is_softmax_ = is_softmax_of(TellingRows(x.type().shape[-1].size), y, product);
  }
  bool is_softmax() const { return is_softmax_; }
  const std::vector<Value>& parts() const { return parts_; }

 private:
  bool is_softmax_of(const TellingRows& test, Value y, Value product) const {
    return std::ranges::all_of(test.rows, [&](const Row& row) {
      const auto scaled = [&](double number) {
        std::vector<ClosedValue> in(y.operands().size(), ClosedValue::of(Type{}));
        std::vector<const ClosedValue*> given;
        for (std::size_t i = 0, other = 0; i < in.size(); ++i) {
          in[i].buffer().reals()[0] = y.operands()[i] == product ? number : (*scales_[other++])(row)[0];
          given.push_back(&in[i]);
        }
        return applied(*y.op(), Type{}, given).number(0);
      };
      Row made = (*weights_)(row), wanted(row.size());
      for (double& weight : made) weight *= scaled(1);
      const Type type{DType::f32, Shape{} << row.size()};
      const Buffer<double> from{type, const_cast<double*>(row.data())};
      Softmax{}.run(Buffers<double>(&from, 1), Buffer<double>{type, wanted.data()});
      return agree(made, wanted) && std::abs(scaled(-3) + 3 * scaled(1)) <= 1e-9 * std::abs(scaled(1));
    });
  }

  std::optional<RowFunction> weights_;
  std::vector<std::optional<RowFunction>> scales_{};
  std::vector<Value> parts_{};
  bool is_softmax_ = false;
};

class Recognition {
 public:
  Recognition(const Graph& graph, Rewriter& rewriter) : needed_(graph), rewriter_(rewriter) {}

  void visit(Value v) {
    if (v.op() && v.op()->info->elementwise() && v.type().dtype == DType::f32 && needed_(v)) visit_divided(v);
    visit_weights(v);
  }

 private:
  void visit_weights(Value weights) {
    if (!as<Softmax>(weights) || !needed_(weights)) return;
    const std::optional<WeightedSum> read = weighted_sum(weights, needed_);
    if (!read) {
      const Value between = between_weights_and_product(weights, needed_);
      if (between && ScoreFunction(weights.operands()[0]).product())
        refuse(weights,
               "%" + std::to_string(between.id) + ", " + std::string(between.op()->name()) +
                   ", lies between its weights and the product",
               "leave it out, or put it behind the product");
      return;
    }
    const ScoreFunction scores(weights.operands()[0]);
    if (!scores.product()) return;
    const Value y = read->product;
    if (!scores.other().empty()) return refuse(y, scores.other(), "mask by positions: where(i >= j, scores, -inf)");
    const std::optional<QueriesAndKeys> pairs = queries_and_keys(scores);
    if (!pairs) return;
    if (is_parameter(pairs->key) || is_parameter(read->value))
      return refuse(y, "its keys or values are parameters: these are two layers, whose products run as such",
                    "write it as the one op if it is attention");

    std::vector<Value> parts = scores.nodes();
    parts.push_back(weights);
    parts.push_back(y);
    parts.insert(parts.end(), read->between.begin(), read->between.end());
    if (const std::string reader = read_elsewhere(parts, y, needed_); !reader.empty())
      return refuse(y, reader, "recognize it before its gradients are made, or write it as the one op");
    if (!scores.differs().empty())
      return refuse(y, scores.differs(), "mask with -inf and scale with one number, or write it as the one op");
    if (!scores.looks())
      return refuse(y, scores.mismatch(), "let query i look at keys j <= i, or at those with |i - j| < window");
    const auto scale = scale_of(scores.scale(), factor_of(pairs->query), factor_of(pairs->key));
    if (!scale) return refuse(y, "its scale is no 32-bit float", "scale with one number");
    replace(y, *read, *pairs, *scores.looks(), *scale);
  }

  /// Weights that are divided by their sum only behind the product.
  void visit_divided(Value y) {
    const auto product = std::ranges::find_if(
        y.operands(), [&](Value v) { return as<Matmul>(v) && v.type() == y.type() && !as<Matmul>(v)->transpose_left; });
    if (product == y.operands().end()) return;
    const Value weights = product->operands()[0];
    for (Value x : rows_behind(weights) | std::views::reverse) {
      const DividedWeights divided(x, weights, y, *product);
      if (!divided.is_softmax() || !ScoreFunction(x).product()) continue;
      if (const std::string reader = read_elsewhere(divided.parts(), y, needed_); !reader.empty())
        rewriter_.refuse(y, divided_rule, reader,
                         "recognize it before its gradients are made, or write it as the one op");
      else
        rewriter_.replace(y, emit(*product->op(), {emit(Softmax{}, {x}), product->operands()[1]}), divided_rule);
      return;
    }
  }

  void replace(Value y, const WeightedSum& read, const QueriesAndKeys& pairs, Looks looks, const Scale& scale) {
    Value q = scale.takes_query ? without_factor(pairs.query) : pairs.query;
    Value k = scale.takes_key ? without_factor(pairs.key) : pairs.key;
    if (pairs.key_is_turned) k = turned(k);
    if (pairs.query_is_turned) q = turned(q);
    Value v = read.value_is_turned ? turned(read.value) : read.value;
    if (scale.divisor != 1) q = q / scale.divisor;
    const Attention op{static_cast<float>(scale.scale), looks.causal, looks.window};
    const Value made = attention_of(op, q, k, v);
    const Value upright =
        read.result_is_turned ? emit(Transpose{}, {with_axes_of(made, turned_shape(y.type().shape))}) : made;
    rewriter_.replace(y, with_axes_of(upright, y.type().shape), rule);
  }

  void refuse(Value y, Wording reason, Wording suggestion) { rewriter_.refuse(y, rule, reason, suggestion); }

  Needed needed_;
  Rewriter& rewriter_;
};

}  // namespace

void recognize_attention(Graph& graph, Rewriter& rewriter) {
  Recognition recognition(graph, rewriter);
  for (Value v : graph.topological()) recognition.visit(v);
}

}  // namespace vitrine
