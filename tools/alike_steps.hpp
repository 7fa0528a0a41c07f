#pragma once
#include "tools/profile.hpp"

namespace vitrine {

/// "blocks.3.mlp" and "blocks.12.mlp" as "blocks.*.mlp".
std::string without_numbers(const std::string& module);

/// Steps that do the same in blocks that are alike: one kernel and the same ops, operations and bytes, in modules that
/// differ in numbers only.
struct AlikeSteps {
  std::vector<std::size_t> steps{};              // indices into Profile::steps
  std::string module{};                          // "blocks.*.mlp"
  double nanoseconds = 0, limit = 0, share = 0;  // of all of them
};

/// All steps of a profile in such sets, the one that takes most first.
std::vector<AlikeSteps> alike_steps(const Profile&);

/// Refused fusions between steps that are alike, for the same reason in the compiler and of the same size.
struct AlikeFusions {
  std::vector<const RefusedFusion*> fusions{};
  std::string from{}, to{};  // "blocks.*.mlp"
  double nanoseconds = 0;    // that all of them would save
};

/// All refused fusions of a profile in such sets, the one that would save most first. They point into the profile.
std::vector<AlikeFusions> alike_fusions(const Profile&);

}  // namespace vitrine
