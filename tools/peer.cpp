#include "tools/peer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "runtime/isa.hpp"
#include "tools/child_process.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr const char* program = "tools/peers/torch_peer.py";

/// Where the peer's program is: from a checkout, or beside the folder of the build that runs.
std::string find_program() {
  std::error_code none;
  const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe", none);
  for (const auto& base : {std::filesystem::path("."), here.parent_path() / ".."})
    if (std::filesystem::exists(base / program, none)) return (base / program).string();
  throw InputError(fmt::format("bench --peers: there is no {} here; run it in a checkout of the sources", program));
}

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
  if (!has_avx512()) return {"Haswell"};
  if (!__builtin_cpu_supports("avx512bf16")) return {"SkylakeX"};
  return {"Cooperlake", "Sapphirerapids"};
}

}  // namespace

std::vector<Measured> peers_of(const std::string& work) {
  std::vector<std::string> variants;
  if (work == "W1a") variants = {"eager", "script"};
  if (work == "W1b") variants = {"eager", "eager, one heap", "script, one heap"};
  if (work == "W2") variants = {"eager, one heap", "script, one heap", "channels_last", "channels_last, one heap"};
  if (work == "W3s" || work == "W3m") {
    variants = {"eager, one heap", "script, one heap"};
    if (has_avx512())
      variants.insert(variants.end(), {"eager, avx512", "eager, avx512, one heap", "script, avx512, one heap"});
  }
  std::vector<std::string> all = variants;
  for (const std::string& core : core_types())
    for (const std::string& variant : variants) all.push_back(variant + ", " + core);
  std::vector<Measured> made;
  for (const std::string& variant : all)
    for (const int threads : {1, 2})
      made.push_back({.work = work, .peer = "torch", .variant = variant, .unit = "ms", .threads = threads});
  return made;
}

std::vector<std::string> peer_command(const Measured& peer, int samples) {
  std::vector<std::string> command{"env"};
  // Settings of the user's own shell could slow a peer down.
  for (const char* name : {"OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OMP_PROC_BIND",
                           "OMP_WAIT_POLICY", "MKL_NUM_THREADS", "ATEN_CPU_CAPABILITY"})
    command.insert(command.end(), {"-u", name});
  // At two threads PyTorch's two pools of threads clash; OpenBLAS built with OpenMP shares the one.
  command.push_back("LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/openblas-openmp");
  for (const Setting& setting : settings())
    if ((peer.variant + ", ").find(fmt::format(", {}, ", setting.name)) != std::string::npos)
      command.insert(command.end(), setting.variables.begin(), setting.variables.end());
  command.insert(command.end(),
                 {"/usr/bin/python3", find_program(), peer.work, peer.variant.substr(0, peer.variant.find(',')),
                  std::to_string(peer.threads), std::to_string(samples)});
  return command;
}

std::vector<Measured> fastest(std::vector<Measured> peers, std::size_t count) {
  const auto least = [](const Measured& peer) { return std::ranges::min(peer.samples); };
  std::ranges::stable_sort(peers, {}, least);
  std::map<int, std::size_t> kept;  // by number of threads
  std::erase_if(peers, [&](const Measured& peer) { return ++kept[peer.threads] > count; });
  for (Measured& peer : peers) peer.samples.clear();
  return peers;
}

void measure_peer(Measured& peer, int samples) {
  const Finished done = run_child(peer_command(peer, samples), "", std::chrono::minutes(5));
  if (done.how != Finished::How::exited || done.status != 0)
    throw InputError(
        fmt::format("bench --peers: PyTorch did not run {} ({}): {}; install Debian's python3-torch and "
                    "libopenblas0-openmp, or leave --peers out",
                    peer.work, peer.variant, done.err.substr(0, 300)));
  const auto numbers = nlohmann::json::parse(done.out, nullptr, false);
  if (!numbers.is_object() || !numbers.contains("samples"))
    throw InputError(fmt::format("bench --peers: {} printed no samples but: {}", program, done.out.substr(0, 200)));
  for (const double sample : numbers["samples"]) peer.samples.push_back(sample);
}

}  // namespace vitrine
