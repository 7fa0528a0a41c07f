#include "runtime/iteration.hpp"

#include <algorithm>
#include <string>

#include "vitrine/error.hpp"

namespace vitrine {

Iteration::Iteration(std::span<const FloatView> operands, std::span<const FloatView> results) {
  if (results.empty()) throw InternalError("an elementwise kernel has no result to write");
  const FloatView& like = results.front();
  if (like.rank < 0 || static_cast<std::size_t>(like.rank) > FloatView::most_axes) {
    throw InternalError("an elementwise view has rank " + std::to_string(like.rank) + ", which is not within 0 to 6");
  }
  rank_ = static_cast<std::size_t>(like.rank);
  sizes_ = like.sizes;
  for (std::size_t axis = 0; axis < rank_; ++axis) count_ *= sizes_[axis];
  walks_.reserve(operands.size() + results.size());
  for (const FloatView& view : operands) add(view, like);
  for (const FloatView& view : results) add(view, like);
  merge_axes();
  for (Walk& walk : walks_) {
    walk.flat_stride = rank_ == 0 ? 0 : rank_ == 1 ? walk.strides[0] : irregular;
    if (rank_ < 2) continue;
    // Merged axes may still be regular for one view.
    bool regular = true;
    for (std::size_t axis = 0; axis + 1 < rank_; ++axis) {
      regular = regular && walk.strides[axis] == walk.strides[axis + 1] * static_cast<std::ptrdiff_t>(sizes_[axis + 1]);
    }
    if (regular) walk.flat_stride = walk.strides[rank_ - 1];
  }
}

void Iteration::add(const FloatView& view, const FloatView& like) {
  if (view.rank != like.rank || !std::equal(view.sizes.begin(), view.sizes.begin() + view.rank, like.sizes.begin())) {
    throw InternalError("the views of an elementwise kernel differ in rank or sizes: broadcast them first");
  }
  walks_.push_back({view.data, view.strides, 0});
}

void Iteration::merge_axes() {
  std::size_t kept = 0;  // axes [0, kept) are final, except that the last of them may grow
  for (std::size_t axis = 0; axis < rank_; ++axis) {
    if (sizes_[axis] == 1) continue;
    const bool merges =
        kept > 0 && std::all_of(walks_.begin(), walks_.end(), [&](const Walk& walk) {
          return walk.strides[kept - 1] == walk.strides[axis] * static_cast<std::ptrdiff_t>(sizes_[axis]);
        });
    if (!merges) ++kept;
    sizes_[kept - 1] = merges ? sizes_[kept - 1] * sizes_[axis] : sizes_[axis];
    for (Walk& walk : walks_) walk.strides[kept - 1] = walk.strides[axis];
  }
  rank_ = kept;
}

bool Iteration::same_in_every_row(std::size_t view) const {
  const auto& strides = walks_[view].strides;
  return rank_ > 0 && std::all_of(strides.begin(), strides.begin() + static_cast<std::ptrdiff_t>(rank_ - 1),
                                  [](std::ptrdiff_t stride) { return stride == 0; });
}

float* Iteration::address(std::size_t view, std::size_t at) const {
  const Walk& walk = walks_[view];
  std::ptrdiff_t offset = 0;
  for (std::size_t axis = rank_; axis-- > 0;) {
    offset += static_cast<std::ptrdiff_t>(at % sizes_[axis]) * walk.strides[axis];
    at /= sizes_[axis];
  }
  return walk.data + offset;
}

template <class Run> void Iteration::for_each_stretch(std::size_t view, std::size_t at, std::size_t n, Run run) const {
  const std::size_t row = inner();
  for (std::size_t done = 0; done < n;) {
    const std::size_t stretch = std::min(n - done, row - (at + done) % row);
    run(address(view, at + done), done, stretch);
    done += stretch;
  }
}

void Iteration::gather(std::size_t view, std::size_t at, std::size_t n, float* tile) const {
  const std::ptrdiff_t stride = inner_stride(view);
  for_each_stretch(view, at, n, [&](const float* from, std::size_t first, std::size_t stretch) {
    float* const to = tile + first;
    if (stride == 0) {
      for (std::size_t i = 0; i < stretch; ++i) to[i] = *from;
    } else if (stride == 1) {
      for (std::size_t i = 0; i < stretch; ++i) to[i] = from[i];
    } else {
      for (std::size_t i = 0; i < stretch; ++i) to[i] = from[static_cast<std::ptrdiff_t>(i) * stride];
    }
  });
}

void Iteration::scatter(std::size_t view, std::size_t at, std::size_t n, const float* tile) const {
  const std::ptrdiff_t stride = inner_stride(view);
  for_each_stretch(view, at, n, [&](float* to, std::size_t first, std::size_t stretch) {
    const float* const from = tile + first;
    for (std::size_t i = 0; i < stretch; ++i) to[static_cast<std::ptrdiff_t>(i) * stride] = from[i];
  });
}

}  // namespace vitrine
