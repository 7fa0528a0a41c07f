#pragma once
// Modules as nested frames.
#include <string>
#include <vector>

#include "compiler/picture.hpp"

namespace vitrine {

struct Frame {
  std::string title{};  // the module's whole path; empty for the picture itself
  std::vector<std::size_t> boxes{};
  std::vector<Frame> inside{};
};

/// The frames of a picture. Around a frame that holds one frame and nothing else, none is drawn; paths deeper than 8
/// names are one frame from there on.
Frame frames_of(const Picture&);

}  // namespace vitrine
