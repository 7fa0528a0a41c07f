#include "tools/compiled.hpp"

#include <algorithm>
#include <thread>

#include "compiler/compile.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/isa.hpp"

namespace vitrine {

Program compiled(Graph graph, States& states, Pool& pool, std::span<const Pass> passes, Provider provider) {
  optimize(graph, passes);
  const Isa isa = best_isa();
  return Program(compile(graph, CpuTarget(isa, provider)), states, pool, isa);
}

Provider provider_named(std::string_view command, std::string_view name) {
  if (name == "own") return Provider::own;
  if (name == "auto") return Provider::automatic;
  if (!onednn_missing().empty()) throw InputError(std::string(command) + ": --provider onednn: " + onednn_missing());
  return Provider::onednn;
}

int thread_count(int asked) {
  return asked > 0 ? asked : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace vitrine
