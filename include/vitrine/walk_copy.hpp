#pragma once
// What an op that only walks its operand (vitrine/walk.hpp) computes: a strided copy of elements of any type.
#include <algorithm>
#include <cstring>

#include "vitrine/op.hpp"

namespace vitrine {

/// Axis i of the result is axis i of the operand.
constexpr Walk same_walk(const Shape& shape) {
  Walk walk{};
  for (int i = 0; i < shape.rank(); ++i) walk[static_cast<std::size_t>(i)] = {i, 0, 1};
  return walk;
}

/// Copies a row of elements of `Size` bytes, `step` bytes apart. (The size is a constant, so that memcpy is a move.)
template <std::size_t Size>
void copy_row(const std::byte* from, std::ptrdiff_t step, std::size_t count, std::byte* to) {
  for (std::size_t i = 0; i < count; ++i, from += step, to += Size) std::memcpy(to, from, Size);
}
inline void copy_row(const std::byte* from, std::ptrdiff_t step, std::size_t count, std::size_t size, std::byte* to) {
  if (step == static_cast<std::ptrdiff_t>(size)) return void(std::memcpy(to, from, count * size));
  switch (size) {
    case 1: return copy_row<1>(from, step, count, to);
    case 2: return copy_row<2>(from, step, count, to);
    case 4: return copy_row<4>(from, step, count, to);
    default: return copy_row<8>(from, step, count, to);
  }
}

/// out = in, looked at by the walk. Both are dense.
template <class Real> void copy_by_walk(const Walk& walk, const Buffer<Real>& in, const Buffer<Real>& out) {
  const Shape &from = in.shape(), &to = out.shape();
  if (to.elements() == 0) return;
  const std::size_t size = stored_size<Real>(out.type.dtype);
  std::array<std::ptrdiff_t, Shape::max_rank> strides{}, steps{};  // bytes, along the operand's and the result's axes
  std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(size);
  for (int i = from.rank() - 1; i >= 0; --i) {
    strides[static_cast<std::size_t>(i)] = stride;
    stride *= static_cast<std::ptrdiff_t>(from[i].size);
  }
  const auto* at = static_cast<const std::byte*>(in.data);
  for (std::size_t i = 0; i < static_cast<std::size_t>(to.rank()); ++i) {
    if (walk[i].axis < 0) continue;
    at += walk[i].begin * strides[static_cast<std::size_t>(walk[i].axis)];
    steps[i] = walk[i].step * strides[static_cast<std::size_t>(walk[i].axis)];
  }
  auto* made = static_cast<std::byte*>(out.data);
  if (to.empty()) return void(std::memcpy(made, at, size));
  const auto last = static_cast<std::size_t>(to.rank() - 1);
  const std::size_t row = to[-1].size, rows = to.elements() / row;
  std::array<std::size_t, Shape::max_rank> index{};
  for (std::size_t r = 0; r < rows; ++r, made += row * size) {
    copy_row(at, steps[last], row, size, made);
    for (std::size_t i = last; i-- > 0;) {
      at += steps[i];
      if (++index[i] < to[static_cast<int>(i)].size) break;
      at -= steps[i] * static_cast<std::ptrdiff_t>(index[i]);
      index[i] = 0;
    }
  }
}

}  // namespace vitrine
