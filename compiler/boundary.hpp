#pragma once
// A rewrite at its own boundary: the few nodes that it took out and put in, as a graph by themselves, whose leaves may
// be anything.
#include <map>
#include <set>

#include "compiler/rewriter.hpp"

namespace vitrine {

/// Who read what while a pass ran. Ops and types never change, but operands do, so a record can only be read along with
/// this.
class Moment {
 public:
  explicit Moment(const Graph& before);
  /// The rewrite has happened.
  void apply(const Rewrite&);
  /// The nodes that a rewrite made are there, and not yet in anything's place.
  void add_made(const Rewrite&);

  const std::vector<std::uint32_t>& operands(std::uint32_t id) const;
  /// Whether `id` is computed from `from`, however far back.
  bool comes_from(std::uint32_t id, std::uint32_t from) const;
  /// Whether an input of the graph has a part in it.
  bool comes_from_input(std::uint32_t id) const;
  /// Whether something beside these nodes reads it, or it is handed out.
  bool read_outside(std::uint32_t id, const std::set<std::uint32_t>& inside) const;

 private:
  bool comes_from(std::uint32_t id, const auto& wanted) const;

  std::map<std::uint32_t, std::vector<std::uint32_t>> operands_{};
  std::map<std::uint32_t, std::multiset<std::uint32_t>> users_{};
  std::set<std::uint32_t> inputs_{}, results_{};
};

/// Nodes of a graph, and below them what they are computed from: that is free to be anything. So is `by`, if it is not
/// inside.
struct Piece {
  std::set<std::uint32_t> inside{};
  std::uint32_t by = 0;
  std::set<std::uint32_t> free(const Moment&) const;
};

/// The smallest piece that holds both sides of a replacement.
Piece boundary(const Moment&, const Rewrite&);
/// A larger piece: of what is free, that which depends on other free nodes (and so was not free) comes inside, then
/// what is made of numbers alone, in the end `by` too. False if there was none.
bool grow(Piece&, const Moment&, const Graph&);

/// The piece as a graph, nodes under the ids that they have in `graph`. Constants stay, other free nodes become inputs,
/// or states where no input of the graph has a part in them. `results` are handed out as "%<id>".
Graph cut_out(const Graph& graph, const Moment&, const std::set<std::uint32_t>& inside,
              const std::vector<std::uint32_t>& results, std::string name);

/// What a graph computes, as text, whatever its nodes and leaves are called.
std::string nameless(const Graph&);

}  // namespace vitrine
