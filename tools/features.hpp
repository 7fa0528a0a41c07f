#pragma once
#include <span>
#include <string_view>

#include "tools/course.hpp"
#include "vitrine/project.hpp"

namespace vitrine {

/// What a module of the course asks for that is no op: a layer, a way to learn, a reader of data, a kind of file.
struct Feature {
  Module module;
  std::string_view name;   // as Project::uses names it
  std::string_view where;  // the file that has it
  /// Whether the forward graph, or the optimizer that the compiler takes for it (null: the project updates by a rule of
  /// its own), shows that it is used. Null: nothing shows it, and a project that uses it says so in Project::uses.
  bool (*shown)(const Graph& forward, const Optimizer*) = nullptr;
};

/// In the order of the course's modules.
std::span<const Feature> features();

/// Whether a project needs it, as far as its traced graph, its optimizer and its own word say. Throws UsageError for a
/// word in Project::uses that names no feature.
bool is_used(const Project&, const Graph& forward, const Feature&);

/// The project's optimizer, or null if its forward graph brings updates of its own, as Rosenblatt's rule does. (Running
/// means, which a layer keeps, are no such updates.)
const Optimizer* optimizer_of(const Project&, const Graph& forward);

}  // namespace vitrine
