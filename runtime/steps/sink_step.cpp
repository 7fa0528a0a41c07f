// An elementwise kernel with sums and maxima of what it computes, which need not be stored for them.
#include "runtime/kernel_part.hpp"
#include "runtime/sink_work.hpp"
#include "runtime/steps/sinks_of.hpp"

namespace vitrine {

namespace {

class SinkStep : public PreparedStep {
 public:
  SinkStep(const Step& step, const Machine& machine)
      : step_(step), machine_(machine), work_(*step.kernel, sinks_of(step), machine.isa), sunk_(views_of_sinks(step)) {
    for (const Slot& slot : step.operands) operands_.push_back(view_over(step.iteration, slot));
    for (std::size_t i = 0; i < step.own_results(); ++i) results_.push_back(view_over(step.iteration, step.results[i]));
  }

  void place(const Memory& memory) override {
    for (std::size_t i = 0; i < operands_.size(); ++i) operands_[i].data = memory.floats(step_.operands[i]);
    for (std::size_t i = 0; i < results_.size(); ++i) results_[i].data = memory.floats(step_.results[i]);
    for (std::size_t s = 0; s < sunk_.size(); ++s) sunk_[s].data = memory.floats(step_.sink_result(s));
    work_.place(operands_, results_, sunk_);
  }
  void run() override { work_.run(machine_.pool); }

 private:
  const Step& step_;
  Machine machine_;
  SinkWork work_;
  std::vector<FloatView> operands_{}, results_{}, sunk_;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_sinks(const Step& step, const Machine& machine) {
  return std::make_unique<SinkStep>(step, machine);
}

}  // namespace vitrine
