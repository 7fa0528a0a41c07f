#pragma once
#include <functional>
#include <span>
#include <string>

#include "vitrine/graph.hpp"

namespace vitrine {

/// What `bench` times. Its f32 inputs are images or plain numbers, its i32 inputs labels or tokens.
struct Workload {
  std::string name, what;
  std::function<Graph()> graph{};  // none: no graph, but a copy of as many bytes as W5gelu reads and writes
  bool in_use = false;             // compiled as a model in use, and not as a training step
  double operations = 0;           // of a matrix product, whose speed is told instead of its time
  bool of_a_milestone = false;     // whose inputs may want other numbers than the workloads'
};

std::span<const Workload> workloads();

/// The two stages of W3m's graph, and of that of a language model of another size: a trace, and its training step.
Graph trace_w3m();
Graph language_step(const Graph& traced);

/// How many floats W5gelu and W5copy read, and write.
inline constexpr std::size_t long_array = std::size_t{1} << 24;

}  // namespace vitrine
