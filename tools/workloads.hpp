#pragma once
#include <functional>
#include <span>
#include <string>

#include "vitrine/graph.hpp"

namespace vitrine {

/// What `bench` times. Its f32 inputs are images or plain numbers, its i32 inputs labels or tokens.
struct Workload {
  std::string name, what;
  std::function<Graph()> graph{};       // none: no graph, but a copy of as many bytes as W5gelu reads and writes
  bool in_use = false;                  // compiled as a model in use, and not as a training step
  double operations = 0;                // of a matrix product, whose speed is told instead of its time
  bool of_a_milestone = false;          // whose inputs may want other numbers than the workloads'
  std::size_t prompt = 0, written = 0;  // tokens of a text that a language model reads, then writes; 0: it does not
  bool cached = false;                  // going on from what it kept
  double bytes = 0;                     // that are read, whose speed is told
  bool if_named = false;                // it takes minutes: only for who asks for it
  std::string scheme{};                 // its weights in few bits (compiler/quantization.hpp); empty: f32
};

/// What is told of a run that took so many milliseconds: GFLOP/s, GB/s, tokens a second, or they.
double told(const Workload&, double milliseconds);
/// In which unit.
std::string unit_of(const Workload&);

std::span<const Workload> workloads();

/// The two stages of W3m's graph, and of that of a language model of another size: a trace, and its training step.
Graph trace_w3m();
Graph language_step(const Graph& traced);

/// Sizes of the machine as language models meet them: how many floats W4read reads.
inline constexpr std::size_t very_long_array = std::size_t{1} << 27;
/// How many floats W5gelu and W5copy read, and write.
inline constexpr std::size_t long_array = std::size_t{1} << 24;

}  // namespace vitrine
