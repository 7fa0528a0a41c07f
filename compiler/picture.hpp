#pragma once
// What a drawn graph consists of, before a drawing language is chosen: which nodes get a box of their own, which are
// folded into one, which are written into the box that reads them.
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "compiler/update_families.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

struct Box {
  std::vector<Value> nodes{};  // what it stands for, operands before users
  std::string module{};        // "block.3.attention": the frame it is drawn in
  Phase phase = Phase::forward;
  std::size_t family = none;     // of an update: an index into Picture::families
  std::string folded_as{};       // what a folded box is called; empty if it is one node drawn as itself
  std::vector<Value> repeats{};  // the same nodes of the modules that this one stands for too
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
};

/// Modules numbered one after the other that compute the same; only the first is drawn.
struct Repeats {
  std::string first{}, last{};  // "blocks.0", "blocks.3"
  std::size_t times = 0;
  bool contains(const std::string& module) const;
};
/// "blocks.0 to blocks.3 (× 4)"
std::string title_of(const Repeats&);

/// What a picture says of its nodes beside what they are: another fill, and a line of words; and the key to the fills.
struct Paint {
  struct Of {
    std::string_view fill;
    std::string words{};
  };
  std::map<std::uint32_t, Of> nodes{};
  std::vector<std::pair<std::string_view, std::string>> key{};  // fill, what it means
  std::vector<std::string> says{};                              // beneath the picture's name
};

struct Picture {
  const Graph* graph = nullptr;
  Paint paint{};
  std::vector<Box> boxes{};
  std::vector<std::string> families{};
  std::vector<Repeats> repeats{};
  std::size_t nodes = 0, folded_nodes = 0, folded_boxes = 0, repeated_nodes = 0;  // repeated: of repeats not drawn
  bool too_large = false;  // folded because there are more nodes than may be drawn

  bool folded(const Box& box) const { return !box.folded_as.empty(); }
  /// Whether a node is drawn in or as this box.
  bool holds(const Box& box, Value v) const { return box_of(v) == box_of(box.nodes.front()); }
  /// A model of repeats, in so few boxes that all of it fits a screen.
  bool fits_screen() const { return !repeats.empty() && boxes.size() <= 24; }
  /// The box a node is drawn in or as; Box::none for a number written into its readers' boxes.
  std::size_t box_of(Value) const;

  struct Fold {
    std::string title{};   // empty: leave the box alone
    std::string module{};  // the frame that the folded box is drawn in
    bool repeat = false;   // what is folded repeats what is drawn
  };
  /// Boxes for which `into` answers the same become one.
  void fold(const std::function<Fold(const Box&)>& into);
  /// After boxes have changed: which node is in which, and how many are folded.
  void number_boxes();

  /// Which of which repeats a node belongs to, by node id; outside of repeats none.
  struct Turn {
    std::size_t repeats = Box::none, turn = 0;
  };
  std::vector<Turn> turn_of_id{};
  /// Whether one repeat hands a value on to another.
  bool hands_on(Value, Value user) const;
  std::vector<std::size_t> box_of_id{};  // by node id; read it through box_of
};

/// Whether a node is a constant of one element, which is drawn as a number in the boxes that read it. One that is
/// handed out under a name keeps its box.
bool is_number(const Graph&, Value);

/// One box for each node that is not a number.
Picture picture_of(const Graph&);

}  // namespace vitrine
