#pragma once
// Values that depend on no input and no state, as they are.
#include <map>
#include <set>
#include <vector>

#include "vitrine/graph.hpp"

namespace vitrine {

/// Elements, dense and row-major, f32 as double.
struct ClosedValue {
  Type type{};
  std::vector<std::byte> bytes{};

  Buffer<double> buffer() const { return {type, const_cast<std::byte*>(bytes.data())}; }
  std::size_t size() const { return type.shape.elements(); }
  double number(std::size_t i) const;
  static ClosedValue of(const Type&);
};

/// What an op makes of these.
ClosedValue applied(const Op&, const Type& made, std::span<const ClosedValue* const> in);

/// Such values of a graph, each computed by the ops' own definitions when it is first asked for.
class ClosedValues {
 public:
  static constexpr std::size_t most_elements = std::size_t{1} << 22;
  /// Adds a constant, or an op of which all operands were added. False for any other, and for one of more elements.
  bool add(Value v);
  bool contains(Value v) const { return closed_.contains(v.id); }
  /// Lets go of what was computed.
  void forget() { known_.clear(); }
  /// One that was added.
  const ClosedValue& at(Value v) const;

 private:
  std::set<std::uint32_t> closed_{};
  mutable std::map<std::uint32_t, ClosedValue> known_{};
};

}  // namespace vitrine
