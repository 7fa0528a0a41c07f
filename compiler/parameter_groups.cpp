#include "compiler/parameter_groups.hpp"

#include <algorithm>

#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

bool matches(std::string_view pattern, std::string_view path) {
  // Where the last * began to stand for letters, and how many: on a mismatch it takes one more.
  std::size_t p = 0, at = 0, star = pattern.npos, taken = 0;
  while (at < path.size()) {
    if (p < pattern.size() && pattern[p] == '*')
      star = p++, taken = at;
    else if (p < pattern.size() && pattern[p] == path[at])
      ++p, ++at;
    else if (star != pattern.npos)
      p = star + 1, at = ++taken;
    else
      return false;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<ParameterGroup> groups_of(std::span<const ParameterGroup> groups, std::span<const Value> weights) {
  // Frozen parameters may be all that a group has: states of the graph, then, and not only what learns.
  std::vector<std::string_view> names;
  for (Value v : weights.empty() ? std::vector<Value>{} : weights[0].graph->topological())
    if (v.node().leaf == Leaf::state) names.push_back(v.node().name);
  for (const ParameterGroup& group : groups) {
    if (std::ranges::any_of(names, [&](std::string_view name) { return matches(group.match, name); })) continue;
    const std::string_view near = nearest(group.match, names);
    throw UsageError(
        "optimizer: no parameter is named '" + group.match + "', which a group is for" +
        (near.empty() ? "; * stands for any letters, as in *.bias" : "; did you mean '" + std::string(near) + "'?"));
  }
  std::vector<ParameterGroup> found;
  for (Value w : weights) {
    const auto at = std::ranges::find_if(groups, [&](const auto& g) { return matches(g.match, w.node().name); });
    found.push_back(at == groups.end() ? ParameterGroup{} : *at);
  }
  return found;
}

}  // namespace vitrine
