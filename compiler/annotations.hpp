#pragma once
#include "vitrine/graph.hpp"

namespace vitrine {

/// What a text says of a node beside op, operands and type. Only the parser, specialize, reduce and quantized set it.
class Annotations {
 public:
  static void set(Value v, Location at, Phase phase, std::vector<std::uint32_t> origin, std::uint32_t group) {
    Node& node = v.graph->edit(v);
    node.at = std::move(at);
    node.phase = phase;
    node.origin = std::move(origin);
    v.graph->put_in_group(v, group);
  }
};

}  // namespace vitrine
