#include "runtime/cpu_target.hpp"

#include <algorithm>

#include "runtime/kernel_part.hpp"
#include "runtime/provider_table.hpp"
#include "runtime/steps/attention_step.hpp"
#include "runtime/steps/convolution_step.hpp"
#include "runtime/steps/gemm_step.hpp"
#include "runtime/steps/pooled_gradient_step.hpp"
#include "runtime/steps/quantized_product_step.hpp"
#include "runtime/steps/rows_step.hpp"
#include "vitrine/ops/attention_at.hpp"
#include "vitrine/ops/avg_pool2d.hpp"
#include "vitrine/ops/concat.hpp"
#include "vitrine/ops/conv2d.hpp"
#include "vitrine/ops/cross_entropy.hpp"
#include "vitrine/ops/dropout.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/log_softmax.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/max_pool2d.hpp"
#include "vitrine/ops/max_to.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/rotary.hpp"
#include "vitrine/ops/row_norm.hpp"
#include "vitrine/ops/softmax.hpp"
#include "vitrine/ops/sum_to.hpp"
#include "vitrine/ops/take_rows.hpp"
#include "vitrine/ops/variance.hpp"
#include "vitrine/ops/write_rows.hpp"

namespace vitrine {

namespace {

// One core of a server of 2020, in round figures: predictions rank steps, they do not time them.
constexpr double memory_bytes_per_ns = 20;      // read or written
constexpr double cache_bytes_per_ns = 50;       // of a step that moves no more than the next line says
constexpr double cache_bytes = 4 << 20;         // of a core, its share of the last one among them
constexpr double scattered_bytes_per_ns = 8;    // of what does not lie side by side
constexpr double touch_ns = 80;                 // a tensor that is in no cache
constexpr double row_ns = 30;                   // beginning and end of a row
constexpr double row_ns_per_element = 0.5;      // exp, sum and division of a softmax
constexpr double sum_ns_per_element = 0.05;     // an addition
constexpr double reference_ns_per_element = 2;  // an op's own loop
constexpr double norm_ns_per_element = 0.2;     // two sums, one pass after them
constexpr double start_ns = 150;                // handing out chunks
constexpr double least_tile = 256;              // elements for which an instruction of a kernel takes no less

double multiply_adds_per_ns(Isa isa) { return isa == Isa::avx512 ? 50 : isa == Isa::avx2 ? 25 : 4; }
double whole_multiply_adds_per_ns(Isa isa) { return isa == Isa::avx512 ? 200 : isa == Isa::avx2 ? 25 : 10; }
double kernel_ns_per_instruction(Isa isa) { return isa == Isa::avx512 ? 0.04 : isa == Isa::avx2 ? 0.06 : 0.2; }

/// Whether its elements are there once each and yet not one after the other.
bool is_scattered(const Slot& slot) {
  for (int i = 0; i < slot.type.shape.rank(); ++i)
    if (slot.type.shape[i].size > 1 && slot.strides[static_cast<std::size_t>(i)] == 0) return false;
  return !is_dense(slot);
}

/// Time to read and write what a step has to.
double memory_ns(const Step& step) {
  double bytes = 0, scattered = 0, tensors = 0;
  for (const auto* slots : {&step.operands, &step.results})
    for (const Slot& slot : *slots) {
      bytes += static_cast<double>(slot.type.bytes());
      if (!step.head && is_scattered(slot)) scattered += static_cast<double>(slot.type.bytes());
      ++tensors;
    }
  const double fast = bytes <= cache_bytes ? cache_bytes_per_ns : memory_bytes_per_ns;
  return tensors * touch_ns + (bytes - scattered) / fast + scattered / scattered_bytes_per_ns;
}

double count(const Shape& shape) { return static_cast<double>(shape.elements()); }

}  // namespace

std::optional<Contraction> contraction_of(const Step& step) {
  if (!step.head) return {};
  const Op* const op = &*step.head;
  if (as<Matmul>(op)) return gemm_contraction(step);
  if (as<Conv2d>(op) || as<Conv2dInputGradient>(op) || as<Conv2dWeightGradient>(op))
    return convolution_contraction(step);
  return {};
}

bool CpuTarget::prefers_onednn(const Contraction& work) const {
  if (provider_ != Provider::automatic) return provider_ == Provider::onednn;
  return faster_provider(provider_speeds(isa_), work) == Provider::onednn;
}

Choice CpuTarget::choose(const Step& step) const {
  Choice made = own(step);
  const auto work = contraction_of(step);
  if (!work || provider_ == Provider::own) return made;
  // What the table knows was measured with matrices as they are.
  if (made.packing && provider_ == Provider::automatic) return made;
  const std::string table = provider_ == Provider::automatic ? reason_for(provider_speeds(isa_), *work) : "";
  if (!prefers_onednn(*work)) {
    made.reason += "; " + table;
    return made;
  }
  if (const auto workspace =
          work->is_product() ? onednn_gemm_step_workspace(step) : onednn_convolution_step_workspace(step)) {
    made.packing = {};
    made.kernel = work->is_product() ? "onednn_gemm" : "onednn_convolution";
    made.workspace = *workspace;
    made.reason = provider_ == Provider::onednn ? "oneDNN was asked for" : "oneDNN is faster: " + table;
  } else {
    made.reason +=
        onednn_missing().empty() ? "; oneDNN has no fast loops for these sizes and strides" : "; oneDNN is not here";
  }
  return made;
}

Choice CpuTarget::own(const Step& step) const {
  const double moving_ns = memory_ns(step);
  const double kernel_ns = step.kernel ? std::max(count(step.iteration), least_tile) *
                                             static_cast<double>(step.kernel->instructions.size()) *
                                             kernel_ns_per_instruction(isa_)
                                       : 0;
  const auto predicted = [&](double head_ns) { return start_ns + std::max(moving_ns, head_ns + kernel_ns); };
  if (!step.head && !step.sinks.empty())
    return {
        .kernel = "sinks",
        .nanoseconds = predicted(count(step.iteration) * sum_ns_per_element * static_cast<double>(step.sinks.size())),
        .reason = "elementwise, and reduced as it is made: one pass"};
  if (!step.head)
    return {.kernel = "elementwise", .nanoseconds = predicted(0), .reason = "elementwise only: one pass over tiles"};

  const Op* const op = &*step.head;
  const double elements = step.operands.empty() ? 1 : count(step.operands[0].type.shape);
  const auto by_rows = [&](const char* name, const char* reason, int overwrites = -1) {
    const Shape& shape = step.operands[0].type.shape;
    const double row = shape.rank() > 0 ? static_cast<double>(shape[shape.rank() - 1].size) : 1;
    const double rows_ns = row > 0 ? elements / row * row_ns + elements * row_ns_per_element : 0;
    return Choice{name, head_workspace(step), true, predicted(rows_ns), reason, overwrites};
  };
  const auto by_elements = [&](const char* name, double ns, const char* reason, int overwrites = -1) {
    return Choice{name, head_workspace(step), true, predicted(elements * ns), reason, overwrites};
  };
  const auto by_bytes = [&](const char* name, const char* reason) {
    return Choice{name, head_workspace(step), true, predicted(0), reason};
  };
  if (as<Matmul>(op)) {
    Choice made{.kernel = "gemm",
                .nanoseconds = predicted(gemm_contraction(step).multiply_adds() / multiply_adds_per_ns(isa_)),
                .reason = "matrix product",
                .packing = gemm_step_packing(step, isa_)};
    made.workspace = gemm_step_workspace(step, isa_, bool(made.packing));
    if (made.packing) made.reason += " by a matrix that is packed once";
    if (step.kernel) made.reason += "; the kernel runs on each block while it is in cache";
    return made;
  }
  if (is_quantized_product(step)) {
    Choice made = choose_quantized_product(step, isa_);
    made.nanoseconds = predicted(quantized_product_multiply_adds(step) / whole_multiply_adds_per_ns(isa_));
    if (step.kernel) made.reason += "; the kernel runs on each block while it is in cache";
    return made;
  }
  if (as<Softmax>(op) || as<LogSoftmax>(op))
    return by_rows(as<Softmax>(op) ? "softmax" : "log_softmax",
                   "rows of a dense matrix, each read while it is in cache", 0);
  if (as<CrossEntropy>(op) || as<CrossEntropyGradient>(op))
    return by_rows("cross_entropy", "rows of a dense matrix, each read while it is in cache",
                   as<CrossEntropyGradient>(op) ? 0 : -1);
  if (as<Gather>(op) || as<ScatterAdd>(op)) {
    // Of a table only the rows that are picked.
    const double moved = as<Gather>(op) ? count(step.head_type.shape) : elements;
    return {"gather", head_workspace(step), true, predicted(moved * row_ns_per_element),
            "rows by index, each moved whole"};
  }
  if (as<SumTo>(op) || as<Mean>(op) || as<MaxTo>(op) || as<Variance>(op))
    return by_elements("reduce", sum_ns_per_element, "one axis after the other, in an order that the shape fixes");
  if (const auto workspace = convolution_step_workspace(step, isa_))
    return {"convolution", *workspace, true,
            predicted(convolution_contraction(step).multiply_adds() / multiply_adds_per_ns(isa_)),
            "the matrix product's loops over the image itself, no matrix of patches"};
  if (as<MaxPool2d>(op) || as<MaxPool2dPlace>(op) || as<MaxPool2dScatter>(op) || as<AvgPool2d>(op) ||
      as<AvgPool2dGradient>(op))
    return {"pooling", head_workspace(step), true, predicted(elements * sum_ns_per_element),
            "all channels of a window at once"};
  if (const auto workspace = pooled_gradient_step_workspace(step, isa_))
    return {"pooled_gradient", *workspace, true,
            predicted(pooled_gradient_multiply_adds(step) / multiply_adds_per_ns(isa_)),
            "of each window the one pixel that has a gradient, and none of the zeros around it"};
  if (as<RowNorm<true>>(op) || as<RowNorm<false>>(op) || as<RowNormScale<true>>(op) || as<RowNormScale<false>>(op))
    return by_elements("row_norm", norm_ns_per_element,
                       "rows of a dense matrix, mean and deviation read while they are in cache",
                       as<RowNorm<true>>(op) || as<RowNorm<false>>(op) ? 0 : -1);
  if (const auto workspace = attention_step_workspace(step))
    return {"attention", *workspace, attention_wants_dense(step),
            predicted(attention_multiply_adds(step) / multiply_adds_per_ns(isa_)),
            "tile by tile: no number for every pair of a query and a key is stored"};
  if (as<AttentionAt>(op))
    return {"attention_at", head_workspace(step), attention_wants_dense(step),
            predicted(attention_multiply_adds(step) / multiply_adds_per_ns(isa_)),
            "keys and values read in the cache, in blocks of 64 keys"};
  if (as<WriteRows>(op) || as<TakeRows>(op)) {
    // Not the cache, and not what is not taken.
    const Type& moved = as<WriteRows>(op) ? step.operands[1].type : step.head_type;
    const double ns = start_ns + 4 * touch_ns + 2 * static_cast<double>(moved.bytes()) / cache_bytes_per_ns;
    if (as<TakeRows>(op)) return {"take_rows", head_workspace(step), true, ns, "rows of each sequence, moved whole"};
    return {"write_rows",
            head_workspace(step),
            write_rows_wants_dense(step),
            ns,
            "new rows, written over a cache that nobody else reads",
            0};
  }
  if (as<Rotary>(op)) {
    const Slot& x = step.operands[0];
    const bool dense = x.strides[static_cast<std::size_t>(x.type.shape.rank() - 1)] != 1 || !is_dense(step.operands[1]);
    return {"rotary", head_workspace(step), dense, predicted(elements * sum_ns_per_element),
            "each row turned by cosines and sines that are made once"};
  }
  if (as<Concat>(op)) return by_bytes("concat", "rows of each operand, moved whole");
  if (as<Drop>(op))
    return by_elements("dropout", row_ns_per_element, "each element draws its own number, whatever thread it is on", 0);
  return {"reference", head_workspace(step), true, predicted(elements * reference_ns_per_element),
          "no kernel for " + std::string(op->name()) + ": its own definition runs"};
}

}  // namespace vitrine
