#pragma once
#include <map>

#include "vitrine/graph.hpp"
#include "vitrine/kernel.hpp"

namespace vitrine {

/// What a group's kernel finds outside of itself, by node id.
struct KernelSources {
  std::map<std::uint32_t, std::uint16_t> inputs;  // which kernel input holds the node's value
  std::map<std::uint32_t, float> numbers;         // scalars that are known: they become instructions
};

/// The scalar kernel of elementwise nodes, given operands before users: every op's formula, put together, equal
/// instructions computed once. Renames among the nodes are the operand itself. `stored` are the results, in order; each
/// is one of the nodes or a kernel input. Throws InternalError if an operand is in neither nodes nor sources.
Kernel kernel_of(Operands nodes, const KernelSources&, Operands stored);

/// One instruction that hands on kernel input 0.
Kernel copying_kernel();

}  // namespace vitrine
