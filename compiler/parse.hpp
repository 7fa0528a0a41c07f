#pragma once
#include "vitrine/graph.hpp"

namespace vitrine {

/// Reads what print(Graph) writes (grammar: compiler/README.md). Every type is inferred again and compared with the one
/// written down. Throws InputError: "<source>:<line>:<column>: expected ..., found ...".
Graph parse(std::string_view text, std::string_view source = "graph");

}  // namespace vitrine
