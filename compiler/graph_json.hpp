#pragma once
#include <string>

#include "vitrine/graph.hpp"

namespace vitrine {

/// The whole graph as one JSON object, a line for each node, for other programs to read:
/// {"name", "nodes": [{"id", "op", "kind", "attributes", "operands", "type", ...}], "outputs": [{"name", "value"}],
/// "updates": [{"state", "next"}]}. A leaf has "leaf" ("input", "state", "constant") and "name" instead of an op;
/// constants of up to 64 elements have "elements", as text. Attributes are text in the notation of .vit. The same graph
/// gives the same bytes; bytes of a name that are no UTF-8 are U+FFFD.
std::string json(const Graph&);

}  // namespace vitrine
