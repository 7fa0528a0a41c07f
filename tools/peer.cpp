#include "tools/peer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tools/child_process.hpp"
#include "tools/onnx_models.hpp"
#include "tools/peer_variants.hpp"
#include "tools/workloads.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

namespace fs = std::filesystem;

/// OpenBLAS built with OpenMP.
constexpr const char* one_pool = "/usr/lib/x86_64-linux-gnu/openblas-openmp";

fs::path folder_of_this_program() {
  std::error_code none;
  return fs::read_symlink("/proc/self/exe", none).parent_path();
}

/// Where node looks for packages: where the user says, and beside this program.
std::string node_path() {
  const char* said = std::getenv("NODE_PATH");
  return fmt::format("NODE_PATH={}{}{}", said ? said : "", said ? ":" : "",
                     (folder_of_this_program() / "node_modules").string());
}

bool runs(const std::vector<std::string>& command) {
  const Finished done = run_child(command, "", std::chrono::seconds(30));
  return done.how == Finished::How::exited && done.status == 0;
}
bool has_module(const std::string& python, const std::string& module) {
  return runs({python, "-c", fmt::format("import importlib.util as u, sys; sys.exit(not u.find_spec('{}'))", module)});
}

/// Of a run that ended well: the numbers under `key`.
std::vector<double> numbers_of(const Finished& done, const Measured& peer, const char* key) {
  const auto printed = nlohmann::json::parse(done.out, nullptr, false);
  if (!printed.is_object() || !printed.contains(key) || !printed[key].is_array() || printed[key].empty())
    throw InputError(fmt::format("bench --peers: {} printed no {} for {} ({}) but: {}", peer.peer, key, peer.work,
                                 peer.variant, done.out.substr(0, 200)));
  return printed[key].get<std::vector<double>>();
}

/// Milliseconds in the unit that is told: themselves, or the speed of a work of so many operations.
double in_unit_of(const Measured& peer, double milliseconds) {
  if (!peer.more_is_better()) return milliseconds;
  const auto work = std::ranges::find(workloads(), std::string_view(peer.work), &Workload::name);
  return told(*work, milliseconds);
}

}  // namespace

std::string peer_missing(std::string_view peer, const PeerPrograms& programs) {
  if (peer == "torch") {
    if (has_module(programs.python, "torch") && fs::exists(one_pool)) return "";
    return "PyTorch is not here; install Debian's python3-torch and libopenblas0-openmp";
  }
  if (!has_module(programs.python, "onnx"))
    return "what writes ONNX Runtime's models is not here; install Debian's python3-onnx";
  if (!runs({"env", node_path(), programs.node, peers_folder() + "/ort_peer.mjs"}))
    return fmt::format(
        "ONNX Runtime is not here; install Debian's nodejs and npm, then: npm install --ignore-scripts --prefix {} "
        "onnxruntime-node",
        folder_of_this_program().string());
  return "";
}

std::string peers_folder() {
  std::error_code none;
  for (const fs::path& base : {fs::path("."), folder_of_this_program() / ".."})
    if (fs::exists(base / "tools/peers/torch_peer.py", none)) return (base / "tools/peers").string();
  throw InputError("bench --peers: there is no tools/peers/torch_peer.py here; run it in a checkout of the sources");
}

std::vector<std::string> peer_command(const Measured& peer, int samples, const std::string& models, bool bound) {
  std::vector<std::string> command{"env"};
  const auto add = [&](std::vector<std::string> words) { command.insert(command.end(), words.begin(), words.end()); };
  // Settings of the user's own shell could slow a peer down.
  for (const char* name : {"OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OMP_PROC_BIND",
                           "OMP_WAIT_POLICY", "MKL_NUM_THREADS", "ATEN_CPU_CAPABILITY"})
    add({"-u", name});
  const std::string count = std::to_string(samples), threads = std::to_string(peer.threads);
  add(variables_of(peer.variant));
  const std::string way = peer.variant.substr(0, peer.variant.find(','));
  if (peer.peer == "torch") {
    // At two threads PyTorch's two pools of threads clash; OpenBLAS built with OpenMP shares the one.
    add({std::string("LD_LIBRARY_PATH=") + one_pool});
    if (bound) add({"OMP_PROC_BIND=true"});
    add({PeerPrograms{}.python, peers_folder() + "/torch_peer.py", name_for_peers(peer.work), way, threads, count});
  } else {
    add({node_path(), PeerPrograms{}.node, peers_folder() + "/ort_peer.mjs", models, name_for_peers(peer.work), way,
         threads, count});
    if (bound) add({"bound"});
  }
  return command;
}

void measure_peer(Measured& peer, int samples, bool bound) {
  const std::string models = peer.peer == "torch" ? "" : onnx_models(name_for_peers(peer.work));
  const Finished done = run_child(peer_command(peer, samples, models, bound), "", std::chrono::minutes(5));
  if (done.how != Finished::How::exited || done.status != 0)
    throw InputError(fmt::format("bench --peers: {} did not run {} ({}): {}; leave --peers out, or name other works",
                                 peer.peer, peer.work, peer.variant, done.err.substr(0, 300)));
  for (const double sample : numbers_of(done, peer, "samples")) peer.samples.push_back(in_unit_of(peer, sample));
  for (const double busy : numbers_of(done, peer, "busy")) peer.busy.push_back(busy);
}

void measure_peer_undisturbed(Measured& peer, int samples) {
  Measured first = peer;
  first.samples.clear(), first.busy.clear();
  Measured second = first;
  measure_peer(first, samples);
  if (!had_its_threads(first.busy, peer.threads)) {
    measure_peer(second, samples, true);
    if (median(second.busy) > median(first.busy)) std::swap(first, second);
  }
  peer.samples.insert(peer.samples.end(), first.samples.begin(), first.samples.end());
  peer.busy.insert(peer.busy.end(), first.busy.begin(), first.busy.end());
}

}  // namespace vitrine
