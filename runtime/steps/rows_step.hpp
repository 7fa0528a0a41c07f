#pragma once
#include "vitrine/plan.hpp"

namespace vitrine {

/// Whether the kernel that writes rows into a cache wants dense operands: new rows may lie apart, as heads that were
/// cut out of [batch, time, width] do.
bool write_rows_wants_dense(const Step&);

}  // namespace vitrine
