#pragma once
#include "compiler/rewrite_trial.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"

namespace vitrine {

/// A graph as it stands, compiled and loaded with states of its own.
class LoadedGraph {
 public:
  LoadedGraph(const Graph& graph, Pool& pool, const Target& target);

  /// Runs once from these leaves; somebody may look on.
  Values<float> run(const Values<float>& leaves, Watcher* = nullptr);

 private:
  Graph graph_;
  States states_{};
  Program program_;
};

/// What certificates run graphs with.
Loader loader(Pool&, const Target&);

}  // namespace vitrine
