#pragma once
// A graph's outputs as the compiled program makes them.
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/passes.hpp"
#include "compiler/reference.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"

namespace vitrine {

inline std::vector<float> floats(std::span<const std::byte> bytes) {
  std::vector<float> made(bytes.size() / sizeof(float));
  if (!made.empty()) std::memcpy(made.data(), bytes.data(), bytes.size());
  return made;
}

/// Every f32 output of the graph, through all passes, on one instruction set and one thread.
inline std::map<std::string, std::vector<float>> compiled(Graph graph, const Values<float>& leaves, Isa isa) {
  optimize(graph);
  Pool pool(1);
  States states;
  Program program(compile(graph, CpuTarget(isa)), states, pool, isa);
  for (const auto& [id, bytes] : leaves)
    if (const Value leaf = graph.find(id)) program.bind_input(leaf.node().name, bytes.data());
  program.run();
  std::map<std::string, std::vector<float>> made;
  for (const auto& [name, v] : graph.outputs())
    if (v.type().dtype == DType::f32) made[name] = floats(program.output(name));
  return made;
}

}  // namespace vitrine
