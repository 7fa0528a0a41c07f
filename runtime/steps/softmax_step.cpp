#include "runtime/row_kernels.hpp"
#include "runtime/steps/chunked_step.hpp"

namespace vitrine {

namespace {

/// softmax, or its logarithm: a function of each row.
class SoftmaxStep : public ChunkedStep {
 public:
  using OfRows = decltype(softmax);
  SoftmaxStep(const Step& step, const Machine& machine, OfRows& of_rows)
      : ChunkedStep(step, machine),
        of_rows_(of_rows),
        columns_(step.head_type.shape[-1].size),
        rows_(columns_ ? step.head_type.shape.elements() / columns_ : 0) {}

 private:
  void place_head(const Memory& memory, float* result) override { x_ = memory.floats(step_.operands[0]), y_ = result; }
  bool run_head(GemmEpilogue epilogue) override {
    const auto done = [&](std::size_t row, std::size_t rows) { epilogue(row, rows, 0, columns_); };
    of_rows_(machine_.pool, machine_.isa, rows_, columns_, x_, y_, epilogue ? RowsDone(done) : RowsDone());
    return true;
  }

  OfRows& of_rows_;
  std::size_t columns_, rows_;
  const float* x_ = nullptr;
  float* y_ = nullptr;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_softmax(const Step& step, const Machine& machine) {
  return std::make_unique<SoftmaxStep>(step, machine, softmax);
}
std::unique_ptr<PreparedStep> prepare_log_softmax(const Step& step, const Machine& machine) {
  return std::make_unique<SoftmaxStep>(step, machine, log_softmax);
}

}  // namespace vitrine
