#pragma once
#include "vitrine/ops/max_pool2d.hpp"

namespace vitrine {

/// The mean of each window of images f32[batch, row, column, channel], for every channel by itself. Pixels outside of
/// the image count as 0, so that every window is divided by the same number.
struct AvgPool2d {
  VITRINE_ATTRIBUTES(AvgPool2d, (Extent, window), (Extent, stride), (Extent, padding));
  static constexpr Doc doc{
      .name = "avg_pool2d",
      .kind = Kind::reduction,
      .rule = "y[n, i, j, c] = sum of x[n, i s + a - p, j s + b - p, c] over a, b / places of the window",
      .derivative = "dx = avg_pool2d_gradient(dy)"};
  static constexpr bool leads = true;
  static constexpr Sinking sinks = Sinking::pools;
  static constexpr auto example() { return Example{AvgPool2d{{3, 2}, {2, 1}, {1, 1}}, std::array{f32<2, 4, 3, 2>}}; }
  bool operator==(const AvgPool2d&) const = default;

  constexpr Inferred type(Type x) const { return pooled_type(doc.name, x, window, stride, padding); }
  Gradients vjp(auto in, auto, auto g) const;
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type>, const Type&) const {
    if (axis == 1) return keeps_windows(1, window.rows, stride.rows, padding.rows);
    return axis == 2 ? keeps_windows(2, window.columns, stride.columns, padding.columns) : keeps(axis);
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const { return of[0].with(0); }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Windows over = windows_of(in[0].shape(), window, out.shape(), stride, padding);
    const Real share = Real(1) / static_cast<Real>(over.kernel_rows * over.kernel_columns);
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    over.each([&](std::size_t image, std::size_t i, std::size_t j, std::size_t row, std::size_t column, std::size_t) {
      for (std::size_t c = 0; c < over.channels; ++c)
        out.reals()[over.window(image, i, j) * over.channels + c] +=
            in[0].reals()[over.pixel(image, row, column) * over.channels + c];
    });
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] *= share;
  }
};

/// The derivative of avg_pool2d: each window's gradient in equal shares to its pixels, in images of shape `to`.
struct AvgPool2dGradient {
  VITRINE_ATTRIBUTES(AvgPool2dGradient, (Extent, window), (Extent, stride), (Extent, padding), (Shape, to));
  static constexpr Doc doc{.name = "avg_pool2d_gradient",
                           .kind = Kind::layout,
                           .rule = "dx = sum of dy over the windows that see the pixel / places of the window",
                           .derivative = "d(dy) = avg_pool2d(d)"};
  static constexpr bool leads = true;
  static constexpr auto example() {
    return Example{AvgPool2dGradient{{3, 2}, {2, 1}, {1, 1}, shape_of<2, 4, 3, 2>}, std::array{f32<2, 2, 4, 2>}};
  }
  bool operator==(const AvgPool2dGradient&) const = default;

  constexpr Inferred type(Type g) const {
    const Inferred pooled = pooled_type(doc.name, Type{DType::f32, to}, window, stride, padding);
    if (!pooled.ok()) return pooled;
    if (!agree(pooled.type, g))
      return Sentence{} << doc.name << ": windows over " << to << " make " << pooled.type << ", but the gradient is "
                        << g;
    return Type{DType::f32, to};
  }
  Gradients vjp(auto, auto, auto g) const { return {emit(AvgPool2d{window, stride, padding}, {g})}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Windows over = windows_of(to, window, in[0].shape(), stride, padding);
    const Real share = Real(1) / static_cast<Real>(over.kernel_rows * over.kernel_columns);
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    over.each([&](std::size_t image, std::size_t i, std::size_t j, std::size_t row, std::size_t column, std::size_t) {
      for (std::size_t c = 0; c < over.channels; ++c)
        out.reals()[over.pixel(image, row, column) * over.channels + c] +=
            in[0].reals()[over.window(image, i, j) * over.channels + c];
    });
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] *= share;
  }
};

Gradients AvgPool2d::vjp(auto in, auto, auto g) const {
  return {emit(AvgPool2dGradient{window, stride, padding, in[0].type().shape}, {g})};
}

/// avg_pool2d<window, stride, padding>(images); the stride is the window if it is not given.
template <Extent Window, Extent Stride = Window, Extent Padding = Extent{0, 0}>
constexpr auto avg_pool2d(Operand auto&& x) {
  return apply<AvgPool2d{Window, Stride, Padding}>(std::forward<decltype(x)>(x));
}

}  // namespace vitrine
