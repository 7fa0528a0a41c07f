#include "compiler/derivative_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "compiler/gradients.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sum_to.hpp"
#include "vitrine/philox.hpp"

namespace vitrine {

namespace {

constexpr std::uint32_t most_tries = 5;

/// Number i of a stream, in [-1, 1).
double drawn(std::size_t i, std::uint32_t stream) {
  const std::uint32_t bits = philox({static_cast<std::uint32_t>(i), stream, 0, 0}, {2, 3})[0];
  return static_cast<double>(bits) * 0x1p-31 - 1;
}
std::vector<double> drawn_numbers(std::size_t count, std::uint32_t stream) {
  std::vector<double> made(count);
  for (std::size_t i = 0; i < count; ++i) made[i] = drawn(i, stream);
  return made;
}
std::vector<std::byte> bytes_of(std::span<const double> numbers) {
  const auto bytes = std::as_bytes(numbers);
  return {bytes.begin(), bytes.end()};
}
std::span<double> reals(std::vector<std::byte>& bytes) {
  return {reinterpret_cast<double*>(bytes.data()), bytes.size() / sizeof(double)};
}

/// sum(node(x0, x1, ...) * seed) as a graph by itself, with its gradient for one of the operands.
struct Loss {
  Graph graph{"derivative"};
  std::vector<Value> operands{};
  Value seed{}, loss{}, gradient{};

  explicit Loss(Value node) {
    for (Value o : node.operands()) operands.push_back(graph.input("x" + std::to_string(operands.size()), o.type()));
    seed = graph.input("seed", node.type());
    loss = sum(graph.add(*node.op(), operands) * seed);
  }
  /// Where this operand gets no gradient, it stays empty: then the operand must not move the loss.
  void derive(std::size_t operand) try {
    gradient = gradients(loss, std::array{operands[operand]})[0];
  } catch (const UsageError&) {
  }
  /// The node's own values, a little off: values often lie on a kink (a bias that begins as zero).
  Values<double> leaves(Value node, const Values<double>& given, std::uint32_t attempt) const {
    Values<double> made{{seed.id, bytes_of(drawn_numbers(node.type().shape.elements(), 1))}};
    for (std::size_t i = 0; i < operands.size(); ++i) {
      auto& bytes = made[operands[i].id] = given.at(node.operands()[i].id);
      if (operands[i].type().dtype != DType::f32) continue;
      for (std::size_t e = 0; double& x : reals(bytes))
        x += 0.01 * (1 + attempt) * std::abs(drawn(e++, 10 + attempt)) * std::max(0.1, std::abs(x));
    }
    return made;
  }
  double value(const Values<double>& leaves) const {
    std::vector<std::byte> bytes = evaluate<double>(graph, leaves).at(loss.id);
    return reals(bytes)[0];
  }
};

/// The slope along a direction by central differences of two steps, whose errors are as 4 to 1 (Richardson); nothing
/// where they disagree.
std::optional<double> slope(const Loss& loss, const Values<double>& leaves, Value operand,
                            std::span<const double> direction) {
  const auto moved = [&](double by) {
    Values<double> there(leaves);
    const std::span<double> x = reals(there.at(operand.id));
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += by * direction[i];
    return loss.value(there);
  };
  const auto central = [&](double h) { return (moved(h) - moved(-h)) / (2 * h); };
  const double wide = central(2e-4), narrow = central(1e-4), both = (4 * narrow - wide) / 3;
  if (std::abs(wide - narrow) <= 1e-4 * (std::abs(both) + 1e-3)) return both;
  return {};
}

std::string operand_break(Value node, std::size_t operand, const Values<double>& given) {
  Loss loss(node), derived(node);
  derived.derive(operand);
  const std::size_t count = loss.operands[operand].type().shape.elements();
  for (std::uint32_t attempt = 0; attempt < most_tries; ++attempt) {
    const std::vector<double> direction = drawn_numbers(count, 20 + attempt);
    const Values<double> leaves = loss.leaves(node, given, attempt);
    const std::optional<double> wanted = slope(loss, leaves, loss.operands[operand], direction);
    if (!wanted) continue;
    std::vector<std::byte> gradient(count * sizeof(double));
    if (derived.gradient) gradient = evaluate<double>(derived.graph, leaves).at(derived.gradient.id);
    double got = 0, size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double part = reals(gradient)[i] * direction[i];
      got += part, size += std::abs(part);
    }
    // Constants of formulas are f32: where such terms cancel, what is left has fewer digits.
    if (std::abs(got - *wanted) <= 1e-6 * std::max({std::abs(*wanted), size, 1e-3})) return "";
    return fmt::format("along a direction of operand {} the slope is {:.9g}, and the derivative says {:.9g}", operand,
                       *wanted, got);
  }
  return "";
}

}  // namespace

std::string derivative_break(Value node, const Values<double>& operands) {
  if (!node.op() || !node.op()->info->differentiable() || node.type().dtype != DType::f32) return "";
  for (std::size_t i = 0; i < node.operands().size(); ++i) {
    const Type& type = node.operands()[i].type();
    if (type.dtype != DType::f32 || type.shape.elements() == 0) continue;
    if (std::string why = operand_break(node, i, operands); !why.empty()) return why;
  }
  return "";
}

}  // namespace vitrine
