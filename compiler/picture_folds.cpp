#include "compiler/picture_folds.hpp"

#include <algorithm>

#include "compiler/module_path.hpp"
#include "compiler/picture_repeats.hpp"

namespace vitrine {

namespace {

std::string part(Phase phase) { return phase == Phase::gradient ? ", gradients" : ""; }

}  // namespace

void fold_updates(Picture& picture) {
  picture.fold([&](const Box& box) {
    return box.family == Box::none || picture.folded(box) ? Picture::Fold{}
                                                          : Picture::Fold{picture.families[box.family], ""};
  });
}

void fold_down_to(Picture& picture, std::size_t most) {
  if (picture.boxes.size() <= most) return;
  picture.too_large = true;
  fold_updates(picture);
  if (picture.boxes.size() > most) fold_repeats(picture);
  if (picture.boxes.size() > most) fold_modules_around_repeats(picture);
  constexpr std::size_t most_families = 24;  // more stand in a row that is wider than any screen
  const auto is_update = [](const Box& box) { return box.family != Box::none; };
  if (static_cast<std::size_t>(std::ranges::count_if(picture.boxes, is_update)) > std::min(most, most_families))
    picture.fold([&](const Box& box) { return is_update(box) ? Picture::Fold{"all updates", ""} : Picture::Fold{}; });

  std::size_t deepest = 0;
  for (const Box& box : picture.boxes) deepest = std::max(deepest, module_depth(box.module));
  for (std::size_t level = deepest; level > 0 && picture.boxes.size() > most; --level)
    picture.fold([&](const Box& box) {
      if (module_depth(box.module) < level) return Picture::Fold{};
      const std::string module = upper_modules(box.module, level);
      return Picture::Fold{module + part(box.phase), upper_modules(module, level - 1)};
    });
  if (picture.boxes.size() <= most) return;
  std::size_t seen = 0;
  picture.fold([&](const Box&) {
    return ++seen < most ? Picture::Fold{} : Picture::Fold{"everything after these", ""};
  });
}

}  // namespace vitrine
