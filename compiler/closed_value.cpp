#include "compiler/closed_value.hpp"

#include <algorithm>
#include <cstring>

#include "vitrine/elementwise.hpp"

namespace vitrine {

double ClosedValue::number(std::size_t i) const { return load<double>(buffer(), i).value; }

ClosedValue ClosedValue::of(const Type& type) {
  return {type, std::vector<std::byte>(type.shape.elements() * stored_size<double>(type.dtype))};
}

ClosedValue applied(const Op& op, const Type& type, std::span<const ClosedValue* const> in) {
  std::vector<Buffer<double>> operands;
  for (const ClosedValue* each : in) operands.push_back(each->buffer());
  ClosedValue made = ClosedValue::of(type);
  op.info->run_double(op.attributes.get(), operands, made.buffer());
  return made;
}

bool ClosedValues::add(Value v) {
  const Node& node = v.node();
  const bool closed = node.leaf == Leaf::constant ||
                      (v.op() && std::ranges::all_of(v.operands(), [&](Value o) { return contains(o); }));
  if (!closed || node.type.shape.elements() > most_elements) return false;
  closed_.insert(v.id);
  return true;
}

const ClosedValue& ClosedValues::at(Value v) const {
  if (const auto known = known_.find(v.id); known != known_.end()) return known->second;
  if (v.op()) {
    std::vector<const ClosedValue*> in;
    for (Value operand : v.operands()) in.push_back(&at(operand));
    return known_.emplace(v.id, applied(*v.op(), v.type(), in)).first->second;
  }
  ClosedValue made = ClosedValue::of(v.type());
  const std::vector<std::byte>& literal = *v.node().literal;
  if (v.type().dtype != DType::f32) {
    made.bytes = literal;
  } else {
    for (std::size_t i = 0; i < made.size(); ++i) {
      float narrow = 0;
      std::memcpy(&narrow, literal.data() + i * sizeof narrow, sizeof narrow);
      made.buffer().reals()[i] = narrow;
    }
  }
  return known_.emplace(v.id, std::move(made)).first->second;
}

}  // namespace vitrine
