// Shares that add up to 1 along one axis and are used along another, or among the examples of a batch.
//   matmul(softmax<time>(scores [time, key]), values [key, each])   => shares of time, added up along key
//   softmax<batch>(y [batch, kind])                                 => each example's shares hang on the others
#include <algorithm>
#include <optional>

#include "compiler/axis_dependence.hpp"
#include "compiler/lint.hpp"
#include "vitrine/ops/log_softmax.hpp"
#include "vitrine/ops/softmax.hpp"

namespace vitrine {

namespace {

std::string name_of_axis(const Shape& shape, int at) {
  return shape[at].named() ? std::string(shape[at].label()) : fmt::format("axis {}", at);
}

/// The axis whose elements are examples: the first of every input, by a name that says so or that two of them share.
std::string batch_axis(const Graph& graph) {
  std::string name;
  int inputs = 0;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input || v.type().shape.empty()) continue;
    const std::string first(v.type().shape[0].label());
    if (inputs++ > 0 && first != name) return "";
    name = first;
  }
  return inputs > 1 || name == "batch" ? name : "";
}

/// Where along a value the shares lie, for those values that are the shares but for a factor or a mask.
using Shares = std::map<std::uint32_t, Places>;

/// The same shares seen through a node: none if it mixes them with anything that has axes of its own.
std::optional<Places> through(Value v, const Shares& shares) {
  std::optional<Places> made;
  for (std::size_t i = 0; i < v.operands().size(); ++i) {
    const Value operand = v.operands()[i];
    const auto held = shares.find(operand.id);
    if (held == shares.end()) {
      if (!operand.type().shape.empty() && operand.type().dtype == DType::f32) return {};
      continue;
    }
    const std::optional<Places> next = followed(held->second, v, i);
    if (!next || (made && made->axis != next->axis)) return {};
    made = next;
  }
  return made;
}

/// Says so if a contraction adds up along other axes of an operand than that of its shares.
void look_at_contraction(Value softmax, const Places& shares, Value v, std::size_t operand, Findings& found) {
  if (!followed(shares, v, operand)) return;  // added up along their own axis, as they should be
  const Shape& shape = v.operands()[operand].type().shape;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (!followed({axis, 1, shape[axis].size}, v, operand)) {
      const std::string other = name_of_axis(shape, axis), own = name_of_axis(shape, shares.axis);
      found.push_back(finding_at(
          "softmax_axis", softmax,
          fmt::format("its shares add up to 1 along {}, but {} adds them up along {}", own, node_name(v), other),
          fmt::format("take softmax<{}>", other)));
      return;
    }
}

void follow_shares(const std::vector<Value>& order, Value softmax, Findings& found) {
  const int last = softmax.type().shape.rank() - 1;
  Shares shares{{softmax.id, {last, 1, softmax.type().shape[last].size}}};
  for (Value v : order) {
    if (!v.op() || v == softmax) continue;
    if (v.op()->info->multiply_adds) {
      for (std::size_t i = 0; i < v.operands().size(); ++i)
        if (const auto held = shares.find(v.operands()[i].id); held != shares.end())
          look_at_contraction(softmax, held->second, v, i, found);
    } else if (const auto next = through(v, shares)) {
      shares.emplace(v.id, *next);
    }
  }
}

}  // namespace

void softmax_axis(const Linted& model, Findings& found) {
  const Graph graph = recognized(model.graph);
  const std::string batch = batch_axis(graph);
  const std::vector<Value> order = graph.topological();
  for (Value v : order) {
    if (!as<Softmax>(v) && !as<LogSoftmax>(v)) continue;
    const Axis& along = v.type().shape[-1];
    if (!batch.empty() && along.label() == batch)
      found.push_back(finding_at(
          "softmax_axis", v,
          fmt::format("its shares add up to 1 along {}, so that what is said of one example hangs on the others",
                      batch),
          "take it along the axis of the classes, by name"));
    else if (as<Softmax>(v))
      follow_shares(order, v, found);
  }
}

}  // namespace vitrine
