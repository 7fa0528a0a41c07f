// A matrix copied once into the order in which products read it: pack_matrix as it is, pack_transposed turned over.
#include "runtime/gemm.hpp"
#include "runtime/kernels.hpp"

namespace vitrine {

namespace {

class PackStep : public PreparedStep {
 public:
  PackStep(const Step& step, const Machine& machine, bool turned) : step_(step), machine_(machine) {
    const Slot& from = step.operands[0];
    const auto row = static_cast<std::size_t>(turned), column = 1 - row;
    K_ = from.type.shape[static_cast<int>(row)].size, N_ = from.type.shape[static_cast<int>(column)].size;
    matrix_ = {nullptr, from.strides[row], from.strides[column]};
  }
  void place(const Memory& memory) override {
    matrix_.data = memory.floats(step_.operands[0]);
    to_ = memory.floats(step_.results[0]);
  }
  void run() override { gemm_pack(machine_.pool, machine_.isa, K_, N_, matrix_, to_); }

 private:
  const Step& step_;
  Machine machine_;
  std::size_t K_, N_;
  Matrix matrix_{};
  float* to_ = nullptr;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_pack_matrix(const Step& step, const Machine& machine) {
  return std::make_unique<PackStep>(step, machine, false);
}
std::unique_ptr<PreparedStep> prepare_pack_transposed(const Step& step, const Machine& machine) {
  return std::make_unique<PackStep>(step, machine, true);
}

}  // namespace vitrine
