#pragma once
// A model's graph at any point of its compilation.
#include <map>

#include "tools/commands/commands.hpp"
#include "tools/point.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

struct GraphAt {
  Graph graph{};
  std::string where{};                              // "after fold_transposes", "before any pass"
  std::string run{};                                // which compilation it is a point of, in words
  bool early = false;                               // and a point that several compilations begin with
  std::map<std::uint32_t, std::uint32_t> became{};  // of every node that was replaced in it: by which
};

/// Of a project, `step` picks the graph: "train" or "forward". A pass that changed nothing left the graph as the passes
/// before it had. UsageError, which begins with `command`, for a point that is not there.
GraphAt graph_at(const Projects&, const std::string& model, const std::string& step, const Point&,
                 const std::string& command);

/// Whether an id means the same node in both, which are graphs of one model and one step.
bool share_ids(const GraphAt&, const GraphAt&);

}  // namespace vitrine
