#pragma once
// The largest number of each window, and where in its window it lies: two ops on one operand that one step computes.
#include "vitrine/attributes.hpp"
#include "vitrine/expr.hpp"
#include "vitrine/extent.hpp"

namespace vitrine {

/// The type of what windows over images f32[batch, row, column, channel] make: one pixel for each window.
constexpr Inferred pooled_type(std::string_view name, const Type& x, Extent window, Extent stride, Extent padding) {
  if (x.dtype != DType::f32 || x.shape.rank() != 4)
    return Sentence{} << name << ": wants images f32[batch, row, column, channel], got " << x;
  constexpr std::int64_t widest = 1 << 16;  // so that no product of sizes overflows
  const auto bad = [](std::int64_t k, std::int64_t s, std::int64_t p) {
    return k < 1 || k > widest || s < 1 || p < 0 || p > k / 2;
  };
  if (bad(window.rows, stride.rows, padding.rows) || bad(window.columns, stride.columns, padding.columns))
    return Sentence{} << name
                      << ": wants a window of 1x1 to 65536x65536, a stride of at least 1x1 and a padding of at most "
                         "half a window, "
                      << "got window " << window.rows << "x" << window.columns << ", stride " << stride.rows << "x"
                      << stride.columns << ", padding " << padding.rows << "x" << padding.columns;
  const std::size_t rows = windows(x.shape[1].size, static_cast<std::size_t>(window.rows), stride.rows, padding.rows);
  const std::size_t columns =
      windows(x.shape[2].size, static_cast<std::size_t>(window.columns), stride.columns, padding.columns);
  if (rows == 0 || columns == 0 || x.shape[1].size == 0 || x.shape[2].size == 0)
    return Sentence{} << name << ": a window of " << window.rows << "x" << window.columns
                      << " does not fit into the images of " << x.shape;
  return Type{DType::f32,
              Shape{} << x.shape[0] << resized(x.shape[1], rows) << resized(x.shape[2], columns) << x.shape[3]};
}

/// Calls keep(element of the result, maximum, its place) for every window and channel.
template <class Real> void each_maximum(Buffers<Real> in, const Windows& over, const auto& keep) {
  const Real* x = in[0].reals();
  for (std::size_t image = 0; image < over.batch; ++image)
    for (std::size_t i = 0; i < over.result_rows; ++i)
      for (std::size_t j = 0; j < over.result_columns; ++j)
        for (std::size_t c = 0; c < over.channels; ++c) {
          bool first = true;
          Real top{};
          std::size_t best = 0;
          over.each_place(i, j, [&](std::size_t row, std::size_t column, std::size_t place) {
            const Real candidate = x[over.pixel(image, row, column) * over.channels + c];
            // The first of equals stays; a NaN is larger than any number, and the first NaN stays.
            if (first || candidate > top || (candidate != candidate && top == top)) top = candidate, best = place;
            first = false;
          });
          keep(over.window(image, i, j) * over.channels + c, top, best);
        }
}

/// The largest number that each window sees, for every channel by itself; pixels outside of the image do not count.
/// Of equal numbers the first, row by row, is the maximum: the gradient goes to it alone. NaN is larger than all.
struct MaxPool2d {
  VITRINE_ATTRIBUTES(MaxPool2d, (Extent, window), (Extent, stride), (Extent, padding));
  static constexpr Doc doc{
      .name = "max_pool2d",
      .kind = Kind::reduction,
      .rule = "y[n, i, j, c] = max of x[n, i s + a - p, j s + b - p, c] over the window's a, b",
      .derivative = "dx = dy at max_pool2d_place(x), 0 elsewhere: the first of equals gets it all"};
  static constexpr bool leads = true;
  static constexpr Sinking sinks = Sinking::pools;
  static constexpr auto example() { return Example{MaxPool2d{{3, 2}, {2, 1}, {1, 1}}, std::array{f32<2, 4, 3, 2>}}; }
  bool operator==(const MaxPool2d&) const = default;

  constexpr Inferred type(Type x) const { return pooled_type(doc.name, x, window, stride, padding); }
  Gradients vjp(auto in, auto, auto g) const;
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type>, const Type&) const {
    if (axis == 1) return keeps_windows(1, window.rows, stride.rows, padding.rows);
    return axis == 2 ? keeps_windows(2, window.columns, stride.columns, padding.columns) : keeps(axis);
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const { return of[0]; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    each_maximum(in, windows_of(in[0].shape(), window, out.shape(), stride, padding),
                 [&](std::size_t at, Real top, std::size_t) { out.reals()[at] = top; });
  }
};

/// Where in its window the maximum lies: its place counted row by row over the whole window, u8. max_pool2d computes
/// it on its way, so the two are one step.
struct MaxPool2dPlace {
  VITRINE_ATTRIBUTES(MaxPool2dPlace, (Extent, window), (Extent, stride), (Extent, padding));
  static constexpr Doc doc{.name = "max_pool2d_place",
                           .kind = Kind::reduction,
                           .rule = "the place a * columns + b at which max_pool2d found the maximum of its window",
                           .derivative = "none: a place has none"};
  static constexpr Sinking sinks = Sinking::pools;
  static constexpr auto example() {
    return Example{MaxPool2dPlace{{3, 2}, {2, 1}, {1, 1}}, std::array{f32<2, 4, 3, 2>}};
  }
  bool operator==(const MaxPool2dPlace&) const = default;

  constexpr Inferred type(Type x) const {
    Inferred made = pooled_type(doc.name, x, window, stride, padding);
    if (made.ok() && window.rows * window.columns > 256)
      return Sentence{} << doc.name << ": a window of " << window.rows << "x" << window.columns
                        << " has more than 256 places";
    made.type.dtype = DType::u8;
    return made;
  }
  Op companion_of() const { return MaxPool2d{window, stride, padding}; }
  Gradients vjp(auto in, auto, auto) const { return Gradients(in.size()); }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type>, const Type&) const {
    if (axis == 1) return keeps_windows(1, window.rows, stride.rows, padding.rows);
    return axis == 2 ? keeps_windows(2, window.columns, stride.columns, padding.columns) : keeps(axis);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    each_maximum(
        in, windows_of(in[0].shape(), window, out.shape(), stride, padding),
        [&](std::size_t at, Real, std::size_t place) { out.booleans()[at] = static_cast<std::uint8_t>(place); });
  }
};

/// What scatter and gather along places share: the sizes must be those of the pooling that found the places.
constexpr Inferred placed_type(std::string_view name, const Shape& images, const Type& places, Extent window,
                               Extent stride, Extent padding) {
  const Inferred pooled = pooled_type(name, Type{DType::f32, images}, window, stride, padding);
  if (!pooled.ok()) return pooled;
  if (places.dtype != DType::u8 || !agree(places.shape, pooled.type.shape))
    return Sentence{} << name << ": windows over " << images << " have places u8" << pooled.type.shape << ", got "
                      << places;
  return pooled;
}
/// Calls visit(window element, image element) for each place.
template <class Real> void each_place_of(const Buffer<Real>& places, const Windows& over, const auto& visit) {
  for (std::size_t image = 0; image < over.batch; ++image)
    for (std::size_t i = 0; i < over.result_rows; ++i)
      for (std::size_t j = 0; j < over.result_columns; ++j)
        for (std::size_t c = 0; c < over.channels; ++c) {
          const std::size_t from = over.window(image, i, j) * over.channels + c;
          over.each_place(i, j, [&](std::size_t row, std::size_t column, std::size_t place) {
            if (place == places.booleans()[from]) visit(from, over.pixel(image, row, column) * over.channels + c);
          });
        }
}

/// The derivative of max_pool2d: each window's gradient goes to the pixel at its place, into images of shape `to`.
struct MaxPool2dScatter {
  VITRINE_ATTRIBUTES(MaxPool2dScatter, (Extent, window), (Extent, stride), (Extent, padding), (Shape, to));
  static constexpr Doc doc{.name = "max_pool2d_scatter",
                           .kind = Kind::layout,
                           .rule = "dx = sum of dy over the windows whose place the pixel is, 0 elsewhere",
                           .derivative = "d(dy) = max_pool2d_gather(d, place)"};
  static constexpr bool leads = true;
  static constexpr auto example() {
    return Example{MaxPool2dScatter{{3, 2}, {2, 1}, {1, 1}, shape_of<2, 4, 3, 2>},
                   std::array{f32<2, 2, 4, 2>, Type{DType::u8, shape_of<2, 2, 4, 2>}}};
  }
  bool operator==(const MaxPool2dScatter&) const = default;

  constexpr Inferred type(Type g, Type places) const {
    const Inferred pooled = placed_type(doc.name, to, places, window, stride, padding);
    if (!pooled.ok()) return pooled;
    if (!agree(pooled.type, g))
      return Sentence{} << doc.name << ": windows over " << to << " make " << pooled.type << ", but the gradient is "
                        << g;
    return Type{DType::f32, to};
  }
  Gradients vjp(auto in, auto, auto g) const;
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    each_place_of(in[1], windows_of(to, window, in[0].shape(), stride, padding),
                  [&](std::size_t from, std::size_t pixel) { out.reals()[pixel] += in[0].reals()[from]; });
  }
};

/// The pixel at each window's place; 0 for a place outside of the image.
struct MaxPool2dGather {
  VITRINE_ATTRIBUTES(MaxPool2dGather, (Extent, window), (Extent, stride), (Extent, padding));
  static constexpr Doc doc{.name = "max_pool2d_gather",
                           .kind = Kind::layout,
                           .rule = "y = x at the place of each window",
                           .derivative = "dx = max_pool2d_scatter(dy, place)"};
  static constexpr auto example() {
    return Example{MaxPool2dGather{{3, 2}, {2, 1}, {1, 1}},
                   std::array{f32<2, 4, 3, 2>, Type{DType::u8, shape_of<2, 2, 4, 2>}}};
  }
  bool operator==(const MaxPool2dGather&) const = default;

  constexpr Inferred type(Type x, Type places) const {
    if (x.dtype != DType::f32) return Sentence{} << doc.name << ": wants images f32, got " << x;
    return placed_type(doc.name, x.shape, places, window, stride, padding);
  }
  Gradients vjp(auto in, auto, auto g) const {
    return {emit(MaxPool2dScatter{window, stride, padding, in[0].type().shape}, {g, in[1]}), Value{}};
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    each_place_of(in[1], windows_of(in[0].shape(), window, out.shape(), stride, padding),
                  [&](std::size_t to, std::size_t pixel) { out.reals()[to] = in[0].reals()[pixel]; });
  }
};

Gradients MaxPool2d::vjp(auto in, auto, auto g) const {
  const Value place = emit(MaxPool2dPlace{window, stride, padding}, {in[0]});
  return {emit(MaxPool2dScatter{window, stride, padding, in[0].type().shape}, {g, place})};
}
Gradients MaxPool2dScatter::vjp(auto in, auto, auto g) const {
  return {emit(MaxPool2dGather{window, stride, padding}, {g, in[1]}), Value{}};
}

/// max_pool2d<window, stride, padding>(images); the stride is the window if it is not given.
template <Extent Window, Extent Stride = Window, Extent Padding = Extent{0, 0}>
constexpr auto max_pool2d(Operand auto&& x) {
  return apply<MaxPool2d{Window, Stride, Padding}>(std::forward<decltype(x)>(x));
}

}  // namespace vitrine
