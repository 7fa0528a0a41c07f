#pragma once
#include <map>
#include <optional>
#include <set>

#include "vitrine/graph.hpp"

namespace vitrine {

/// The nodes that run as one step.
struct Unit {
  Value head{};                     // at most one node that is not elementwise f32
  std::vector<Value> companions{};  // what the head computes on its way; others read each of them
  std::vector<Value> members{};     // the elementwise ones, operands before users
  std::vector<Value> stored{};      // those whose value others read, head first
  std::vector<Value> sinks{};       // ops that take a member's value as it is made; only others read theirs
};

struct Units {
  std::vector<Value> needed{};  // what outputs and updates depend on, operands before users
  std::vector<Unit> units{};
  std::set<std::uint32_t> views{};              // needed layout nodes that no unit computes
  std::map<std::uint32_t, Constant> sources{};  // needed nodes without operands: their value is known now
};

/// Cuts the graph into steps: nodes with the same nonzero group are one, all others alone. Throws InternalError where a
/// group is not representable: two nodes that no kernel computes (and neither is the other's companion), a head that
/// reads its own group or has another size than what reads it, a mask or integer at a kernel's border, a stored value
/// that is smaller than its kernel, a sink that its own group reads or that goes through it in another way than the
/// rest.
Units units_of(const Graph&);

/// Whether `head` computes v on its way: the same operands, and v's op says so.
bool accompanies(Value v, Value head);

/// What a reduction goes over: all of its operand, the last axes or the first ones; nothing for others, which no step
/// has as a sink. Axes of size 1 are of either kind.
enum class Reduced : std::uint8_t { all, last_axes, first_axes };
std::optional<Reduced> axes_reduced(Value sink);

/// Whether a head makes its result so that the sink can take it: a matrix product's blocks, for one number of all of
/// it; whole images of a convolution, for a pooling.
bool hands_to_sink(Value head, Value sink);

/// Whether one pass over what they read can serve both sinks: each row of the one lies in a row of the other; or one is
/// the companion of the other.
bool fit_together(Value sink, Value other);

/// Whether a reduction runs beside a kernel of its group over elements of the same places, and takes what another step
/// has stored: it reads none of the group, none of the group reads it.
bool reads_beside(Value reduction, const std::vector<Value>& group);

/// The shape that a unit's kernel runs over: the members' sizes, broadcast.
Shape iteration_of(const Unit&);

}  // namespace vitrine
