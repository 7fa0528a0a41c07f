#pragma once
// Where on the map of a compilation each node belongs: its module, and the side of the forward pass or of gradients.
#include "tools/report/history.hpp"

namespace vitrine {

/// Forward values run downwards on the left, gradients upwards on the right, updates apart.
enum class Lane : std::uint8_t { forward, gradient, update };

struct Place {
  bool drawn = false;                 // a number is written in the nodes that read it, and has no place
  std::string module{};               // "blocks.0.attention"
  std::vector<std::string> frames{};  // the frames around it, from the outside in
  Lane lane = Lane::forward;
  std::string title{};  // what is written in its box: "matmul transpose_right", "up.weight"
};

/// The node of this id, alive or not.
const Node& node_of(const History&, std::uint32_t id);

/// A node that maps draw: of a compilation, or, behind those, of the one that it is compared with.
struct Drawn {
  const Node* node = nullptr;              // null: none of this number was ever made
  std::vector<std::uint32_t> operands{};   // those that it was made with
  std::vector<std::uint32_t> origin{};     // the nodes that it was made of
  std::vector<std::uint32_t> reads_too{};  // in the other compilation
  Place place{};
  bool of_other = false;  // only the other compilation has it
  bool was_there() const { return node; }
};
using Scene = std::vector<Drawn>;  // by number, which is the id of a node of the first compilation

/// The nodes of one compilation.
Scene scene_of(const History&);

/// The frame around all updates.
inline constexpr const char* updates_frame = "updates of parameters";

}  // namespace vitrine
