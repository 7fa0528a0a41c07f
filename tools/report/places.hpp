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

/// By node id.
std::vector<Place> places_of(const History&);

/// The node of this id, alive or not.
const Node& node_of(const History&, std::uint32_t id);

/// The frame around all updates.
inline constexpr const char* updates_frame = "updates of parameters";

}  // namespace vitrine
