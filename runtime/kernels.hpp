#pragma once
// The list of kernels. Adding one: write steps/<name>_step.cpp, declare it and name it in kernels.cpp. A kernel is made
// ready once (prepare), told where its tensors are (place), and then run as often as wanted.
#include <memory>
#include <string_view>

#include "runtime/isa.hpp"
#include "runtime/memory.hpp"
#include "runtime/pool.hpp"

namespace vitrine {

class ElementwiseWork;

/// What steps run on.
struct Machine {
  Pool& pool;
  Isa isa;
};

class PreparedStep {
 public:
  PreparedStep() = default;
  PreparedStep(const PreparedStep&) = delete;
  PreparedStep& operator=(const PreparedStep&) = delete;
  virtual ~PreparedStep() = default;
  /// Takes up addresses: when the program is loaded, and again when an input that the step reads moves.
  virtual void place(const Memory&) = 0;
  virtual void run() = 0;
  /// What the step consists of if it is one kernel and no more, which may then run with others of its sweep. Of a step
  /// that has been placed.
  virtual const ElementwiseWork* work() const { return nullptr; }
};

/// The step outlives what is made of it.
using Prepare = std::unique_ptr<PreparedStep> (*)(const Step&, const Machine&);

/// Throws InternalError for a name that is not in the list.
Prepare find_kernel(std::string_view name);

std::unique_ptr<PreparedStep> prepare_gemm(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_onednn_gemm(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_pack_matrix(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_pack_transposed(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_quantized_product(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_pack_quantized(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_elementwise(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_sinks(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_softmax(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_log_softmax(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_cross_entropy(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_reduce(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_convolution(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_onednn_convolution(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_pooling(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_pooled_gradient(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_row_norm(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_dropout(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_gather(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_attention(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_attention_at(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_rotary(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_write_rows(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_take_rows(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_concat(const Step&, const Machine&);
std::unique_ptr<PreparedStep> prepare_reference(const Step&, const Machine&);

}  // namespace vitrine
