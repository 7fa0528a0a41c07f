#pragma once
#include <array>
#include <set>

#include "compiler/graph_diff.hpp"

namespace vitrine {

/// Which node of one graph is which of the other: pairs are found by one way after the other, the surest first.
class NodePairing {
 public:
  NodePairing(const Graph& a, const Graph& b, const DiffOptions&);

  /// The partner's id in the other graph, or `none`.
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  std::uint32_t in_b(std::uint32_t a) const { return to_b_[a]; }
  std::uint32_t in_a(std::uint32_t b) const { return to_a_[b]; }
  std::string_view found_by(std::uint32_t b) const { return found_by_[b]; }
  /// What a rewrite has replaced and nothing reads any more: its partner in the other graph is what took its place.
  bool is_remains_in_a(std::uint32_t a) const { return remains_[0].contains(a); }
  bool is_remains_in_b(std::uint32_t b) const { return remains_[1].contains(b); }
  const std::vector<Value>& order_of_a() const { return order_a_; }
  const std::vector<Value>& order_of_b() const { return order_b_; }

 private:
  bool free_a(Value v) const { return to_b_[v.id] == none; }
  bool free_b(Value v) const { return to_a_[v.id] == none; }
  void pair(Value a, Value b, std::string_view how);

  void by_ancestry(const DiffOptions&);
  void by_structure();
  void by_name();
  void by_common_ancestor(const DiffOptions&);
  void leave_out_remains();
  bool by_operands();
  bool by_users();
  bool by_neighbours();
  bool by_place();

  std::vector<Value> candidates_for(Value b) const;
  int likeness(Value a, Value b) const;

  const Graph &a_, &b_;
  std::vector<Value> order_a_, order_b_;
  std::vector<std::uint32_t> to_b_, to_a_;
  std::vector<std::string_view> found_by_;
  std::array<std::set<std::uint32_t>, 2> remains_{};
};

/// A constant of one element without axes: it is written where it is read, and no node to a reader.
bool is_plain_number(Value);

}  // namespace vitrine
