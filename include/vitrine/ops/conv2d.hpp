#pragma once
// Convolution and its two derivatives. All three are linear in each operand, so that they are each other's derivatives
// and no fourth op is needed.
#include "vitrine/attributes.hpp"
#include "vitrine/expr.hpp"
#include "vitrine/extent.hpp"

namespace vitrine {

/// What the three ops share: how the kernel moves, and in how many groups the channels go their own ways.
constexpr Inferred convolution_type(std::string_view name, const Type& x, const Type& weight, Extent stride,
                                    Extent padding, std::int64_t groups) {
  if (x.dtype != DType::f32 || weight.dtype != DType::f32 || x.shape.rank() != 4 || weight.shape.rank() != 4)
    return Sentence{} << name
                      << ": wants images f32[batch, row, column, channel] and a weight f32[row, column, channel "
                      << "in, channel out], got " << x << " and " << weight;
  const Shape &image = x.shape, &w = weight.shape;
  if (stride.rows < 1 || stride.columns < 1)
    return Sentence{} << name << ": the stride " << stride.rows << "x" << stride.columns << " is not positive";
  const auto too_wide = [](std::int64_t p, std::size_t k) { return p < 0 || static_cast<std::size_t>(p) >= k; };
  if (too_wide(padding.rows, w[0].size) || too_wide(padding.columns, w[1].size))
    return Sentence{} << name << ": a padding of " << padding.rows << "x" << padding.columns
                      << " is not from 0 to below the kernel's " << w[0].size << "x" << w[1].size;
  if (groups < 1 || w[3].size % static_cast<std::size_t>(groups) != 0)
    return Sentence{} << name << ": " << w[3] << " channels out do not go into " << groups << " groups";
  if (image[3].size != w[2].size * static_cast<std::size_t>(groups) || (groups == 1 && !agree(image[3], w[2])))
    return Sentence{} << name << ": channels differ in " << image << " and " << w << ": the images have " << image[3]
                      << ", the weight takes " << w[2] << (groups == 1 ? "" : " for each group");
  Shape y;
  y << image[0];
  for (int i : {1, 2}) {
    const std::size_t kernel = w[i - 1].size;
    const std::size_t size =
        windows(image[i].size, kernel, i == 1 ? stride.rows : stride.columns, i == 1 ? padding.rows : padding.columns);
    if (kernel == 0 || size == 0)
      return Sentence{} << name << ": a kernel of " << w[0].size << "x" << w[1].size
                        << " does not fit into the images of " << image << " with padding " << padding.rows << "x"
                        << padding.columns;
    y << resized(image[i], size);
  }
  return Type{DType::f32, y << w[3]};
}

/// The products that a convolution adds up, those with the padding's zeros counted too.
constexpr std::size_t products_of(const Shape& w, const Shape& y) {
  return y.elements() * w[0].size * w[1].size * w[2].size;
}

/// Calls visit(x, weight, y) with the element numbers of every product that a convolution adds up: y += x * weight.
constexpr void each_product(const Shape& x, const Shape& w, const Shape& y, Extent stride, Extent padding,
                            std::int64_t groups, const auto& visit) {
  const auto kernel = Extent{static_cast<std::int64_t>(w[0].size), static_cast<std::int64_t>(w[1].size)};
  const Windows over = windows_of(x, kernel, y, stride, padding);
  const std::size_t in = w[2].size, out = w[3].size, per_group = out / static_cast<std::size_t>(groups);
  over.each(
      [&](std::size_t image, std::size_t i, std::size_t j, std::size_t row, std::size_t column, std::size_t place) {
        const std::size_t from = over.pixel(image, row, column) * over.channels, to = over.window(image, i, j) * out;
        for (std::size_t c = 0; c < in; ++c)
          for (std::size_t o = 0; o < out; ++o)
            visit(from + o / per_group * in + c, (place * in + c) * out + o, to + o);
      });
}

/// Images x [batch, row, column, channel in] and weight [kernel row, kernel column, channel in / groups, channel out]
/// -> [batch, row, column, channel out]: y[n, i, j, o] = sum over a, b, c of x[n, i s + a - p, j s + b - p, c]
/// w[a, b, c, o], a cross-correlation as all the field's "convolutions" are (Goodfellow et al., Deep Learning, equation
/// 9.6). Pixels outside of the image are 0, and where a weight is infinite a kernel
/// may make NaN of one of them (0 * inf), which this definition leaves out. With groups, output o sees the channels of
/// its group only.
struct Conv2d {
  VITRINE_ATTRIBUTES(Conv2d, (Extent, stride), (Extent, padding), (std::int64_t, groups));
  static constexpr Doc doc{
      .name = "conv2d",
      .kind = Kind::contraction,
      .rule = "y[n, i, j, o] = sum over a, b, c of x[n, i s + a - p, j s + b - p, c] w[a, b, c, o]",
      .derivative = "dx = conv2d_input_gradient(dy, w), dw = conv2d_weight_gradient(x, dy)"};
  static constexpr bool leads = true;
  static constexpr auto example() {
    return Example{Conv2d{{2, 1}, {1, 0}, 2}, std::array{f32<2, 5, 4, 4>, f32<3, 2, 2, 6>}};
  }
  bool operator==(const Conv2d&) const = default;

  constexpr Inferred type(Type x, Type w) const { return convolution_type(doc.name, x, w, stride, padding, groups); }
  Gradients vjp(auto in, auto, auto g) const;
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type& y) const {
    return products_of(in[1].shape, y.shape);
  }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type&) const {
    if (operand == 1) return axis == 3 ? keeps(3) : reaches_anything;
    const Shape& w = in[1].shape;
    if (axis == 1) return keeps_windows(1, static_cast<std::int64_t>(w[0].size), stride.rows, padding.rows);
    if (axis == 2) return keeps_windows(2, static_cast<std::int64_t>(w[1].size), stride.columns, padding.columns);
    return axis == 0 ? keeps(0) : reaches_anything;
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    each_product(
        in[0].shape(), in[1].shape(), out.shape(), stride, padding, groups,
        [&](std::size_t x, std::size_t w, std::size_t y) { out.reals()[y] += in[0].reals()[x] * in[1].reals()[w]; });
  }
};

/// The derivative of conv2d by its images, of shape `to`: what each pixel gave to each window, added up.
struct Conv2dInputGradient {
  VITRINE_ATTRIBUTES(Conv2dInputGradient, (Extent, stride), (Extent, padding), (std::int64_t, groups), (Shape, to));
  static constexpr Doc doc{
      .name = "conv2d_input_gradient",
      .kind = Kind::contraction,
      .rule = "dx[n, i s + a - p, j s + b - p, c] = sum over a, b, o of dy[n, i, j, o] w[a, b, c, o]",
      .derivative = "d(dy) = conv2d(d, w), dw = conv2d_weight_gradient(d, dy)"};
  static constexpr bool leads = true;
  static constexpr auto example() {
    return Example{Conv2dInputGradient{{2, 1}, {1, 0}, 2, shape_of<2, 5, 4, 4>},
                   std::array{f32<2, 3, 3, 6>, f32<3, 2, 2, 6>}};
  }
  bool operator==(const Conv2dInputGradient&) const = default;

  constexpr Inferred type(Type g, Type w) const {
    const Inferred y = convolution_type(doc.name, Type{DType::f32, to}, w, stride, padding, groups);
    if (!y.ok()) return y;
    if (!agree(y.type, g))
      return Sentence{} << doc.name << ": a convolution of " << to << " makes " << y.type << ", but the gradient is "
                        << g;
    return Type{DType::f32, to};
  }
  Gradients vjp(auto in, auto, auto g) const;
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type&) const {
    return products_of(in[1].shape, in[0].shape);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    each_product(
        out.shape(), in[1].shape(), in[0].shape(), stride, padding, groups,
        [&](std::size_t x, std::size_t w, std::size_t y) { out.reals()[x] += in[0].reals()[y] * in[1].reals()[w]; });
  }
};

/// The derivative of conv2d by its weight, of shape `to`.
struct Conv2dWeightGradient {
  VITRINE_ATTRIBUTES(Conv2dWeightGradient, (Extent, stride), (Extent, padding), (std::int64_t, groups), (Shape, to));
  static constexpr Doc doc{
      .name = "conv2d_weight_gradient",
      .kind = Kind::contraction,
      .rule = "dw[a, b, c, o] = sum over n, i, j of x[n, i s + a - p, j s + b - p, c] dy[n, i, j, o]",
      .derivative = "dx = conv2d_input_gradient(dy, d), d(dy) = conv2d(x, d)"};
  static constexpr bool leads = true;
  static constexpr auto example() {
    return Example{Conv2dWeightGradient{{2, 1}, {1, 0}, 2, shape_of<3, 2, 2, 6>},
                   std::array{f32<2, 5, 4, 4>, f32<2, 3, 3, 6>}};
  }
  bool operator==(const Conv2dWeightGradient&) const = default;

  constexpr Inferred type(Type x, Type g) const {
    const Inferred y = convolution_type(doc.name, x, Type{DType::f32, to}, stride, padding, groups);
    if (!y.ok()) return y;
    if (!agree(y.type, g))
      return Sentence{} << doc.name << ": a convolution of " << x << " makes " << y.type << ", but the gradient is "
                        << g;
    return Type{DType::f32, to};
  }
  Gradients vjp(auto in, auto, auto g) const {
    return {emit(Conv2dInputGradient{stride, padding, groups, in[0].type().shape}, {in[1], g}),
            emit(Conv2d{stride, padding, groups}, {in[0], g})};
  }
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type& w) const {
    return products_of(w.shape, in[1].shape);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    each_product(
        in[0].shape(), out.shape(), in[1].shape(), stride, padding, groups,
        [&](std::size_t x, std::size_t w, std::size_t y) { out.reals()[w] += in[0].reals()[x] * in[1].reals()[y]; });
  }
};

Gradients Conv2d::vjp(auto in, auto, auto g) const {
  return {emit(Conv2dInputGradient{stride, padding, groups, in[0].type().shape}, {g, in[1]}),
          emit(Conv2dWeightGradient{stride, padding, groups, in[1].type().shape}, {in[0], g})};
}
Gradients Conv2dInputGradient::vjp(auto in, auto, auto g) const {
  return {emit(Conv2d{stride, padding, groups}, {g, in[1]}),
          emit(Conv2dWeightGradient{stride, padding, groups, in[1].type().shape}, {g, in[0]})};
}

/// conv2d<stride, padding, groups>(images, weight).
template <Extent Stride = Extent{1, 1}, Extent Padding = Extent{0, 0}, std::int64_t Groups = 1>
constexpr auto conv2d(Operand auto&& x, Operand auto&& weight) {
  return apply<Conv2d{Stride, Padding, Groups}>(std::forward<decltype(x)>(x), std::forward<decltype(weight)>(weight));
}

}  // namespace vitrine
