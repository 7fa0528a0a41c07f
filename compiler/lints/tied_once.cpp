// A parameter that its model declares tied, as an embedding that makes the scores too, and that is used once: the other
// use was forgotten, or has a parameter of its own.
//   state %tokens.weight = normal(1) tied, read by one gather   => 'tokens.weight'
#include "compiler/lint.hpp"

namespace vitrine {

namespace {

/// How many nodes compute with a value, where another look at it (a transpose, another name) is none.
std::size_t uses_of(const Graph& graph, Value v) {
  std::size_t count = 0;
  for (Value user : graph.users(v)) {
    const bool only_looks = user.op()->info->view || user.op()->info->walk;
    count += only_looks ? uses_of(graph, user) : 1;
  }
  return count;
}

}  // namespace

void tied_once(const Linted& model, Findings& found) {
  for (Value v : model.graph.topological())
    if (v.node().leaf == Leaf::state && v.node().init.tied)
      if (const std::size_t uses = uses_of(model.graph, v); uses < 2)
        found.push_back(finding_at("tied_once", v,
                                   fmt::format("it is declared tied, but used in {}", uses ? "one place" : "no place"),
                                   "use it in the other place too, as Embedding::scores does, or do not declare it"));
}

}  // namespace vitrine
