#include "compiler/cost.hpp"

#include <algorithm>
#include <set>

#include "compiler/rewriter.hpp"
#include "compiler/view.hpp"

namespace vitrine {

namespace {

double bytes_of(Value v) { return static_cast<double>(v.type().shape.elements() * size_of(v.type().dtype)); }
double elements_of(Value v) { return static_cast<double>(v.type().shape.elements()); }

void find_functions(const Symbol& formula, std::set<std::string>& found) {
  if (arity(formula->op) > 0) found.insert(print(formula));
  for (int k = 0; k < arity(formula->op); ++k) find_functions(formula->from[static_cast<std::size_t>(k)], found);
}

double operations_of(Value v) {
  const Op& op = *v.op();
  if (op.info->multiply_adds) {
    std::vector<Type> in;
    for (Value operand : v.operands()) in.push_back(operand.type());
    return 2 * static_cast<double>(op.info->multiply_adds(op.attributes.get(), in, v.type()));
  }
  if (op.info->elementwise()) {
    std::set<std::string> functions;
    find_functions(op.formula(v.operands().size()), functions);
    return static_cast<double>(functions.size()) * elements_of(v);
  }
  if (op.info->doc.kind == Kind::layout || op.info->doc.kind == Kind::source) return 0;
  double read = 0;
  for (Value operand : v.operands()) read += elements_of(operand);
  return read;
}

bool looks(Value v) { return v.op() && is_layout(*v.op()); }

/// What lies in memory behind a value that only looks at another.
Value behind(Value v) {
  while (looks(v)) v = v.operands()[0];
  return v;
}

/// What is read of memory: operands that are not in cache yet. They are from then on.
double bytes_read(Value v, std::set<std::uint32_t>& in_cache) {
  double bytes = 0;
  for (Value operand : v.operands()) {
    const Value source = behind(operand);
    if (in_cache.insert(source.id).second) bytes += std::min(bytes_of(operand), bytes_of(source));
  }
  return bytes;
}

/// Whether only nodes of this group read v, through views too.
bool stays_inside(Value v, std::uint32_t group) {
  return group != 0 && !is_result(v) && std::ranges::all_of(v.graph->users(v), [&](Value user) {
           return looks(user) ? stays_inside(user, group) : user.node().group == group;
         });
}

}  // namespace

Cost cost_of(Value v) {
  if (!v.op() || looks(v)) return {};
  std::set<std::uint32_t> in_cache;
  return {operations_of(v), bytes_read(v, in_cache) + bytes_of(v)};
}

std::map<std::uint32_t, Cost> costs_of(const Graph& graph) {
  std::map<std::uint32_t, Cost> made;
  std::map<std::uint32_t, std::set<std::uint32_t>> in_cache;  // by group
  for (Value v : graph.topological()) {
    const std::uint32_t group = v.node().group;
    if (group == 0 || !v.op() || looks(v)) {
      made[v.id] = cost_of(v);
      continue;
    }
    const double read = bytes_read(v, in_cache[group]);
    in_cache[group].insert(v.id);
    made[v.id] = {operations_of(v), read + (stays_inside(v, group) ? 0 : bytes_of(v))};
  }
  return made;
}

}  // namespace vitrine
