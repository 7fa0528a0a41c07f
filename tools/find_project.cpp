#include "tools/find_project.hpp"

#include <fmt/format.h>

#include <map>

#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
#include "compiler/quantization.hpp"
#include "compiler/renumbered.hpp"
#include "compiler/units.hpp"
#include "compiler/verify.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

/// A project whose model has its weights in few bits: it can be looked at, and is run and written with by flags.
Project in_few_bits(const Project& whole, const std::string& scheme_text) {
  const QuantizationScheme scheme = scheme_named(scheme_text);
  Project made = whole;
  made.name = whole.name + ":" + scheme_text;
  made.forward = [forward = whole.forward, scheme, name = made.name] {
    const Graph graph = forward();
    Graph few = renumbered(quantized(graph, formats_of(quantizable_weights(graph), scheme), scheme.row_bits));
    few.rename(name);
    return few;
  };
  made.forward_of_run = {};
  const auto refuse = [name = whole.name, scheme_text](const std::string& command, const std::string& flag) {
    throw UsageError(fmt::format("{0} {1}:{2}: a model in few bits is made of a trained one; take '{0} {1} {3} {2}'",
                                 command, name, scheme_text, flag));
  };
  made.run = [refuse](const RunOptions&) -> bool {
    refuse("run", "--quantize");
    return false;
  };
  if (whole.generate) made.generate = [refuse](const GenerateOptions&) { refuse("generate", "--weights"); };
  return made;
}

}  // namespace

const Project& find_project(const Projects& projects, const std::string& name) {
  if (const std::size_t colon = name.find(':'); colon != name.npos) {
    static std::map<std::string, Project> made;
    const auto known = made.find(name);
    if (known != made.end()) return known->second;
    return made.emplace(name, in_few_bits(find_project(projects, name.substr(0, colon)), name.substr(colon + 1)))
        .first->second;
  }
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
