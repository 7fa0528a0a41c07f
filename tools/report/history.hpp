#pragma once
// A compilation as a story: every node ever alive, every change in order, and after each pass what the graph had come
// to. All of it is taken from the compiler's own record and held against the graphs that it left.
#include <functional>

#include "compiler/passes.hpp"
#include "vitrine/optimizer.hpp"
#include "vitrine/plan.hpp"

namespace vitrine {

/// One thing that happened to the graph. Nodes are told by their ids.
struct Change {
  enum class Kind : std::uint8_t {
    replaced,       // every use of matched[0] became one of `by`
    erased,         // matched[0] went
    kept,           // the state matched[0] is not updated any more
    grouped,        // matched run as one step
    differentiated  // made holds a derivative of matched[0], or its next value if that is a state
  } kind = Kind::replaced;
  std::string rule{};
  std::string file{};  // of the compiler, and the line; empty for differentiated
  std::uint32_t line = 0;
  std::vector<std::uint32_t> matched{}, made{};
  std::uint32_t by = none;
  static constexpr std::uint32_t none = ~std::uint32_t{0};
};

/// A pass's turn, or a stage between passes ("traced", "differentiate"), and what the graph was at its end.
struct Turn {
  std::string pass{};
  const Pass* told = nullptr;  // null for a stage
  std::size_t round = 0;       // the last in which it ran, of turns with nothing between them
  std::size_t first = 0, changes = 0;
  std::size_t nodes = 0;                   // alive
  std::size_t arena = 0, lower_bound = 0;  // bytes of a program made of the graph as it stood
  std::size_t steps = 0;
  double nanoseconds = 0;  // predicted for one run of it
};

/// A candidate that was turned down, and the turn's pass that did it.
struct TurnedDown {
  std::string pass{}, rule{}, file{};
  std::uint32_t line = 0;
  std::uint32_t candidate = Change::none, producer = Change::none, consumer = Change::none;
  std::string reason{}, suggestion{};
};

struct History {
  Graph graph{};  // as the last pass left it; dead nodes keep op and operands
  Plan plan{};
  std::uint32_t traced = 0;                            // nodes with a smaller id were there from the beginning
  std::vector<bool> born{};                            // by id: whether a node of this id was ever made
  std::vector<std::vector<std::uint32_t>> operands{};  // by id: those that the node was made with
  std::vector<std::pair<std::string, std::uint32_t>> outputs{};            // in the beginning
  std::vector<std::pair<std::uint32_t, std::uint32_t>> updates{};          // likewise: state, next
  std::vector<std::pair<std::uint32_t, std::uint32_t>> learned_updates{};  // that differentiation added
  std::vector<std::uint32_t> groups{};                                     // by id, in the beginning
  std::vector<Turn> turns{};
  std::vector<Change> changes{};
  std::vector<std::pair<std::size_t, Graph>> stands{};  // what the graph was at the end of a turn that changed it
  std::vector<TurnedDown> refusals{};
  std::vector<std::string> families{};            // titles, as update_families has them
  std::map<std::uint32_t, std::size_t> family{};  // of nodes of updates

  bool was_there(std::uint32_t id) const { return id < born.size() && born[id]; }
  /// What the graph was at the end of a turn, by its place in `stands`.
  std::size_t stood(std::size_t turn) const;
};

/// Compiles a graph as it is: passes, then the plan.
History history_of(const Graph&, std::span<const Pass>, const Target&);
/// The whole way of a model that trains: recognition, derivatives, passes, plan.
History history_of_training(const Graph& forward, const Optimizer&, const Target&,
                            std::span<const Pass> recognition = recognition_pipeline,
                            std::span<const Pass> = default_pipeline);

}  // namespace vitrine
