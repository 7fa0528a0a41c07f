// Sums, means, maxima and variances over any axes. The order of every sum is fixed by the shapes alone.
#include "runtime/reductions.hpp"
#include "runtime/steps/head_step.hpp"
#include "vitrine/ops/max_to.hpp"
#include "vitrine/ops/variance.hpp"

namespace vitrine {

namespace {

/// Neighbouring axes that are all reduced or all kept, as one.
struct Run {
  bool reduced;
  std::size_t size;
};

std::vector<Run> runs_of(const Shape& x, const Shape& to) {
  std::vector<Run> made;
  for (int i = 0; i < x.rank(); ++i) {
    if (x[i].size == 1) continue;
    const int kept_at = i - (x.rank() - to.rank());
    const bool reduced = kept_at < 0 || to[kept_at].size != x[i].size;
    if (!made.empty() && made.back().reduced == reduced)
      made.back().size *= x[i].size;
    else
      made.push_back({reduced, x[i].size});
  }
  return made;
}

/// x[outer, rows, columns] -> y[outer, columns].
struct Stage {
  std::size_t outer, rows, columns;
  std::size_t results() const { return outer * columns; }
};

/// One stage for each run that is reduced, the innermost first; one over a single row if there is none.
std::vector<Stage> stages_of(std::vector<Run> runs) {
  std::vector<Stage> made;
  const auto product = [](auto first, auto last) {
    std::size_t n = 1;
    for (; first != last; ++first) n *= first->size;
    return n;
  };
  for (std::size_t i = runs.size(); i-- > 0;) {
    if (!runs[i].reduced) continue;
    const auto at = runs.begin() + static_cast<std::ptrdiff_t>(i);
    made.push_back({product(runs.begin(), at), at->size, product(at + 1, runs.end())});
    runs.erase(at);
  }
  if (made.empty()) made.push_back({1, 1, product(runs.begin(), runs.end())});
  return made;
}

/// For each `outer` of the first stage, where the kept axes before it begin in the result.
std::vector<std::size_t> results_of(const std::vector<Run>& runs, const Stage& first) {
  std::vector<Run> before;
  for (std::size_t i = 0, size = 1; size < first.outer; size *= runs[i++].size) before.push_back(runs[i]);
  std::vector<std::size_t> made(first.outer);
  for (std::size_t o = 0; o < first.outer; ++o) {
    std::size_t rest = o, stride = first.columns;
    for (std::size_t i = before.size(); i-- > 0; rest /= before[i].size)
      if (!before[i].reduced) made[o] += rest % before[i].size * stride, stride *= before[i].size;
  }
  return made;
}

class ReduceStep : public HeadStep {
 public:
  ReduceStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine), squares_(as<Variance>(&*step.head) != nullptr) {
    const Shape& x = step.operands[0].type.shape;
    const Shape& to = step.head_type.shape;
    const std::vector<Run> runs = runs_of(x, to);
    stages_ = stages_of(runs);
    for (std::size_t i = 0; i + 1 < stages_.size(); ++i) between_.emplace_back(stages_[i].results());
    if (as<MaxTo>(&*step.head)) how_ = Reduction::maximum;
    if (as<Mean>(&*step.head) || squares_) count_ = static_cast<float>(reduced_axes(x, to).elements());
    if (squares_) means_.resize(to.elements()), mean_of_ = results_of(runs, stages_[0]);
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
