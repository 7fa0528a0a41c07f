#pragma once
// What the nodes of one step of a program computed, those too whose values the step does not store.
#include "compiler/reference.hpp"
#include "runtime/memory.hpp"

namespace vitrine {

/// The elements of a slot, dense and row-major.
std::vector<std::byte> dense_bytes(const Slot&, const Memory&);

/// One element of a node.
struct Place {
  Value node{};
  std::size_t element = 0;
};

/// Every node of a step by its own definition, from what the step's operands held.
class StepValues {
 public:
  /// `operands` are dense, in the order of the step's. `rank` is each node's place in the order of the graph.
  StepValues(const Graph&, const std::vector<std::uint32_t>& rank, const Step&,
             const std::vector<std::vector<std::byte>>& operands);

  /// Of an f32 node of the step, or of an operand of one.
  std::span<const float> floats(Value) const;

  /// From a place where a number is of this sort back to where it came from: through operands that hold one (at the
  /// same element, where an op works element by element), to a node whose operands hold none, or out of the step.
  Place origin(Place, bool (*is)(float)) const;
  /// Whether the step computes it.
  bool computes(Value v) const { return inside_.contains(v.id); }

 private:
  void compute(Value);

  Values<float> values_{};
  std::map<std::uint32_t, bool> inside_{};
};

/// The element of an operand that an elementwise op reads for an element of its result.
std::size_t operand_element(const Shape& result, std::size_t element, const Shape& operand);

}  // namespace vitrine
