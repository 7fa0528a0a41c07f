#pragma once
// Language models of a few hundred parameters, and numbers for every leaf of a graph.
#include <random>

#include "compiler/compile.hpp"
#include "compiler/optimizers.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "tests/named_values.hpp"
#include "tools/compiled.hpp"
#include "vitrine/error.hpp"
#include "vitrine/models/gpt.hpp"
#include "vitrine/models/llama.hpp"
#include "vitrine/trace.hpp"

namespace vitrine {

namespace small {

constexpr Axis batch{"batch", 3}, time{"time", 8}, token{"token", 7}, width{"width", 8}, head{"head", 2}, kv{"kv", 1},
    wide{"wide", 6};

using SmallGpt = Gpt<batch, time, token, width, head, 2>;
using SmallLlama = Llama<batch, time, token, width, head, kv, wide, 2>;

/// Four heads, of which two share a key and a value.
constexpr Axis four{"head", 4}, pair{"kv", 2};
using GroupedLlama = Llama<batch, time, token, width, four, pair, wide, 2>;

inline Graph gpt() { return trace_language_model(SmallGpt{}, "gpt"); }
inline Graph grouped_llama() { return trace_language_model(GroupedLlama{}, "grouped"); }
inline Graph llama() { return trace_language_model(SmallLlama{}, "llama"); }

}  // namespace small

/// Numbers from -0.8 to 0.8 for every input and state of a graph, the same for leaves of one name; tokens below
/// `kinds`.
inline Named some_leaves(const Graph& graph, std::size_t kinds = small::token.size) {
  Named made;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input && v.node().leaf != Leaf::state) continue;
    std::vector<double> numbers(v.type().shape.elements());
    std::mt19937 random(static_cast<unsigned>(std::hash<std::string>()(v.node().name)));
    for (double& x : numbers)
      x = v.type().dtype == DType::i32 ? static_cast<double>(random() % kinds)
                                       : static_cast<double>(random() % 1601) / 1000 - 0.8;
    made.emplace_back(v.node().name, numbers);
  }
  return made;
}

/// Those of one leaf.
inline const std::vector<double>& of_leaf(const std::string& name, const Named& given) {
  for (const auto& [each, numbers] : given)
    if (each == name) return numbers;
  throw UsageError("no leaf is named " + name);
}

/// Every f32 output of a graph through all passes, its inputs and states given by name.
inline std::map<std::string, std::vector<double>> run_on(const Graph& graph, const Named& given, int threads = 2) {
  Pool pool(threads);
  States states;
  const Values<float> held = leaves<float>(graph, given);
  Program program = compiled(graph, states, pool);
  for (Value v : graph.topological()) {
    if (v.node().leaf == Leaf::input) program.bind_input(v.node().name, held.at(v.id).data());
    if (v.node().leaf == Leaf::state && states.contains(v.node().name)) states.set(v.node().name, held.at(v.id));
  }
  program.run();
  std::map<std::string, std::vector<double>> made;
  for (const auto& [name, v] : graph.outputs()) {
    if (v.type().dtype != DType::f32) continue;
    const auto bytes = program.output(name);
    const auto* const from = reinterpret_cast<const float*>(bytes.data());
    made[name] = {from, from + bytes.size() / sizeof(float)};
  }
  return made;
}

/// Every f32 output of a graph by definition, in double.
inline std::map<std::string, std::vector<double>> reference_on(const Graph& graph, const Named& given) {
  const auto values = evaluate<double>(graph, leaves<double>(graph, given));
  std::map<std::string, std::vector<double>> made;
  for (const auto& [name, v] : graph.outputs())
    if (v.type().dtype == DType::f32) made[name] = numbers<double>(values, v);
  return made;
}

}  // namespace vitrine
