#pragma once
#include "compiler/draft.hpp"

namespace vitrine {

/// Where a tensor lies unread over the fullest step of the program and a kernel has made it from what lies there as
/// well, that kernel is run again just before the first reader behind, and the tensor dies before: a layer norm's gain
/// and bias are applied again to what the norm has stored, a permuted copy is made again. The bits are the same. What
/// is repeated takes less than a fiftieth of the predicted time, and is kept only if fewer bytes are alive then. Steps
/// have their kernels.
void repeat_steps(Draft&, const Target&);

}  // namespace vitrine
