// What a model's reflected structs say, as states and frames of its graph.
#include "vitrine/model.hpp"

namespace vitrine {

void ParameterList::add(const char* name, const Value& value, const Type& type, Init init) {
  found_.push_back({path_ + name, &value, type, init});
}
void ParameterList::enter(const char* name) {
  lengths_.push_back(path_.size());
  path_.append(name).append(".");
}
void ParameterList::enter(const char* name, std::size_t number) {
  enter(name);
  path_.append(std::to_string(number)).append(".");
}
void ParameterList::leave() {
  path_.resize(lengths_.back());
  lengths_.pop_back();
}

void make_states(Graph& graph, const std::vector<FoundParameter>& parameters) {
  for (const FoundParameter& p : parameters)
    *const_cast<Value*>(p.value) = graph.state(p.path, p.type, p.init);  // the model is ours: it is not const
}

Graph::Scope scope_of(Graph& graph, const std::vector<FoundParameter>& parameters) {
  std::string path;
  if (!parameters.empty()) {
    const std::string &whole = parameters[0].value->node().name, &relative = parameters[0].path;
    if (whole.size() > relative.size()) path = whole.substr(0, whole.size() - relative.size() - 1);
  }
  return Graph::Scope(graph, path, graph.phase());
}

}  // namespace vitrine
