#pragma once
// What a user would run instead: other frameworks on the same workload, in processes of their own.
#include "tools/measured.hpp"

namespace vitrine {

/// The ways in which a peer is run on a workload, without samples: each is fast somewhere, and only the best counts.
/// None for a workload that no peer knows.
std::vector<Measured> peers_of(const std::string& work);

/// The words of the command that runs a peer once: `env` with what its variant asks for, and the program.
std::vector<std::string> peer_command(const Measured&, int samples);

/// Of peers with a sample or more, those with the least, `count` of them at each number of threads; the samples go.
std::vector<Measured> fastest(std::vector<Measured> peers, std::size_t count);

/// Runs the peer once, in a process of its own, and adds `samples` samples. Throws InputError if it is not installed or
/// tools/peers is not to be found from here.
void measure_peer(Measured&, int samples);

}  // namespace vitrine
