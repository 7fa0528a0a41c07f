#pragma once
// What a user would run instead: other frameworks on the same workload, in processes of their own.
#include <array>

#include "tools/measured.hpp"

namespace vitrine {

/// PyTorch and ONNX Runtime.
inline constexpr std::array<std::string_view, 2> every_peer{"torch", "onnxruntime"};

/// The programs that peers are run by.
struct PeerPrograms {
  std::string python = "/usr/bin/python3";  // Debian's, whose PyTorch it is
  std::string node = "node";
};

/// Why a peer cannot run on this machine and what to install, as a sentence; empty if it can.
std::string peer_missing(std::string_view peer, const PeerPrograms& = {});

/// The folder of the peers' programs: in a checkout, or beside the folder of the build that runs. Throws InputError if
/// it is in neither.
std::string peers_folder();

/// The words of the command that runs a peer once: `env` with what its variant asks for, and the program. `models` is
/// the folder of ONNX Runtime's models. Bound, each of its threads has a core of its own for good.
std::vector<std::string> peer_command(const Measured&, int samples, const std::string& models = "", bool bound = false);

/// Runs the peer once, in a process of its own, and adds `samples` samples to it in the unit that it has. Throws
/// InputError if it does not run, or prints something else.
void measure_peer(Measured&, int samples, bool bound = false);

/// The same, and once more if it had too little of the processor, because of another program or because Linux left two
/// of its threads on one core; now they are bound. The samples are those of the run that had more.
void measure_peer_undisturbed(Measured&, int samples);

}  // namespace vitrine
