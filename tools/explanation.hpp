#pragma once
// All there is to say about one value of a compilation, for `explain`.
#include "tools/life.hpp"
#include "tools/node_error.hpp"
#include "tools/op_pages.hpp"
#include "tools/value_place.hpp"

namespace vitrine {

struct Explanation {
  std::string model{}, step{};
  std::uint32_t node = 0;
  std::string line{};  // its text as it was at first
  Location at{};       // its own, or that of what it was made of
  Phase phase = Phase::forward;
  std::string made_for{};  // of a gradient or an update: the node it belongs to, as text
  std::string born{};      // "traced", "differentiation", "the optimizer's update", or the pass that made it
  Life life{};
  std::string last_line{};    // what it became, if that is alive
  std::string replaced_by{};  // of a value that is not computed any more: by which node another one is instead
  ValuePlace place{};
  Mathematics mathematics{};
  std::vector<std::string> derivative_nodes{};  // of a forward node that is trained: what its derivative rule made
  std::string next_line{};                      // of a state: what its next value is made by
  double operations = 0, bytes = 0;             // of it by itself
  double bytes_in_step = 0;                     // as its step runs it
  std::vector<std::string> results{};           // "output loss", "the next value of up.weight"
  NodeError error{};
};

/// Which node is meant: by number, or by the name of a leaf or an output. UsageError: what is near it, and how to list.
std::uint32_t find_node(const Compilation&, const std::string& model, const std::string& asked);

/// Everything but the error.
Explanation explanation_of(const Compilation&, std::uint32_t id);

std::string text(const Explanation&);
std::string json(const Explanation&);

}  // namespace vitrine
