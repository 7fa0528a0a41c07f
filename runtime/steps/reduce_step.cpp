// Sums, means, maxima and variances over any axes. The order of every sum is fixed by the shapes alone.
#include "runtime/reduce_stages.hpp"
#include "runtime/reductions.hpp"
#include "runtime/steps/head_step.hpp"
#include "vitrine/ops/max_to.hpp"
#include "vitrine/ops/variance.hpp"

namespace vitrine {

namespace {

class ReduceStep : public HeadStep {
 public:
  ReduceStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine), squares_(as<Variance>(&*step.head) != nullptr) {
    const Shape& x = step.operands[0].type.shape;
    const Shape& to = step.head_type.shape;
    stages_ = stages_of(x, to);
    for (std::size_t i = 0; i + 1 < stages_.size(); ++i) between_.emplace_back(stages_[i].results());
    if (as<MaxTo>(&*step.head)) how_ = Reduction::maximum;
    if (as<Mean>(&*step.head) || squares_) count_ = static_cast<float>(reduced_axes(x, to).elements());
    if (squares_) means_.resize(to.elements()), mean_of_ = results_of(runs_of(x, to), stages_[0]);
  }

 private:
  void place_head(const Memory& memory, float* result) override { x_ = memory.floats(step_.operands[0]), y_ = result; }

  void run_head() override {
    if (!squares_) return reduce(how_, {}, y_);
    reduce(Reduction::sum, {}, means_.data());
    reduce(Reduction::squares, {means_.data(), mean_of_.data()}, y_);
  }

  /// All stages: the first as said, those after it merge what it made.
  void reduce(Reduction how, const Shifts& shifts, float* y) {
    const float* from = x_;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      const auto& [outer, rows, columns] = stages_[i];
      float* const to = i + 1 == stages_.size() ? y : between_[i].data();
      const Reduction merge = how == Reduction::squares ? Reduction::sum : how;
      reduce_rows(machine_.pool, machine_.isa, i == 0 ? how : merge, outer, rows, columns, from,
                  i == 0 ? shifts : Shifts{}, to);
      from = to;
    }
    if (count_)
      for (std::size_t i = 0; i < step_.head_type.shape.elements(); ++i) y[i] /= *count_;
  }

  bool squares_;
  Reduction how_ = Reduction::sum;
  std::optional<float> count_{};  // that a mean divides by
  std::vector<Stage> stages_{};
  std::vector<std::vector<float>> between_{};  // results of all stages but the last
  std::vector<float> means_{};
  std::vector<std::size_t> mean_of_{};
  const float* x_ = nullptr;
  float* y_ = nullptr;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_reduce(const Step& step, const Machine& machine) {
  return std::make_unique<ReduceStep>(step, machine);
}

}  // namespace vitrine
