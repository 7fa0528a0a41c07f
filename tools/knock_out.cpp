#include "tools/knock_out.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "compiler/rewriter.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"
#include "vitrine/ops/add.hpp"

namespace vitrine {

namespace {
std::vector<Value> parameters(const Graph& graph) {
  std::vector<Value> found;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::state) found.push_back(v);
  return found;
}
std::string module_of(const std::string& parameter) {
  return parameter.substr(0, std::min(parameter.rfind('.'), parameter.size()));
}
void demand_part(const Graph& forward, const std::string& part) {
  const std::vector<std::string> known = parts_of(forward);
  if (std::ranges::find(known, part) != known.end()) return;
  const std::string_view near = nearest(part, std::vector<std::string_view>(known.begin(), known.end()));
  throw UsageError(fmt::format("--without {}: the model {} has no such part to leave out{}; parts: {}", part,
                               forward.name(), near.empty() ? "" : fmt::format("; did you mean '{}'?", near),
                               fmt::join(known, ", ")));
}
}  // namespace

KnockedOut knock_out(const Graph& forward, std::span<const std::string> parts,
                     std::initializer_list<std::string_view> not_here) {
  for (const std::string& part : parts)
    if (std::ranges::find(not_here, part) == not_here.end()) demand_part(forward, part);
  KnockedOut made{Graph(forward), {}};
  Record record;
  Rewriter rewriter(made.forward, "knock_out", record);
  const auto left_out = [&](const std::string& name) { return std::ranges::find(parts, name) != parts.end(); };
  for (Value parameter : parameters(made.forward)) {
    const std::string name = parameter.node().name;
    if (!left_out(name) && !left_out(module_of(name))) continue;
    made.frozen.push_back(name);
    if (!left_out(name)) continue;
    for (Value user : made.forward.users(parameter))
      if (as<Add>(user) && user.operands()[0].type() == user.type()) {
        const std::string rule = "add(x, " + name + ") => x";
        rewriter.replace(user, user.operands()[0], rule);
        rewriter.erase(user, rule);  // or it would still read the bias, and a gradient be asked for
      }
  }
  return made;
}

std::vector<std::string> parts_of(const Graph& forward) {
  std::vector<std::string> found;
  for (Value parameter : parameters(forward)) {
    const std::string name = parameter.node().name, module = module_of(name);
    if (module != name && std::ranges::find(found, module) == found.end()) found.push_back(module);
    found.push_back(name);
  }
  return found;
}

std::vector<std::string> unread_parameters(const Graph& forward) {
  std::vector<std::string> found;
  for (Value parameter : parameters(forward))
    if (forward.users(parameter).empty()) found.push_back(parameter.node().name);
  return found;
}

}  // namespace vitrine
