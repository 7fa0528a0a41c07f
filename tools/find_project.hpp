#pragma once
#include "compiler/continuation.hpp"
#include "tools/commands/commands.hpp"

namespace vitrine {

/// The project of this name, or of NAME:SCHEME the project NAME with its weights in few bits (scheme_named), to be
/// looked at. UsageError with the nearest name otherwise.
const Project& find_project(const Projects&, const std::string& name);

/// Whether a name is that of a model in few bits: NAME:SCHEME.
inline bool is_in_few_bits(const std::string& name) { return name.find(':') != name.npos; }

/// The graph in a .vit file; "-" is standard input. InputError if it cannot be read, is malformed, or has groups that
/// cannot run as steps.
Graph read_graph(const std::string& path);

/// Whether MODEL of the command line is a file and not a name: a path, something that ends in .vit, or "-".
bool names_a_file(const std::string& model);

/// MODEL of the command line: a project's name, or the path of a .vit file (anything with a '/' or ending in .vit).
/// Of a project, `step` picks the graph: "train", "forward" or "decode".
Graph model_graph(const Projects&, const std::string& model, const std::string& step);

/// A project's forward graph, at any sizes, as it is in use for one sequence, and the axis along which it goes on.
/// UsageError for a model that declares nothing causal.
Graph whole_to_go_on(const Project&, const Graph& forward, std::string& axis);
/// The graph that makes one token more from what it kept of those before. UsageError for a model that cannot go on.
Graph decode_graph(const Project&, const Graph& forward);

/// What is said of a model of the command line: the step where it has several, and in which state it is.
std::string described(const std::string& model, const std::string& step, const std::string& how);

}  // namespace vitrine
