#pragma once
// The graph: nodes, each with its op, operands and type. Boost.Graph lives behind Impl, in compiler/graph.cpp, because
// <boost/graph/adjacency_list.hpp> costs seconds in every file that sees it.
#include <map>
#include <memory>
#include <optional>

#include "vitrine/op.hpp"

namespace vitrine {

/// A node without an op is one of these.
enum class Leaf : std::uint8_t { none, input, state, constant };
/// What a node was made for. Pictures draw gradients beside the forward node they belong to, updates apart.
enum class Phase : std::uint8_t { forward, gradient, update };

/// How a state begins: every element `scale`, or drawn from N(0, scale^2) or U(-scale, scale), or (i32[2]) the low and
/// the high half of the seed of the run. `tied` says what its model means: that it is used in two places or more.
struct Init {
  enum class Rule : std::uint8_t { constant, normal, uniform, seed } rule = Rule::constant;
  Float scale = 0.f;
  bool tied = false;
  bool operator==(const Init&) const = default;
};

/// Where a node comes from: the line of the user's program, and the path of the module it belongs to.
struct Location {
  std::string file{};
  std::uint32_t line = 0;  // 0: not known
  std::string module{};
  bool operator==(const Location&) const = default;
};

struct Node {
  std::optional<Op> op{};
  Leaf leaf = Leaf::none;
  Type type{};
  std::vector<Value> operands{};
  std::string name{};                                       // of an input or a state
  Init init{};                                              // of a state
  std::shared_ptr<const std::vector<std::byte>> literal{};  // of a constant: its elements, row-major
  Location at{};
  Phase phase = Phase::forward;
  std::vector<std::uint32_t>
      origin{};             // the nodes it was made of: the forward node of a gradient, what a rewrite matched
  std::uint32_t group = 0;  // nodes with the same group run as one step; 0: alone
  bool alive = true;
};

/// A tensor for use as a constant.
struct Constant {
  Type type{};
  std::vector<std::byte> bytes{};
};

class Graph {
 public:
  Graph();
  explicit Graph(std::string name);
  Graph(const Graph&);      // the same ids; its Values point into the copy
  Graph(Graph&&) noexcept;  // likewise: look values up again after a move (find, outputs)
  Graph& operator=(Graph) noexcept;
  ~Graph();

  const std::string& name() const;
  void rename(std::string);

  /// Leaves. A name is used once per graph: UsageError otherwise.
  Value input(std::string name, const Type&);
  Value state(std::string name, const Type&, Init = {});
  Value constant(const Constant&);
  /// An op on operands of this graph. An equal node is not made twice. Throws UsageError with the type rule's sentence.
  Value add(const Op&, std::vector<Value> operands);
  /// A result that is handed out under a name, and a state's value after the step.
  void output(std::string name, Value);
  void update(Value state, Value next);
  /// For the parser, which keeps the ids it reads: the next node gets this id and is made even if it has a twin.
  void take_id(std::uint32_t);

  /// Alive nodes, operands before users and, among nodes that are ready, the oldest first: a dump changes only where
  /// the graph does.
  std::vector<Value> topological() const;
  const Node& node(Value) const;
  std::vector<Value> users(Value) const;
  bool is_read(Value) const;  // whether it has a user
  const std::vector<std::pair<std::string, Value>>& outputs() const;
  const std::vector<std::pair<Value, Value>>& updates() const;  // state, next
  bool is_result(Value) const;                                  // whether it is an output or a state's next value
  Value next(Value state) const;                                // empty if the state is not updated
  Value find(std::string_view leaf_name) const;                 // empty if there is none
  Value find(std::uint32_t id) const;                           // empty if dead or never made
  /// One more than the largest id ever given. Ids are never renumbered or reused.
  std::uint32_t end_of_ids() const;

  /// While it lives, new nodes get this module, phase and origin.
  class Scope {
   public:
    Scope(Graph&, std::string module, Phase, std::vector<std::uint32_t> origin = {});
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Graph& graph_;
    std::string module_;
    Phase phase_;
    std::vector<std::uint32_t> origin_;
  };
  const std::string& module() const;
  Phase phase() const;
  /// Nodes that do not know their line yet come from this one.
  void locate(std::string_view file, std::uint32_t line);

 private:
  friend class Rewriter;  // the only way to change what is there, so that its record is complete
  void replace_all_uses(Value from, Value to, std::span<const Value> but_by);
  void erase(Value);
  void drop_update(Value state);
  void put_in_group(Value, std::uint32_t group);
  void leave_group(Value);
  void dissolve(std::uint32_t group);
  std::uint32_t last_group() const;
  Node& edit(Value);
  friend class Annotations;  // what the parser restores beside the graph itself: lines, phases, groups

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vitrine
