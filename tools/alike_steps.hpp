#pragma once
#include "tools/profile.hpp"

namespace vitrine {

/// Steps that do the same in blocks that are alike: one kernel and the same ops, operations and bytes, in modules that
/// differ in numbers only.
struct AlikeSteps {
  std::vector<std::size_t> steps{};              // indices into Profile::steps
  std::string module{};                          // "blocks.*.mlp"
  double nanoseconds = 0, limit = 0, share = 0;  // of all of them
};

/// All steps of a profile in such sets, the one that takes most first.
std::vector<AlikeSteps> alike_steps(const Profile&);

}  // namespace vitrine
