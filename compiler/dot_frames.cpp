#include "compiler/dot_frames.hpp"

#include <algorithm>

namespace vitrine {

namespace {

constexpr int deepest = 8;

Frame& inner(Frame& outer, const std::string& title) {
  const auto at = std::ranges::find(outer.inside, title, &Frame::title);
  return at != outer.inside.end() ? *at : outer.inside.emplace_back(Frame{.title = title});
}

void simplify(Frame& frame) {
  for (Frame& each : frame.inside) {
    simplify(each);
    if (each.boxes.empty() && each.inside.size() == 1) {
      Frame only = std::move(each.inside.front());
      each = std::move(only);
    }
  }
}

}  // namespace

Frame frames_of(const Picture& picture) {
  Frame whole;
  for (std::size_t i = 0; i < picture.boxes.size(); ++i) {
    const Box& box = picture.boxes[i];
    Frame* at = &whole;
    if (box.family != Box::none && !picture.folded(box)) {
      at = &inner(whole, picture.families[box.family]);
    } else if (!box.module.empty()) {
      std::size_t end = 0;
      for (int depth = 1; end != std::string::npos; ++depth) {
        end = depth == deepest ? std::string::npos : box.module.find('.', depth == 1 ? 0 : end + 1);
        at = &inner(*at, box.module.substr(0, end));
      }
    }
    at->boxes.push_back(i);
  }
  simplify(whole);
  return whole;
}

}  // namespace vitrine
