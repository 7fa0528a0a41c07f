#include "tools/peer_variants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/isa.hpp"

namespace vitrine {

namespace {

/// What stands behind a comma in a variant's name: settings of the environment, each fast somewhere and slow elsewhere.
struct Setting {
  std::string_view name;
  std::vector<std::string> variables;
};
const std::vector<Setting>& settings() {
  static const std::vector<Setting> all{
      // An allocator that hands no memory back spares PyTorch the page faults of large tensors.
      {"one heap", {"MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=17179869184", "MALLOC_TOP_PAD_=268435456"}},
      {"avx512", {"ATEN_CPU_CAPABILITY=avx512"}},  // PyTorch's own loops stay with AVX2 unless they are asked
      {"Cooperlake", {"OPENBLAS_CORETYPE=Cooperlake"}},
      {"Sapphirerapids", {"OPENBLAS_CORETYPE=Sapphirerapids"}},
      {"SkylakeX", {"OPENBLAS_CORETYPE=SkylakeX"}},
      {"Haswell", {"OPENBLAS_CORETYPE=Haswell"}}};
  return all;
}

bool has_avx512() { return best_isa() == Isa::avx512; }
/// Debian's OpenBLAS takes a CPU newer than itself for an old one, so it is also told what to take it for: kinds that
/// have no instruction which this machine lacks.
std::vector<std::string> core_types() {
  if (!has_avx512()) return {"", "Haswell"};
  if (!__builtin_cpu_supports("avx512bf16")) return {"", "SkylakeX"};
  return {"", "Cooperlake", "Sapphirerapids"};
}

}  // namespace

TorchVariants torch_variants(const std::string& work) {
  std::vector<std::string> ways;
  if (work == "W1a") ways = {"eager", "script"};
  if (work == "W1b") ways = {"eager, one heap", "eager", "script, one heap"};
  if (work == "W2") ways = {"eager, one heap", "script, one heap", "channels_last", "channels_last, one heap"};
  if (work == "W1a_fwd") ways = {"ofi", "eager"};
  if (work == "W1b_fwd") ways = {"ofi", "ofi, one heap", "eager, one heap", "qint8"};
  if (work == "W1b_fwd_int8") ways = {"qint8", "qint8, one heap"};
  if (work == "W2_fwd") ways = {"ofi, one heap", "ofi", "eager, one heap", "channels_last, one heap"};
  if (work == "W3s" || work == "W3m") ways = {"eager, one heap", "script, one heap"};
  if (work == "W5copy" || work == "W7" || work.starts_with("W6_")) ways = {"eager"};
  if (work == "W5gelu" || work == "W5gelu_tanh") ways = {"eager, one heap", "script, one heap", "eager"};
  if (work == "W5ln" || work == "W5sm") ways = {"eager, one heap", "eager"};
  if (has_avx512() && work.starts_with("W3"))
    ways.insert(ways.end(), {"eager, avx512", "eager, avx512, one heap", "script, avx512, one heap"});
  if (has_avx512() && work.starts_with("W5") && work != "W5copy") ways.push_back("eager, avx512, one heap");
  const bool multiplies = !work.starts_with("W5") && work != "W7";
  return {ways, multiplies ? core_types() : std::vector<std::string>{""}};
}

std::string with_core(const std::string& way, const std::string& core) {
  return core.empty() ? way : way + ", " + core;
}

std::vector<std::string> onnxruntime_variants(const std::string& work) {
  if (work == "W1b_fwd" || work == "W2_fwd") return {"fp32", "dynint8"};
  if (work == "W1b_fwd_int8") return {"dynint8"};
  if (work == "W1a_fwd" || work.starts_with("W6_")) return {"fp32"};
  if (work.starts_with("W5") && work != "W5copy") return {"fp32"};
  return {};
}

std::vector<std::string> variables_of(const std::string& variant) {
  std::vector<std::string> made;
  for (const Setting& setting : settings())
    if ((variant + ", ").find(fmt::format(", {}, ", setting.name)) != std::string::npos)
      made.insert(made.end(), setting.variables.begin(), setting.variables.end());
  return made;
}

bool in_eight_bits(const Measured& peer) {
  return peer.variant.find("int8") != std::string::npos && !peer.work.ends_with(ending_of_eight_bits);
}

std::string name_for_peers(const std::string& work) {
  return work.ends_with(ending_of_eight_bits) ? work.substr(0, work.size() - ending_of_eight_bits.size()) : work;
}

}  // namespace vitrine
