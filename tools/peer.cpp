#include "tools/peer.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

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

/// A variant "script, one heap" is PyTorch's "script" with an allocator that hands no memory back, which spares it the
/// page faults of large tensors.
constexpr std::string_view one_heap = ", one heap";

/// At two threads PyTorch's two pools of threads clash; OpenBLAS built with OpenMP shares the one. Settings of the
/// user's own shell could slow a peer down.
std::vector<std::string> command_of(const Measured& peer, int samples) {
  std::vector<std::string> command{"env"};
  for (const char* name : {"OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OMP_PROC_BIND",
                           "OMP_WAIT_POLICY", "MKL_NUM_THREADS"})
    command.insert(command.end(), {"-u", name});
  command.push_back("LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/openblas-openmp");
  std::string variant = peer.variant;
  if (variant.ends_with(one_heap)) {
    variant.resize(variant.size() - one_heap.size());
    command.insert(command.end(),
                   {"MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=17179869184", "MALLOC_TOP_PAD_=268435456"});
  }
  command.insert(command.end(), {"/usr/bin/python3", find_program(), peer.work, variant, std::to_string(peer.threads),
                                 std::to_string(samples)});
  return command;
}

}  // namespace

std::vector<Measured> peers_of(const std::string& work) {
  std::vector<std::string> variants;
  if (work == "W1a") variants = {"eager", "script"};
  if (work == "W1b") variants = {"eager", "eager, one heap", "script, one heap"};
  if (work == "W2") variants = {"eager, one heap", "script, one heap", "channels_last", "channels_last, one heap"};
  std::vector<Measured> made;
  for (const std::string& variant : variants)
    for (const int threads : {1, 2})
      made.push_back({.work = work, .peer = "torch", .variant = variant, .unit = "ms", .threads = threads});
  return made;
}

void measure_peer(Measured& peer, int samples) {
  const Finished done = run_child(command_of(peer, samples), "", std::chrono::minutes(5));
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
