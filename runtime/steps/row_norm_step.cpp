// Layer norm and RMS norm, with what they divide by if it is wanted too, or that alone.
#include "runtime/row_kernels.hpp"
#include "runtime/steps/chunked_step.hpp"
#include "vitrine/ops/row_norm.hpp"

namespace vitrine {

namespace {

/// A row norm as the kernel sees it.
struct Form {
  bool centered, only_scale;
  float eps;
};
Form form_of(const Op& op) {
  if (const auto* o = as<RowNorm<true>>(&op)) return {true, false, o->eps};
  if (const auto* o = as<RowNorm<false>>(&op)) return {false, false, o->eps};
  if (const auto* o = as<RowNormScale<true>>(&op)) return {true, true, o->eps};
  return {false, true, as<RowNormScale<false>>(&op)->eps};
}

class RowNormStep : public ChunkedStep {
 public:
  RowNormStep(const Step& step, const Machine& machine)
      : ChunkedStep(step, machine),
        form_(form_of(*step.head)),
        columns_(step.operands[0].type.shape[-1].size),
        rows_(step.operands[0].type.shape.with(-1, 1).elements()) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    x_ = memory.floats(step_.operands[0]);
    y_ = form_.only_scale ? nullptr : result;
    rstd_ = form_.only_scale ? result : step_.companions.empty() ? nullptr : memory.floats(step_.results.back());
  }
  bool run_head(GemmEpilogue epilogue) override {
    const auto done = [&](std::size_t row, std::size_t rows) { epilogue(row, rows, 0, columns_); };
    const bool by_rows = epilogue && !form_.only_scale;  // what it divides by is no matrix
    row_norm(machine_.pool, machine_.isa, rows_, columns_, form_.centered, form_.eps, x_, y_, rstd_,
             by_rows ? RowsDone(done) : RowsDone());
    return by_rows;
  }

  Form form_;
  std::size_t columns_, rows_;
  const float* x_ = nullptr;
  float *y_ = nullptr, *rstd_ = nullptr;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_row_norm(const Step& step, const Machine& machine) {
  return std::make_unique<RowNormStep>(step, machine);
}

}  // namespace vitrine
