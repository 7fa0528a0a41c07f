#pragma once
// The course that Vitrine's audit is about, and which of its modules a node of a graph belongs to. The modules are
// those numbered 01 to 13, in the order of the course's own audit (milestones/MODULE_AUDIT.md of MLSysBook/TinyTorch,
// commit cbf553f1 of 2025-10-28), whose four questions `vitrine audit` asks again.
#include <array>
#include <set>
#include <string_view>

#include "vitrine/graph.hpp"

namespace vitrine {

enum class Module : std::uint8_t {
  tensor,
  activations,
  layers,
  losses,
  autograd,
  optimizers,
  training,
  dataloader,
  spatial,
  tokenization,
  embeddings,
  attention,
  transformers
};
inline constexpr std::size_t module_count = 13;

struct CourseModule {
  Module module;
  std::string_view name;
  std::string_view unseen;  // what of it no trace shows, and where that is; empty if traces show it all
};
/// In the order of their numbers.
const std::array<CourseModule, module_count>& course();

/// The one module that an op belongs to. An op that no other module claims is an activation or a loss by its kind, or
/// the tensor's.
Module module_of(const OpInfo&);

/// Which module each node of a project's graphs works for.
class Workers {
 public:
  explicit Workers(const Graph& forward);
  /// Autograd if the node is part of a gradient, optimizers if it is part of an update, else its op's module. But what
  /// is the tensor's counts for layers where a layer traced it, and for losses where only the output "loss" needs it.
  /// The node may be one that gradients or passes made of the forward graph's.
  Module operator()(Value) const;

 private:
  std::set<std::uint32_t> for_the_loss_;
};

/// The names of the ops that `module` claims by name, for tests: each must be an op, and claimed once.
std::vector<std::string_view> claimed_by(Module);

}  // namespace vitrine
