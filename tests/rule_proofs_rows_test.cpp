// recognize_rows: each function in several ways to write it, for rows of 2 to 9 numbers, on ordinary rows, rows of
// large mean, with ties and of large numbers, within what rounding allows; and forms that are something else.
#include <random>

#include "compiler/rounding.hpp"
#include "tests/rule_proof.hpp"
#include "vitrine/along_last.hpp"

namespace vitrine {

namespace {

/// One of the ways to write a function of the rows of x.
using Way = Value (*)(Value x);

Shape kept(Value x) { return x.type().shape.with(-1, 1); }
Value sum_of(Value x) { return emit(SumTo{kept(x)}, {x}); }
Value mean_of(Value x) { return emit(Mean{kept(x)}, {x}); }
Value shifted(Value x) { return x - emit(MaxTo{kept(x)}, {x}); }
Value centered(Value x) { return x - mean_of(x); }

constexpr std::array<Way, 3> softmaxes{[](Value x) { return exp(shifted(x)) / sum_of(exp(shifted(x))); },
                                       [](Value x) {
                                         const Value e = exp(-(emit(MaxTo{kept(x)}, {x}) - x));
                                         return 1.f / sum_of(e) * e;
                                       },
                                       [](Value x) { return exp(shifted(x) - log(sum_of(exp(shifted(x))))); }};
constexpr std::array<Way, 2> log_softmaxes{[](Value x) { return shifted(x) - log(sum_of(exp(shifted(x)))); },
                                           [](Value x) {
                                             const Value top = emit(MaxTo{kept(x)}, {x});
                                             return x - (top + log(sum_of(exp(x - top))));
                                           }};
constexpr std::array<Way, 3> layer_norms{
    [](Value x) { return centered(x) / sqrt(mean_of(centered(x) * centered(x)) + 1e-5f); },
    [](Value x) { return centered(x) * (1.f / sqrt(emit(Variance{kept(x)}, {x}) + 0.01f)); },
    [](Value x) {
      const float size = static_cast<float>(x.type().shape[-1].size);
      const Value away = x - sum_of(x) / size;
      return away / sqrt(sum_of(away * away) / size + 1e-5f);
    }};
constexpr std::array<Way, 2> rms_norms{[](Value x) { return x / sqrt(mean_of(x * x) + 1e-6f); },
                                       [](Value x) { return x * (1.f / sqrt(mean_of(x * x) + 0.1f)); }};

Values<float> rows_for(const Graph& graph, int turn) {
  std::mt19937 random(static_cast<unsigned>(turn));
  std::normal_distribution<float> normal;
  Values<float> made;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input) continue;
    auto& bytes = made[v.id];
    bytes.resize(v.type().bytes());
    for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
      const float x = turn == 0   ? normal(random)
                      : turn == 1 ? normal(random) + 1000.f
                      : turn == 2 ? static_cast<float>(random() % 2)
                                  : normal(random) * 1000.f;
      std::memcpy(&bytes[i * 4], &x, 4);
    }
  }
  return made;
}

/// Both sides are near what the definition is in double.
template <std::size_t N> void every_way(Rule& rule, const std::array<Way, N>& ways) {
  for (const Way way : ways)
    for (std::size_t size = 2; size <= 9; ++size)
      for (const Shape& shape : {Shape{} << size, Shape{} << 3 << size, Shape{} << 2 << 1 << size}) {
        const Graph before =
            graph_of({{DType::f32, shape}}, [&](Graph&, auto in) { return std::vector<Value>{way(in[0])}; });
        const Graph after = rule.fired(before);
        for (int turn = 0; turn < 4; ++turn) {
          const Values<float> leaves = rows_for(before, turn);
          const auto allowed = roundings(before, widened(before, leaves));
          const Value y = before.outputs()[0].second;
          const Deviation off = deviation(y.type(), allowed.at(y.id), results_of(after, leaves)[0]);
          if (!off.what.empty())
            FAIL(off.what << " in turn " << turn << ":\n" << print(before) << "=>\n" << print(after));
        }
      }
}

void softmax_rule(Rule& rule) {
  every_way(rule, softmaxes);
  // Without the maximum it overflows; along another axis it is another function; half of it is none.
  for (const Way way : {Way([](Value x) { return exp(x) / sum_of(exp(x)); }), Way([](Value x) {
                          return exp(shifted(x)) / emit(SumTo{x.type().shape.with(0, 1)}, {exp(shifted(x))});
                        }),
                        Way([](Value x) { return exp(shifted(x)) / (sum_of(exp(shifted(x))) * 2.f); })})
    rule.stays(graph_of({f32<3, 4>}, [&](Graph&, auto in) { return std::vector<Value>{way(in[0])}; }));
}
void log_softmax_rule(Rule& rule) { every_way(rule, log_softmaxes); }
void layer_norm_rule(Rule& rule) {
  every_way(rule, layer_norms);
  // The variance and not its root; the mean of squares less the square of the mean, which loses its digits where the
  // mean is large, and so means something else.
  for (const Way way :
       {Way([](Value x) { return centered(x) / (mean_of(centered(x) * centered(x)) + 1e-5f); }),
        Way([](Value x) { return centered(x) / sqrt(mean_of(x * x) - mean_of(x) * mean_of(x) + 1e-5f); })})
    for (const Shape& shape : {shape_of<3, 4>, shape_of<2, 3>, shape_of<7>})
      rule.stays(graph_of({{DType::f32, shape}}, [&](Graph&, auto in) { return std::vector<Value>{way(in[0])}; }));
}
void rms_norm_rule(Rule& rule) { every_way(rule, rms_norms); }

constexpr std::array proofs{
    Proof{"recognize_rows", "exp(x - max(x)) / sum(exp(x - max(x))) => softmax(x)", softmax_rule},
    Proof{"recognize_rows", "x - max(x) - log(sum(exp(x - max(x)))) => log_softmax(x)", log_softmax_rule},
    Proof{"recognize_rows", "(x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps) => layer_norm(x)", layer_norm_rule},
    Proof{"recognize_rows", "x / sqrt(mean(x^2) + eps) => rms_norm(x)", rms_norm_rule}};

}  // namespace

std::span<const Proof> row_proofs() { return proofs; }

}  // namespace vitrine

using namespace vitrine;

TEST_CASE("functions of rows are recognized in every way to write them, and their kernels are as near as they were") {
  prove(row_proofs());
}
