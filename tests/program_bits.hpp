#pragma once
// A graph's outputs as a compiled program makes them, to the bit, beside the reference's.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>

#include "compiler/compile.hpp"
#include "compiler/passes.hpp"
#include "compiler/reference.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"

namespace vitrine {

/// Every output of a graph without states, by name, as a program on this many threads makes it.
inline std::map<std::string, std::vector<std::byte>> run_compiled(const Graph& graph, const Values<float>& leaves,
                                                                  int threads = 2) {
  Pool pool(threads);
  States states(1);
  Program program(compile(graph, CpuTarget(best_isa())), states, pool, best_isa());
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::input) program.bind_input(v.node().name, leaves.at(v.id).data());
  program.run();
  std::map<std::string, std::vector<std::byte>> made;
  for (const auto& [name, v] : graph.outputs()) {
    const auto bytes = program.output(name);
    made[name] = {bytes.begin(), bytes.end()};
  }
  return made;
}

/// Every NaN as one NaN: which payload an operation hands on is the processor's affair.
inline std::vector<std::byte> with_one_nan(const Type& type, std::vector<std::byte> bytes) {
  for (std::size_t i = 0; type.dtype == DType::f32 && i < type.shape.elements(); ++i) {
    float x = 0;
    std::memcpy(&x, &bytes[i * sizeof x], sizeof x);
    if (std::isnan(x)) x = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(&bytes[i * sizeof x], &x, sizeof x);
  }
  return bytes;
}

/// The program's outputs are the reference's, to the bit, with 1, 2 and 4 threads, before the passes and after them.
/// For graphs that round nothing, or in one order only.
inline void check_compiled_is_reference(Graph graph, const Values<float>& leaves) {
  const Values<float> wanted = evaluate<float>(graph, leaves);
  std::map<std::string, std::vector<std::byte>> reference;
  for (const auto& [name, v] : graph.outputs()) reference[name] = with_one_nan(v.type(), wanted.at(v.id));
  for (const bool optimized : {false, true}) {
    if (optimized) optimize(graph);
    for (const int threads : {1, 2, 4}) {
      auto made = run_compiled(graph, leaves, threads);
      for (const auto& [name, v] : graph.outputs()) {
        INFO(graph.name() << ": " << name << ", " << (optimized ? "after" : "before") << " the passes");
        CHECK(with_one_nan(v.type(), made.at(name)) == reference.at(name));
      }
    }
  }
}

}  // namespace vitrine
