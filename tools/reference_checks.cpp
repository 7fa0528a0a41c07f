#include "tools/reference_checks.hpp"

#include <cmath>

#include "compiler/optimizers.hpp"
#include "compiler/reference.hpp"
#include "tools/knock_out.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

std::span<const float> floats(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

template <class Real> std::vector<std::byte> bytes_of(std::span<const float> numbers) {
  const std::vector<Real> wide(numbers.begin(), numbers.end());
  const auto bytes = std::as_bytes(std::span(wide));
  return {bytes.begin(), bytes.end()};
}

template <class Real> Values<Real> leaves_of(const Graph& graph, const States& states, const Batch& batch) {
  Values<Real> leaves;
  for (Value v : graph.topological()) {
    const Node& node = v.node();
    if (node.leaf == Leaf::state && states.contains(node.name)) {
      const auto bytes = states.bytes(node.name);
      leaves[v.id] = node.type.dtype == DType::f32 ? bytes_of<Real>(floats(bytes))
                                                   : std::vector<std::byte>(bytes.begin(), bytes.end());
    }
    if (node.leaf != Leaf::input) continue;
    if (node.type.dtype == DType::f32) {
      leaves[v.id] = bytes_of<Real>(batch.floats(node.name));
    } else {
      const auto bytes = std::as_bytes(batch.integers(node.name));
      leaves[v.id] = {bytes.begin(), bytes.end()};
    }
  }
  return leaves;
}

}  // namespace

std::map<std::string, double> gradient_norms(const Graph& forward, const States& states, const Batch& batch) {
  const Graph graph = with_gradients(forward, unread_parameters(forward));
  const auto values = evaluate<float>(graph, leaves_of<float>(graph, states, batch));
  std::map<std::string, double> norms;
  for (const auto& [name, v] : graph.outputs())
    if (name.starts_with("d ")) norms[name.substr(2)] = norm(floats(values.at(v.id)));
  return norms;
}

double reference_loss(const Graph& forward, const States& states, const Batch& batch) {
  const auto values = evaluate<double>(forward, leaves_of<double>(forward, states, batch));
  for (const auto& [name, v] : forward.outputs())
    if (name == "loss") return *reinterpret_cast<const double*>(values.at(v.id).data());
  throw InternalError("the graph has no output named loss");
}

double norm(std::span<const float> numbers) {
  double sum = 0;
  for (float x : numbers) sum += static_cast<double>(x) * static_cast<double>(x);
  return std::sqrt(sum);
}

}  // namespace vitrine
