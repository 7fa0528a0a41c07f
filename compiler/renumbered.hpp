#pragma once
#include "vitrine/graph.hpp"

namespace vitrine {

/// The same graph as if it had been traced so: without dead nodes, numbered as its nodes stand in order, made of
/// nothing. Names, lines and modules stay.
Graph renumbered(const Graph&);

}  // namespace vitrine
