#pragma once
// In which ways a peer is run on a workload: each is fast somewhere, and only the best counts.
#include "tools/measured.hpp"

namespace vitrine {

/// What a variant of PyTorch's name is made of: "script, one heap, SkylakeX" is the model scripted, then settings of
/// the environment. The last of them may be what OpenBLAS is told to take the processor for.
struct TorchVariants {
  std::vector<std::string> ways{};   // without that last one
  std::vector<std::string> cores{};  // where products are part of the work: what may stand last, "" for nothing first
};
/// No ways for a workload that PyTorch does not run.
TorchVariants torch_variants(const std::string& work);
std::string with_core(const std::string& way, const std::string& core);

/// ONNX Runtime's, none for a workload that it does not run.
std::vector<std::string> onnxruntime_variants(const std::string& work);

/// The variables of the environment that a variant asks for: "ATEN_CPU_CAPABILITY=avx512".
std::vector<std::string> variables_of(const std::string& variant);

/// Weights in 8 bits make other numbers than ours: worth a look, but no measure of the same work.
bool in_eight_bits(const Measured&);

/// A workload whose own numbers have eight bits ends so, and is to peers the workload before it.
inline constexpr std::string_view ending_of_eight_bits = "_int8";
std::string name_for_peers(const std::string& work);

}  // namespace vitrine
