#include "compiler/reference.hpp"

#include <cstring>

#include "vitrine/error.hpp"

namespace vitrine {

namespace {

template <class Real> std::size_t stored_bytes(const Type& type) {
  return type.shape.elements() * stored_size<Real>(type.dtype);
}

/// Bytes that hold f32, for a reference that reads them as Real.
template <class Real> std::vector<std::byte> widened(const Type& type, const std::vector<std::byte>& bytes) {
  if (type.dtype != DType::f32 || sizeof(Real) == sizeof(float)) return bytes;
  std::vector<std::byte> made(stored_bytes<Real>(type));
  for (std::size_t i = 0; i < type.shape.elements(); ++i) {
    float narrow = 0;
    std::memcpy(&narrow, bytes.data() + i * sizeof narrow, sizeof narrow);
    const Real wide = narrow;
    std::memcpy(made.data() + i * sizeof wide, &wide, sizeof wide);
  }
  return made;
}

template <class Real> std::vector<std::byte> leaf(const Graph& graph, Value v, const Values<Real>& leaves) {
  const Node& node = v.node();
  if (node.leaf == Leaf::constant) return widened<Real>(node.type, *node.literal);
  const auto given = leaves.find(v.id);
  if (given == leaves.end())
    throw UsageError("reference: graph '" + graph.name() + "' was given no value for '" + node.name + "'");
  if (given->second.size() != stored_bytes<Real>(node.type))
    throw UsageError((Sentence{} << "reference: '" << node.name << "' is " << node.type << " and takes "
                                 << stored_bytes<Real>(node.type) << " bytes, got " << given->second.size())
                         .str());
  return given->second;
}

}  // namespace

template <class Real> Values<Real> evaluate(const Graph& graph, const Values<Real>& leaves) {
  Values<Real> values;
  for (Value v : graph.topological()) {
    if (!v.op()) {
      values[v.id] = leaf<Real>(graph, v, leaves);
      continue;
    }
    std::vector<Buffer<Real>> in;
    for (Value operand : v.operands()) in.push_back({operand.type(), values.at(operand.id).data()});
    std::vector<std::byte>& made = values[v.id];
    made.resize(stored_bytes<Real>(v.type()));
    const Buffer<Real> out{v.type(), made.data()};
    if constexpr (sizeof(Real) == sizeof(float))
      v.op()->info->run(v.op()->attributes.get(), in, out);
    else
      v.op()->info->run_double(v.op()->attributes.get(), in, out);
  }
  return values;
}

Values<double> widened(const Graph& graph, const Values<float>& narrow) {
  Values<double> made;
  for (const auto& [id, bytes] : narrow) {
    const Type type = Value{const_cast<Graph*>(&graph), id}.type();
    made[id] = type.dtype == DType::f32 ? widened<double>(type, bytes) : bytes;
  }
  return made;
}

template Values<float> evaluate<float>(const Graph&, const Values<float>&);
template Values<double> evaluate<double>(const Graph&, const Values<double>&);

}  // namespace vitrine
