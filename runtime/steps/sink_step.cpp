// An elementwise kernel with sums and maxima of what it computes, which need not be stored for them.
#include "runtime/kernel_part.hpp"
#include "runtime/sinks.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/max_to.hpp"
#include "vitrine/ops/mean.hpp"

namespace vitrine {

namespace {

Sink sink_of(const Step& step, std::size_t s) {
  const Op* const op = &step.sinks[s];
  if (!as<SumTo>(op) && !as<Mean>(op) && !as<MaxTo>(op))
    throw InternalError("a plan has " + std::string(op->name()) + " as a sink, for which there are no loops");
  const Shape& to = step.sink_result(s).type.shape;
  const std::vector<Stage> stages = stages_of(runs_of(step.iteration, to));
  if (stages.size() != 1)
    throw InternalError("a plan has a sink that reduces axes on both sides of others: its step must be cut in two");
  std::optional<float> count;
  if (as<Mean>(op)) count = static_cast<float>(reduced_axes(step.iteration, to).elements());
  return {as<MaxTo>(op) ? Reduction::maximum : Reduction::sum, stages[0], count};
}

class SinkStep : public PreparedStep {
 public:
  SinkStep(const Step& step, const Machine& machine)
      : step_(step), machine_(machine), work_(*step.kernel, sinks_of(step), machine.isa) {
    for (const Slot& slot : step.operands) operands_.push_back(view_over(step.iteration, slot));
    for (std::size_t i = 0; i < step.own_results(); ++i) results_.push_back(view_over(step.iteration, step.results[i]));
    for (std::size_t s = 0; s < step.sinks.size(); ++s) sunk_.push_back(view_over(step.iteration, step.sink_result(s)));
  }

  void place(const Memory& memory) override {
    for (std::size_t i = 0; i < operands_.size(); ++i) operands_[i].data = memory.floats(step_.operands[i]);
    for (std::size_t i = 0; i < results_.size(); ++i) results_[i].data = memory.floats(step_.results[i]);
    for (std::size_t s = 0; s < sunk_.size(); ++s) sunk_[s].data = memory.floats(step_.sink_result(s));
    work_.place(operands_, results_, sunk_);
  }
  void run() override { work_.run(machine_.pool); }

 private:
  static std::vector<Sink> sinks_of(const Step& step) {
    std::vector<Sink> made;
    for (std::size_t s = 0; s < step.sinks.size(); ++s) made.push_back(sink_of(step, s));
    return made;
  }

  const Step& step_;
  Machine machine_;
  SinkWork work_;
  std::vector<FloatView> operands_{}, results_{}, sunk_{};
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_sinks(const Step& step, const Machine& machine) {
  return std::make_unique<SinkStep>(step, machine);
}

}  // namespace vitrine
