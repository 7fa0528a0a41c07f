// What a model does to rows in many small steps, a kernel does in one, if it is a function that has a kernel. It is
// told by what it computes and not by the ops it is written in: what lies between two values is run in double on rows
// that tell such functions apart, among them rows of large mean, with ties and of large numbers.
//   exp(x - max(x)) / sum(exp(x - max(x)))             =>   softmax(x)
//   x - max(x) - log(sum(exp(x - max(x))))             =>   log_softmax(x)
//   (x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps)  =>   layer_norm(x) {eps}
//   x / sqrt(mean(x^2) + eps)                          =>   rms_norm(x) {eps}
// Reorders: the kernel's sums run in another order. A form that overflows where the kernel does not, as exp(x) /
// sum(exp(x)) does, is turned down: it means something else there. So is one of which the parts are read elsewhere,
// because they would still have to be computed.
#include <algorithm>
#include <ranges>

#include "compiler/passes.hpp"
#include "compiler/read_elsewhere.hpp"
#include "compiler/row_function.hpp"
#include "compiler/telling_rows.hpp"
#include "vitrine/ops/log_softmax.hpp"
#include "vitrine/ops/row_norm.hpp"
#include "vitrine/ops/softmax.hpp"

namespace vitrine {

namespace {

/// A function of rows that has a kernel.
struct Known {
  const char* rule;
  Value (*emit)(Value x, float eps);
  bool has_eps;
};
constexpr std::array known{Known{"exp(x - max(x)) / sum(exp(x - max(x))) => softmax(x)",
                                 [](Value x, float) { return emit(Softmax{}, {x}); }, false},
                           Known{"x - max(x) - log(sum(exp(x - max(x)))) => log_softmax(x)",
                                 [](Value x, float) { return emit(LogSoftmax{}, {x}); }, false},
                           Known{"(x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps) => layer_norm(x)",
                                 [](Value x, float eps) { return emit(RowNorm<true>{eps}, {x}); }, true},
                           Known{"x / sqrt(mean(x^2) + eps) => rms_norm(x)",
                                 [](Value x, float eps) { return emit(RowNorm<false>{eps}, {x}); }, true}};

/// What a known function makes of a row: its op's own definition, in double.
Row row_of(const Known& function, float eps, const Row& x) {
  Graph graph("row");
  const Value in = graph.input("x", {DType::f32, Shape{} << x.size()}), y = function.emit(in, eps);
  Row made(x.size());
  const Buffer<double> from{in.type(), const_cast<double*>(x.data())};
  y.op()->info->run_double(y.op()->attributes.get(), Buffers<double>(&from, 1), {y.type(), made.data()});
  return made;
}

class Recognition {
 public:
  Recognition(const Graph& graph, Rewriter& rewriter) : needed_(graph), rewriter_(rewriter) {}

  void visit(Value y) {
    // The last step of such a function joins a row with one number of each row.
    if (!y.op() || !y.op()->info->elementwise() || !needed_(y)) return;
    // The farthest first: softmax(x - max(x)) is one too, but softmax(x) spares more.
    for (Value x : rows_behind(y) | std::views::reverse) {
      const auto function = RowFunction::between(x, y);
      if (function && function->form() == RowFunction::Form::row && function->reduces() && try_all(x, y, *function))
        return;
    }
  }

 private:
  bool try_all(Value x, Value y, const RowFunction& function) {
    const TellingRows test(x.type().shape[-1].size);
    std::vector<Row> made;
    for (const Row& row : test.rows) made.push_back(function(row));
    for (const Known& candidate : known) {
      std::vector<float> epsilons{0};
      if (candidate.has_eps)
        for (const float number : function.numbers())
          if (number > 0) epsilons.push_back(number);
      for (const float eps : epsilons) {
        std::size_t agreeing = 0;
        while (agreeing < made.size() && agree(made[agreeing], row_of(candidate, eps, test.rows[agreeing]))) ++agreeing;
        if (agreeing < TellingRows::ordinary) continue;
        if (agreeing < made.size())
          return refuse(y, candidate,
                        "it is that of ordinary numbers, but not of a row that begins with " +
                            std::to_string(test.rows[agreeing][0]) + ", where it overflows or loses its digits",
                        "subtract what is common to the row first: exp(x - max(x)), (x - mean(x))^2"),
                 true;
        return replace(x, y, function, candidate, eps), true;
      }
    }
    return false;
  }

  void replace(Value x, Value y, const RowFunction& function, const Known& candidate, float eps) {
    if (const std::string reader = read_elsewhere(function.nodes(), y, needed_); !reader.empty())
      return refuse(y, candidate, reader, "recognize it before its gradients are made, or write it as the one op");
    rewriter_.replace(y, candidate.emit(x, eps), candidate.rule);
  }

  void refuse(Value y, const Known& candidate, Wording reason, Wording suggestion) {
    rewriter_.refuse(y, candidate.rule, reason, suggestion);
  }

  Needed needed_;
  Rewriter& rewriter_;
};

}  // namespace

void recognize_rows(Graph& graph, Rewriter& rewriter) {
  Recognition recognition(graph, rewriter);
  for (Value v : graph.topological() | std::views::reverse) recognition.visit(v);
}

}  // namespace vitrine
