#include "runtime/kernel_part.hpp"

namespace vitrine {

namespace {

class ElementwiseStep : public PreparedStep {
 public:
  ElementwiseStep(const Step& step, const Machine& machine) : machine_(machine), kernel_(step, machine.isa) {}
  void place(const Memory& memory) override { kernel_.place(memory); }
  void run() override { kernel_.run(machine_); }
  const ElementwiseWork* work() const override { return &kernel_.work(); }

 private:
  Machine machine_;
  KernelPart kernel_;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_elementwise(const Step& step, const Machine& machine) {
  return std::make_unique<ElementwiseStep>(step, machine);
}

}  // namespace vitrine
