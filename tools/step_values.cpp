#include "tools/step_values.hpp"

#include <algorithm>
#include <cstring>

#include "vitrine/error.hpp"

namespace vitrine {

std::vector<std::byte> dense_bytes(const Slot& slot, const Memory& memory) {
  const Shape& shape = slot.type.shape;
  const std::size_t size = size_of(slot.type.dtype), count = shape.elements();
  std::vector<std::byte> made(count * size);
  const std::byte* from = memory.at(slot);
  if (count == 0) return made;
  if (is_dense(slot)) {
    std::memcpy(made.data(), from, made.size());
    return made;
  }
  for (std::size_t i = 0; i < count; ++i) {
    std::ptrdiff_t offset = 0;
    std::size_t rest = i;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      offset += static_cast<std::ptrdiff_t>(rest % shape[axis].size) * slot.strides[static_cast<std::size_t>(axis)];
      rest /= shape[axis].size;
    }
    std::memcpy(&made[i * size], from + offset * static_cast<std::ptrdiff_t>(size), size);
  }
  return made;
}

std::size_t operand_element(const Shape& result, std::size_t element, const Shape& operand) {
  std::size_t made = 0, stride = 1;
  for (int i = 1; i <= result.rank(); ++i) {  // aligned at the right
    const std::size_t index = element % result[-i].size;
    element /= result[-i].size;
    if (i > operand.rank()) continue;
    made += operand[-i].size == 1 ? 0 : index * stride;
    stride *= operand[-i].size;
  }
  return made;
}

StepValues::StepValues(const Graph& graph, const std::vector<std::uint32_t>& rank, const Step& step,
                       const std::vector<std::vector<std::byte>>& operands) {
  for (std::size_t k = 0; k < step.operand_nodes.size(); ++k) values_[step.operand_nodes[k]] = operands[k];
  std::vector<Value> nodes;
  for (const std::uint32_t id : step.nodes) nodes.push_back(graph.find(id));
  std::ranges::sort(nodes, {}, [&](Value v) { return rank[v.id]; });
  for (Value v : nodes) {
    inside_[v.id] = true;
    compute(v);
  }
}

/// What is no operand of the step is known without running it: a number, or what is made of numbers.
void StepValues::compute(Value v) {
  if (values_.contains(v.id)) return;
  const Node& node = v.node();
  if (!v.op()) {
    if (node.leaf != Leaf::constant)
      throw InternalError("a step reads '" + node.name + "', which is none of its operands");
    values_[v.id] = *node.literal;
    return;
  }
  std::vector<Buffer<float>> in;
  for (Value operand : node.operands) compute(operand);
  for (Value operand : node.operands) in.push_back({operand.type(), values_.at(operand.id).data()});
  std::vector<std::byte>& made = values_[v.id];
  made.resize(node.type.bytes());
  v.op()->info->run(v.op()->attributes.get(), in, {node.type, made.data()});
}

std::span<const float> StepValues::floats(Value v) const {
  const auto& bytes = values_.at(v.id);
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

Place StepValues::origin(Place at, bool (*is)(float)) const {
  while (computes(at.node)) {
    const Op& op = *at.node.op();
    Place before;
    for (Value operand : at.node.operands()) {
      if (operand.type().dtype != DType::f32) continue;
      const std::span<const float> numbers = floats(operand);
      std::size_t element = 0;
      if (op.info->elementwise())
        element = operand_element(at.node.type().shape, at.element, operand.type().shape);
      else
        element = static_cast<std::size_t>(std::ranges::find_if(numbers, is) - numbers.begin());
      if (element >= numbers.size() || !is(numbers[element])) continue;
      before = {operand, element};
      break;
    }
    if (!before.node) return at;
    at = before;
  }
  return at;
}

}  // namespace vitrine
