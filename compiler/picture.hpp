#pragma once
// What a drawn graph consists of, before a drawing language is chosen: which nodes get a box of their own, which are
// folded into one, which are written into the box that reads them.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "compiler/update_families.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

struct Box {
  std::vector<Value> nodes{};  // what it stands for, operands before users
  std::string module{};        // "block.3.attention": the frame it is drawn in
  Phase phase = Phase::forward;
  std::size_t family = none;  // of an update: an index into Picture::families
  std::string folded_as{};    // what a folded box is called; empty if it is one node drawn as itself
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
};

struct Picture {
  const Graph* graph = nullptr;
  std::vector<Box> boxes{};
  std::vector<std::string> families{};
  std::size_t nodes = 0, folded_nodes = 0, folded_boxes = 0;
  bool too_large = false;  // folded because there are more nodes than may be drawn

  bool folded(const Box& box) const { return !box.folded_as.empty(); }
  /// The box a node is drawn in or as; Box::none for a number written into its readers' boxes.
  std::size_t box_of(Value) const;

  struct Fold {
    std::string title{};   // empty: leave the box alone
    std::string module{};  // the frame that the folded box is drawn in
  };
  /// Boxes for which `into` answers the same title become one.
  void fold(const std::function<Fold(const Box&)>& into);

  std::vector<std::size_t> box_of_id{};  // by node id; read it through box_of
};

/// Whether a node is a constant of one element, which is drawn as a number in the boxes that read it. One that is
/// handed out under a name keeps its box.
bool is_number(const Graph&, Value);

/// One box for each node that is not a number.
Picture picture_of(const Graph&);

}  // namespace vitrine
