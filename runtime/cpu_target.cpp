#include "runtime/cpu_target.hpp"

#include <algorithm>

#include "runtime/kernel_part.hpp"
#include "runtime/steps/gemm_step.hpp"
#include "vitrine/ops/cross_entropy.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/softmax.hpp"
#include "vitrine/ops/sum_to.hpp"

namespace vitrine {

namespace {

// One core of a server of 2020, in round figures: predictions rank steps, they do not time them.
constexpr double bytes_per_ns = 20;             // memory and caches, read or written
constexpr double row_ns_per_element = 0.5;      // exp, sum and division of a softmax
constexpr double reference_ns_per_element = 2;  // an op's own loop
constexpr double start_ns = 200;                // handing out chunks

double multiply_adds_per_ns(Isa isa) { return isa == Isa::avx512 ? 50 : isa == Isa::avx2 ? 25 : 4; }
double kernel_ns_per_instruction(Isa isa) { return isa == Isa::avx512 ? 0.04 : isa == Isa::avx2 ? 0.06 : 0.2; }

double bytes_moved(const Step& step) {
  std::size_t bytes = 0;
  for (const Slot& slot : step.operands) bytes += slot.type.bytes();
  for (const Slot& slot : step.results) bytes += slot.type.bytes();
  return static_cast<double>(bytes);
}

double count(const Shape& shape) { return static_cast<double>(shape.elements()); }

}  // namespace

Choice CpuTarget::choose(const Step& step) const {
  const double memory_ns = bytes_moved(step) / bytes_per_ns;
  const double kernel_ns = step.kernel ? count(step.iteration) * static_cast<double>(step.kernel->instructions.size()) *
                                             kernel_ns_per_instruction(isa_)
                                       : 0;
  const auto predicted = [&](double head_ns) { return start_ns + std::max(memory_ns, head_ns + kernel_ns); };
  if (!step.head)
    return {.kernel = "elementwise", .nanoseconds = predicted(0), .reason = "elementwise only: one pass over tiles"};

  const Op* const op = &*step.head;
  const double elements = step.operands.empty() ? 1 : count(step.operands[0].type.shape);
  const auto by_rows = [&](const char* name, const char* reason) {
    return Choice{name, head_workspace(step), true, predicted(elements * row_ns_per_element), reason};
  };
  if (as<Matmul>(op)) {
    const Shape& a = step.operands[0].type.shape;
    const double depth = static_cast<double>(a[as<Matmul>(op)->transpose_left ? -2 : -1].size);
    return {.kernel = "gemm",
            .workspace = gemm_step_workspace(step, isa_),
            .nanoseconds = predicted(count(step.head_type.shape) * depth / multiply_adds_per_ns(isa_)),
            .reason =
                step.kernel ? "matrix product; the kernel runs on each block while it is in cache" : "matrix product"};
  }
  if (as<Softmax>(op)) return by_rows("softmax", "rows of a dense matrix, each read while it is in cache");
  if (as<CrossEntropy>(op)) return by_rows("cross_entropy", "rows of a dense matrix, each read while it is in cache");
  if (as<SumTo>(op) || as<Mean>(op)) return by_rows("reduce", "sums in an order that the shape fixes");
  return {"reference", head_workspace(step), true, predicted(elements * reference_ns_per_element),
          "no kernel for " + std::string(op->name()) + ": its own definition runs"};
}

}  // namespace vitrine
