#include "tools/audit.hpp"

#include <algorithm>
#include <set>

#include "compiler/op_table.hpp"
#include "compiler/optimizers.hpp"

namespace vitrine {

namespace {

std::size_t index_of(Module m) { return static_cast<std::size_t>(m); }

/// The training step; a project that brings updates of its own has it already.
Graph step_of(const Project& project) {
  Graph forward = project.forward();
  const Optimizer* optimizer = optimizer_of(project, forward);
  return optimizer ? training_step(forward, *optimizer) : forward;
}

class Auditor {
 public:
  explicit Auditor(const std::vector<Project>& projects) {
    for (const CourseModule& m : course()) made_.modules.push_back({.module = m.module});
    for (const Pass& pass : every_pass) made_.passes.push_back({&pass, {}});
    for (const Feature& feature : features()) made_.features.push_back({&feature});
    for (const Project& project : projects) add(project);
    conclude();
  }
  Audit take() { return std::move(made_); }

 private:
  ModuleAudit& of(Module m) { return made_.modules[index_of(m)]; }

  void add(const Project& project) {
    made_.projects.push_back(project.name);
    made_.whole.emplace_back();
    for (ModuleAudit& m : made_.modules) m.shares.emplace_back();
    for (PassAudit& p : made_.passes) p.rewrites.push_back(0);

    Graph step = step_of(project), in_use = project.forward();
    const Workers module_of_node(in_use);
    std::set<Module> needed, stops;
    look_at(step, module_of_node, needed, stops);
    for (FeatureAudit& feature : made_.features)
      if (is_used(project, in_use, *feature.feature)) feature.used_by.push_back(project.name);
    Graph forward = project.forward();
    if (optimizer_of(project, forward)) count(recognize(forward), module_of_node);
    count(optimize(step), module_of_node);
    count(optimize(in_use, inference_pipeline), module_of_node);
    look_at(step, module_of_node, needed, stops);
    measure(step, module_of_node);
    for (Module m : needed) of(m).needed_by.push_back(project.name);
    for (Module m : stops) of(m).stops.push_back(project.name);
  }

  void look_at(const Graph& graph, const Workers& module_of_node, std::set<Module>& needed, std::set<Module>& stops) {
    for (Value v : graph.topological()) {
      if (!v.op()) continue;
      const Module worker = module_of_node(v), owner = module_of(*v.op()->info);
      reached_.insert(v.op()->info);
      needed.insert(worker);
      if (v.node().phase == Phase::forward) needed.insert(owner);
      stops.insert(worker);
      stops.insert(owner);
    }
  }

  void count(const Record& record, const Workers& module_of_node) {
    for (const Rewrite& rewrite : record.rewrites) {
      PassAudit& pass = *std::ranges::find(made_.passes, rewrite.pass, [](const PassAudit& p) { return p.pass->name; });
      ++pass.rewrites.back();
      const auto node = std::ranges::find_if(rewrite.matched, [](const Seen& seen) { return seen.value.op(); });
      // What matched no op, a state that is kept or a constant, is the tensor's.
      ++pass.of_module[node == rewrite.matched.end() ? Module::tensor : module_of_node(node->value)];
    }
  }

  void measure(const Graph& step, const Workers& module_of_node) {
    const auto costs = costs_of(step);
    for (Value v : step.topological()) {
      if (!v.op()) continue;
      const Module worker = module_of_node(v), owner = module_of(*v.op()->info);
      const Share share{1, costs.at(v.id)};
      of(worker).shares.back() += share;
      of(worker).total += share;
      made_.whole.back() += share;
      made_.total += share;
      if (owner != worker) ++of(owner).works_for[worker];
      for (Value user : step.users(v))
        if (const Module reader = module_of_node(user); reader != worker) ++of(worker).read_by[reader];
    }
  }

  void conclude() {
    for (const OpInfo* info : every_op()) {
      ModuleAudit& m = of(module_of(*info));
      (!reached_.contains(info) ? m.not_needed
       : info->elementwise()    ? m.formulas
                                : m.own_ops)
          .push_back(info->doc.name);
    }
    for (ModuleAudit& m : made_.modules) {
      m.seen = !m.formulas.empty() || !m.own_ops.empty() || !m.not_needed.empty() || !m.needed_by.empty();
      m.merges = !m.formulas.empty() && m.own_ops.empty() && !m.read_by.empty();
      if (m.merges)
        m.into = std::ranges::max_element(m.read_by, {}, [](const auto& entry) { return entry.second; })->first;
    }
  }

  Audit made_{};
  std::set<const OpInfo*> reached_{};
};

}  // namespace

Audit audit(const std::vector<Project>& projects) { return Auditor(projects).take(); }

}  // namespace vitrine
