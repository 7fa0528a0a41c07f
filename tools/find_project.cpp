#include "tools/find_project.hpp"

#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
#include "compiler/units.hpp"
#include "compiler/verify.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

const Project& find_project(const Projects& projects, const std::string& name) {
  std::vector<std::string_view> names;
  for (const Project& p : projects) {
    if (p.name == name) return p;
    names.push_back(p.name);
  }
  const std::string_view near = nearest(name, names);
  throw UsageError("there is no model named '" + name + "'" +
                   (near.empty() ? "" : "; did you mean '" + std::string(near) + "'?") +
                   " ('vitrine list' shows them all)");
}

Graph read_graph(const std::string& path) {
  const std::string source = path == "-" ? "standard input" : path;
  Graph graph = parse(read_text(path), source);
  try {  // groups of our own making fit; those of a text are checked like the rest of it
    verify(graph);
    for (const Unit& unit : units_of(graph).units)
      if (!unit.members.empty()) iteration_of(unit);
  } catch (const InternalError& error) {
    throw InputError(source + ": " + error.what() + "; correct the groups (@g...) or take them out");
  }
  return graph;
}

bool names_a_file(const std::string& model) {
  return model == "-" || model.ends_with(".vit") || model.find('/') != model.npos;
}

Graph whole_to_go_on(const Project& project, const Graph& forward, std::string& axis) {
  Axis along, sequences;
  for (Value v : forward.topological())
    if (v.node().leaf == Leaf::input && v.node().name == project.causal_input && v.type().shape.rank() == 2)
      sequences = v.type().shape[0], along = v.type().shape[1];
  if (!along.named() || !sequences.named())
    throw UsageError(
        fmt::format("{} does not go on token by token: no input of it is declared causal, with an axis for "
                    "the sequences and one for their places; take --step forward",
                    project.name));
  sequences.size = 1;
  axis = along.label();
  return in_use_along(forward, sequences, along);
}

Graph decode_graph(const Project& project, const Graph& forward) {
  std::string axis;
  const Graph whole = whole_to_go_on(project, forward, axis);
  return continuation(whole, {.axis = axis});
}

Graph model_graph(const Projects& projects, const std::string& model, const std::string& step) {
  if (names_a_file(model)) return read_graph(model);
  const Project& project = find_project(projects, model);
  if (step == "forward") return project.forward();
  if (step == "train") return training_step(project.forward(), project.optimizer);
  if (step == "decode") return decode_graph(project, project.forward());
  throw UsageError("--step takes train, forward or decode, not '" + step + "'");
}

std::string described(const std::string& model, const std::string& step, const std::string& how) {
  return fmt::format("{}{}{}{}", model, names_a_file(model) ? "" : ", step " + step, how.empty() ? "" : ", ", how);
}

}  // namespace vitrine
