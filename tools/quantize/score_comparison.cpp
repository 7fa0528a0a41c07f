#include "tools/quantize/score_comparison.hpp"

#include "tools/compiled.hpp"
#include "vitrine/ops.hpp"
#include "vitrine/ops/log_softmax.hpp"

namespace vitrine {

namespace {

Graph comparison(std::size_t rows, std::size_t kinds) {
  Graph graph("comparison of scores");
  const Shape row = Shape{} << Axis{"row", rows}, both = Shape(row) << Axis{"kind", kinds};
  const Value before = graph.input("before", {DType::f32, both}), after = graph.input("after", {DType::f32, both}),
              truth = graph.input("truth", {DType::i32, row});
  const Value p = log_softmax(before), q = log_softmax(after);
  graph.output("loss_before", graph.add(Op(CrossEntropy{}), {before, truth}));
  graph.output("loss_after", graph.add(Op(CrossEntropy{}), {after, truth}));
  graph.output("divergence", sum<-1>(exp(p) * (p - q)));
  graph.output("top_before", argmax<-1>(before));
  graph.output("top_after", argmax<-1>(after));
  return graph;
}

template <class T> T element(const Program& program, const char* output, std::size_t i) {
  return reinterpret_cast<const T*>(program.output(output).data())[i];
}

}  // namespace

ScoreComparison::ScoreComparison(std::size_t rows, std::size_t kinds, Pool& pool) {
  program_.emplace(compiled(comparison(rows, kinds), states_, pool, inference_pipeline));
}

void ScoreComparison::run(const float* before, const float* after, const std::int32_t* truth) {
  program_->bind_input("before", before);
  program_->bind_input("after", after);
  program_->bind_input("truth", truth);
  program_->run();
}

RowDifference ScoreComparison::row(std::size_t i) const {
  return {element<float>(*program_, "loss_before", i), element<float>(*program_, "loss_after", i),
          element<float>(*program_, "divergence", i), element<std::int32_t>(*program_, "top_before", i),
          element<std::int32_t>(*program_, "top_after", i)};
}

}  // namespace vitrine
