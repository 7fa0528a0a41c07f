#pragma once
// Two graphs side by side: what is in both, what is in both and not the same, what is in one only. Computed from the
// graphs: no text is compared, and ids need not agree.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/graph.hpp"

namespace vitrine {

/// In what the two nodes of a pair differ. Of what they read it counts whether the operands are each other's pairs, so
/// that a change shows where it is and not in everything that is computed from it.
struct Difference {
  bool op = false, attributes = false, type = false, operands = false;
  bool value = false;  // a constant's numbers, or how a state begins
  bool name = false;   // of an input or a state
  bool step = false;   // with which nodes it runs as one step
  bool operator==(const Difference&) const = default;
  explicit operator bool() const { return *this != Difference{}; }
  /// It computes the same: only with which nodes it runs is another matter.
  bool only_in_step() const { return step && *this == Difference{.step = true}; }
};
/// "attributes, operands"
std::string words(const Difference&);

struct NodePair {
  Value a{}, b{};
  Difference differs{};
  std::string_view found_by{};  // "structure", "ancestry", "operands", "users", "neighbours", "place"
};

/// An output or a state's next value.
struct ResultChange {
  std::string name{};
  bool is_update = false;
  Value a{}, b{};  // one is empty where only the other graph has it; else they are no pair
};

struct GraphDiff {
  std::vector<NodePair> pairs{};          // in b's order
  std::vector<Value> only_a{}, only_b{};  // each in its graph's order; numbers, which stand where they are read, aside
  std::vector<ResultChange> results{};
  std::size_t remains = 0;  // in either: replaced, read by nothing and not removed yet; in none of the lists
  bool equal() const;
  std::size_t changed() const;
};

/// One line of a difference: a node that only one graph has, or a pair that differs.
struct DiffLine {
  Value a{}, b{};                  // one is empty where only the other graph has it
  const NodePair* pair = nullptr;  // of the difference
};

struct DiffOptions {
  /// The graphs are two points of one compilation: an id means the same node in both.
  bool same_ids = false;
  /// What the record of that compilation knows: the node that took the place of another.
  std::map<std::uint32_t, std::uint32_t> became{};
  /// The graphs are of two compilations that went the same way at first: ids below this mean the same node in both.
  /// What structure leaves unpaired is paired by what each compilation made of such a node.
  std::uint32_t shared = 0;
  std::map<std::uint32_t, std::uint32_t> became_a{}, became_b{};
};

/// Nodes are paired by structural hash; those left over by ancestry (ids of one compilation, what replaced them), by
/// what they read and who reads them, by op, module, phase and line. Linear in the size of the graphs but for the
/// sorted lookups, and the same answer each time. The graphs must outlive it.
GraphDiff graph_diff(const Graph& a, const Graph& b, const DiffOptions& = {});

/// Every difference of two graphs once, as b has them in order; what only a has before what followed it there.
std::vector<DiffLine> lines_of(const GraphDiff&, const Graph& a, const Graph& b);

}  // namespace vitrine
