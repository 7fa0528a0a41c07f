#include "tools/compiled.hpp"

#include <algorithm>
#include <thread>

#include "compiler/compile.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/isa.hpp"

namespace vitrine {

Program compiled(Graph graph, States& states, Pool& pool, std::span<const Pass> passes) {
  optimize(graph, passes);
  const Isa isa = best_isa();
  return Program(compile(graph, CpuTarget(isa)), states, pool, isa);
}

int thread_count(int asked) {
  return asked > 0 ? asked : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace vitrine
