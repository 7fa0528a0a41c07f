#pragma once
// The course's module audit, answered from what the projects' graphs hold.
#include <map>

#include "compiler/cost.hpp"
#include "compiler/passes.hpp"
#include "tools/features.hpp"
#include "vitrine/project.hpp"

namespace vitrine {

/// A part of a training step after every pass.
struct Share {
  std::size_t nodes = 0;
  Cost cost{};
  Share& operator+=(const Share& o) { return nodes += o.nodes, cost += o.cost, *this; }
};

/// What the traces say to the four questions about one module.
struct ModuleAudit {
  Module module;
  bool seen = false;  // some op is its, or some node works for it: else no trace can answer for it
  // 1. Needed for a milestone? The projects with a node that works for it, or a forward node with
  // an op of it.
  std::vector<std::string> needed_by{};
  // 2. A concept of its own? The ops of it that some project's step reaches: those that are a formula, which map()
  // could write too, those that are not; and the ops that none reaches.
  std::vector<std::string_view> formulas{}, own_ops{}, not_needed{};
  // 3. Mergeable? Only if all that is reached of it are formulas: then into the module that reads most of its results.
  std::map<Module, std::size_t> read_by{};  // how many results
  bool merges = false;
  Module into = Module::tensor;
  // 4. Would dropping it hurt? The projects whose step, gradients and updates included, cannot be built without its
  // ops.
  std::vector<std::string> stops{};
  /// Where its ops work for others: the gradient of a product is made of products.
  std::map<Module, std::size_t> works_for{};
  std::vector<Share> shares{};  // of each project
  Share total{};
};

/// A feature of a module that is no op, and the projects that use it.
struct FeatureAudit {
  const Feature* feature;
  std::vector<std::string> used_by{};
};

struct PassAudit {
  const Pass* pass;
  std::vector<std::size_t> rewrites;          // in each project: of its training step, and of its forward graph in use
  std::map<Module, std::size_t> of_module{};  // the rewrites by the module that the first node they matched works for
};

struct Audit {
  std::vector<std::string> projects;
  std::vector<Share> whole;  // of each project
  Share total{};
  std::vector<ModuleAudit> modules;  // in the course's order
  std::vector<FeatureAudit> features;
  std::vector<PassAudit> passes;  // in the order of the pipeline
};

/// Traces, differentiates and compiles every project's training step; runs nothing. A module whose nodes no graph holds
/// has no answer here: see CourseModule::unseen.
Audit audit(const std::vector<Project>&);

}  // namespace vitrine
