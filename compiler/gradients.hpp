#pragma once
#include "vitrine/graph.hpp"

namespace vitrine {

/// Reverse-mode differentiation as graph -> graph: adds the nodes of d loss / d wrt and hands them out, one for each of
/// `wrt`, of exactly its type. Applied to its own results it gives higher derivatives.
/// Throws UsageError: the loss is no scalar, a value of `wrt` does not reach it, an op on the way has no derivative.
Gradients gradients(Value loss, Operands wrt);

}  // namespace vitrine
