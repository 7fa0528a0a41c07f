#pragma once
#include "compiler/passes.hpp"
#include "runtime/program.hpp"
#include "runtime/provider.hpp"

namespace vitrine {

/// The whole way from a graph to a program: every pass, the plan, the kernels of the best instruction set here.
Program compiled(Graph graph, States&, Pool&, std::span<const Pass> passes = default_pipeline,
                 Provider provider = Provider::automatic);

/// "own", "onednn" or "auto", as --provider takes them. Throws InputError that begins with `command` where oneDNN is
/// asked for and missing.
Provider provider_named(std::string_view command, std::string_view name);

/// As many threads as were asked for; 0: as many as the machine has.
int thread_count(int asked);

}  // namespace vitrine
