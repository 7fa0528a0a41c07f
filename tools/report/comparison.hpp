#pragma once
// Two compilations beside each other: at every point of the first one how the second one's graph differs there, and
// what each did that the other did not. The differences are those of `graph_diff` and `record_diff`.
#include <set>

#include "compiler/graph_diff.hpp"
#include "tools/record_diff.hpp"
#include "tools/report/places.hpp"

namespace vitrine {

/// One difference of two graphs. Nodes are told by their numbers on the map: a node of the first compilation, or one
/// that both have, by its id there.
struct Differing {
  enum class Kind : std::uint8_t { only_a, only_b, changed, step } kind = Kind::changed;
  std::uint32_t at = 0;                // on the map
  std::uint32_t in_b = Change::none;   // its id in the second compilation
  std::string differs{}, found_by{};   // of a pair: in what, and how it was found
  std::string line{};                  // as the second compilation has it
  std::vector<std::uint32_t> reads{};  // in the second compilation
  std::uint32_t group = 0;             // likewise: the step that it runs in
};

struct Differences {
  std::size_t same = 0, remains = 0;
  std::vector<Differing> nodes{};  // as the second graph has them in order; what only the first has before what follows
  struct Result {
    std::string name{};
    bool is_update = false;
    std::string a{}, b{};  // which node it is in each; empty where it is not there
  };
  std::vector<Result> results{};
};

struct Comparison {
  std::string a{}, b{};  // the two in words
  History other{};
  /// By turn of the first: the turn of the second that it is held against, and the differences then.
  struct Point {
    std::size_t turn = 0, differences = 0;
  };
  std::vector<Point> points{};
  std::vector<Differences> differences{};
  std::vector<std::uint32_t> own{};  // ids of the second's nodes that have a number of their own, behind the first's
  std::map<std::uint32_t, std::uint32_t> on_map{};  // by id in the second: its own number, or that of its last partner
  std::map<std::uint32_t, std::set<std::uint32_t>> reads_too{};  // of nodes of both: those with a number of their own
  std::vector<std::size_t> rewrites_a{}, rewrites_b{};           // the changes that a record of rewrites has
  RecordDiff rewrites{};                                         // by places in these two
};

/// `first` must outlive it.
Comparison comparison_of(const History& first, History second);

/// The nodes of the first, and behind them those of the second with a number of their own.
Scene scene_of(const History& first, const Comparison&);

}  // namespace vitrine
