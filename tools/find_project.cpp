#include "tools/find_project.hpp"

#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
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

Graph model_graph(const Projects& projects, const std::string& model, const std::string& step) {
  if (model == "-" || model.ends_with(".vit") || model.find('/') != model.npos)
    return parse(read_text(model), model == "-" ? "standard input" : model);
  const Project& project = find_project(projects, model);
  if (step == "forward") return project.forward();
  if (step == "train") return training_step(project.forward(), project.optimizer);
  throw UsageError("--step takes train or forward, not '" + step + "'");
}

}  // namespace vitrine
