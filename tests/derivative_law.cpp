#include "tests/derivative_law.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "compiler/gradients.hpp"
#include "vitrine/bfloat16.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sum_to.hpp"

namespace vitrine {

namespace {

double* numbers(std::vector<std::byte>& bytes) { return reinterpret_cast<double*>(bytes.data()); }
const double* numbers(const std::vector<std::byte>& bytes) { return reinterpret_cast<const double*>(bytes.data()); }

Value output_of(const Graph& graph, std::string_view name) {
  for (const auto& [label, v] : graph.outputs())
    if (label == name) return v;
  throw UsageError("the graph has no output '" + std::string(name) + "'");
}

std::vector<Value> leaves_of(const Graph& graph) {
  std::vector<Value> found;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::input || v.node().leaf == Leaf::state) found.push_back(v);
  return found;
}

double loss_at(const Graph& graph, const Values<double>& leaves) {
  return numbers(evaluate<double>(graph, leaves).at(output_of(graph, "loss").id))[0];
}

/// The gradient of one leaf, or an empty value if the loss does not depend on it smoothly.
Value gradient_of(Value loss, Value leaf) {
  try {
    return gradients(loss, std::array{leaf})[0];
  } catch (const UsageError&) {
    return {};
  }
}

std::vector<double> differences(const Graph& graph, Values<double> leaves, Value leaf) {
  std::vector<double> found;
  for (std::size_t i = 0; i < leaf.type().shape.elements(); ++i) {
    double& x = numbers(leaves.at(leaf.id))[i];
    const double before = x, h = 1e-5 * std::max(1.0, std::abs(x));
    x = before + h;
    const double above = loss_at(graph, leaves), right = x;
    x = before - h;
    const double below = loss_at(graph, leaves);
    found.push_back((above - below) / (right - x));  // the step as it was rounded
    x = before;
  }
  return found;
}

}  // namespace

Values<double> random_leaves(const Graph& graph, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> magnitude(0.2, 2);
  Values<double> made;
  for (Value v : leaves_of(graph)) {
    const std::size_t n = v.type().shape.elements();
    auto& bytes = made[v.id];
    if (v.type().dtype == DType::f32) {
      bytes.resize(n * sizeof(double));
      for (std::size_t i = 0; i < n; ++i) numbers(bytes)[i] = magnitude(random) * (random() % 2 == 0 ? 1 : -1);
    } else if (v.type().dtype == DType::bf16) {
      bytes.resize(v.type().bytes());
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint16_t bits = to_bfloat16(static_cast<float>(magnitude(random)));
        std::memcpy(&bytes[i * sizeof bits], &bits, sizeof bits);
      }
    } else {
      bytes.resize(v.type().bytes());  // zeros, and whole numbers below 3 in the lowest byte of each element
      const std::size_t size = size_of(v.type().dtype), below = v.type().dtype == DType::boolean ? 2 : 3;
      for (std::size_t i = 0; i < n; ++i) bytes[i * size] = static_cast<std::byte>(random() % below);
    }
  }
  return made;
}

Values<double> positive(const Graph& graph, Values<double> leaves) {
  for (Value v : leaves_of(graph))
    for (std::size_t i = 0; v.type().dtype == DType::f32 && i < v.type().shape.elements(); ++i)
      numbers(leaves.at(v.id))[i] = std::abs(numbers(leaves.at(v.id))[i]);
  return leaves;
}

bool all_finite(const Graph& graph, const Values<double>& leaves) {
  const Values<double> made = evaluate<double>(graph, leaves);
  for (const auto& [name, v] : graph.outputs())
    for (std::size_t i = 0; v.type().dtype == DType::f32 && i < v.type().shape.elements(); ++i)
      if (!std::isfinite(numbers(made.at(v.id))[i])) return false;
  return true;
}

std::string derivative_disagreement(const Graph& graph, const Values<double>& leaves) {
  // The difference of two losses has no more digits than they have.
  const double rounding = 1e-10 * std::max(1.0, std::abs(loss_at(graph, leaves)));
  for (Value leaf : leaves_of(graph)) {
    if (leaf.type().dtype != DType::f32) continue;
    Graph differentiated(graph);
    const Value gradient = gradient_of(output_of(differentiated, "loss"), {&differentiated, leaf.id});
    const std::vector<double> wanted = differences(graph, leaves, leaf);
    std::vector<double> got(wanted.size(), 0.0);
    if (gradient && !got.empty())
      std::memcpy(got.data(), evaluate<double>(differentiated, leaves).at(gradient.id).data(),
                  got.size() * sizeof(double));
    double largest = 0;
    for (double g : got) largest = std::max(largest, std::abs(g));
    for (std::size_t i = 0; i < got.size(); ++i) {
      // Constants of formulas are f32: where terms of that precision cancel, what is left has fewer digits.
      const double scale = std::max({std::abs(got[i]), std::abs(wanted[i]), 0.05 * largest});
      if (!(std::abs(got[i] - wanted[i]) <= 1e-6 * scale + rounding))
        return "d loss / d " + leaf.node().name + "[" + std::to_string(i) + "] is " + std::to_string(got[i]) +
               ", but differences say " + std::to_string(wanted[i]);
    }
  }
  return "";
}

Graph loss_of(const Op& op, const std::vector<Type>& in) {
  Graph graph("law of " + std::string(op.name()));
  std::vector<Value> operands;
  for (const Type& type : in) operands.push_back(graph.input("x" + std::to_string(operands.size()), type));
  Value y = graph.add(op, operands);
  if (y.type().dtype != DType::f32) y = cast<DType::f32>(y);
  graph.output("loss", sum(y * graph.input("seed", y.type())));
  return graph;
}

Graph loss_of_gradients(const Graph& graph) {
  Graph made(graph.name() + ", derived");
  {
    Graph copy(graph);
    const Value loss = output_of(copy, "loss");
    Value total;
    for (Value leaf : leaves_of(graph)) {
      if (leaf.type().dtype != DType::f32) continue;
      const Value gradient = gradient_of(loss, {&copy, leaf.id});
      if (!gradient) continue;
      const Value part = sum(gradient * copy.input("seed " + std::to_string(copy.end_of_ids()), gradient.type()));
      total = total ? total + part : part;
    }
    if (!total) return made;
    // The same graph with another loss: outputs are not taken back, so they are given anew.
    made = Graph(copy.name());
    std::map<std::uint32_t, Value> now;
    for (Value v : copy.topological()) {
      const Node& node = v.node();
      std::vector<Value> operands;
      for (Value o : node.operands) operands.push_back(now.at(o.id));
      now[v.id] = node.op                       ? made.add(*node.op, operands)
                  : node.leaf == Leaf::constant ? made.constant({node.type, *node.literal})
                                                : made.input(node.name, node.type);
    }
    made.output("loss", now.at(total.id));
  }
  return made;
}

}  // namespace vitrine
