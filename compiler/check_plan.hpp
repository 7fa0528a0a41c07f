#pragma once
#include "vitrine/plan.hpp"

namespace vitrine {

/// Runs a plan on imaginary memory in which every byte remembers whose value it holds, and throws InternalError, naming
/// the values, the steps and the bytes, if a step reads bytes that nobody wrote or that hold another value than it was
/// meant to read, writes what it still reads at another element, writes an input or a constant, or leaves the arena, or
/// if an output is not there at the end; or if of the kernels of a sweep one needs another. Shares no code with
/// the planner.
void check_plan(const Plan&);

}  // namespace vitrine
