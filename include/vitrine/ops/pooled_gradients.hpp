#pragma once
// What a convolution passes on of a gradient that came back through a max pool: of each window one pixel has any. They
// are made of each window's gradient and its place, so that the images of zeros in between are neither stored nor
// multiplied.
#include <vector>

#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/conv2d.hpp"
#include "vitrine/ops/max_pool2d.hpp"
#include "vitrine/ops/sum_to.hpp"

namespace vitrine {

/// Windows side by side over `images`, without padding: what the three ops share. The convolution moves by one pixel.
constexpr Inferred maxima_type(std::string_view name, const Type& images, Extent window, const Type& g,
                               const Type& places) {
  const Inferred pooled = placed_type(name, images.shape, places, window, window, {0, 0});
  if (pooled.ok() && !agree(pooled.type, g))
    return Sentence{} << name << ": windows over " << images << " make " << pooled.type << ", but the gradient is "
                      << g;
  return pooled;
}
/// The op that they stand in for, on the scattered images of zeros.
template <class Real>
void run_scattered(const auto& op, Extent window, const Shape& images, Buffers<Real> g_and_places,
                   const auto& operands_with, const Buffer<Real>& out) {
  std::vector<Real> scattered(images.elements());
  const Buffer<Real> dense{{DType::f32, images}, scattered.data()};
  MaxPool2dScatter{window, window, {0, 0}, images}.run(g_and_places, dense);
  const auto operands = operands_with(dense);
  op.run(Buffers<Real>(operands), out);
}

/// conv2d_input_gradient(max_pool2d_scatter(dy, place), w), with images of shape `to`.
struct PooledConv2dInputGradient {
  VITRINE_ATTRIBUTES(PooledConv2dInputGradient, (Extent, window), (Extent, padding), (Shape, to));
  static constexpr Doc doc{.name = "pooled_conv2d_input_gradient",
                           .kind = Kind::contraction,
                           .rule = "dx = conv2d_input_gradient(max_pool2d_scatter(dy, place), w)",
                           .derivative =
                               "d(dy) = max_pool2d_gather(conv2d(d, w), place), dw = conv2d_weight_gradient(d, "
                               "max_pool2d_scatter(dy, place))"};
  static constexpr bool leads = true;
  static constexpr auto example() {
    return Example{PooledConv2dInputGradient{{2, 2}, {1, 1}, shape_of<2, 4, 5, 3>},
                   std::array{f32<2, 2, 2, 4>, Type{DType::u8, shape_of<2, 2, 2, 4>}, f32<3, 3, 3, 4>}};
  }
  bool operator==(const PooledConv2dInputGradient&) const = default;

  constexpr Inferred type(Type g, Type places, Type w) const {
    const Inferred y = convolution_type(doc.name, Type{DType::f32, to}, w, {1, 1}, padding, 1);
    if (!y.ok()) return y;
    const Inferred pooled = maxima_type(doc.name, y.type, window, g, places);
    return pooled.ok() ? Inferred(Type{DType::f32, to}) : pooled;
  }
  Shape images(const Type& w) const {
    return convolution_type(doc.name, {DType::f32, to}, w, {1, 1}, padding, 1).type.shape;
  }
  Gradients vjp(auto in, auto, auto d) const {
    const Value scattered = emit(MaxPool2dScatter{window, window, {0, 0}, images(in[2].type())}, {in[0], in[1]});
    return {emit(MaxPool2dGather{window, window, {0, 0}}, {emit(Conv2d{{1, 1}, padding, 1}, {d, in[2]}), in[1]}),
            Value{}, emit(Conv2dWeightGradient{{1, 1}, padding, 1, in[2].type().shape}, {d, scattered})};
  }
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type&) const {
    return products_of(in[2].shape, in[0].shape);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    run_scattered(
        Conv2dInputGradient{{1, 1}, padding, 1, to}, window, images(in[2].type), in.first(2),
        [&](const Buffer<Real>& dense) {
          return std::array{dense, in[2]};
        },
        out);
  }
};

/// conv2d_weight_gradient(x, max_pool2d_scatter(dy, place)), with a weight of shape `to`.
struct PooledConv2dWeightGradient {
  VITRINE_ATTRIBUTES(PooledConv2dWeightGradient, (Extent, window), (Extent, padding), (Shape, to));
  static constexpr Doc doc{.name = "pooled_conv2d_weight_gradient",
                           .kind = Kind::contraction,
                           .rule = "dw = conv2d_weight_gradient(x, max_pool2d_scatter(dy, place))",
                           .derivative =
                               "dx = conv2d_input_gradient(max_pool2d_scatter(dy, place), d), d(dy) = "
                               "max_pool2d_gather(conv2d(x, d), place)"};
  static constexpr bool leads = true;
  static constexpr auto example() {
    return Example{PooledConv2dWeightGradient{{2, 2}, {1, 1}, shape_of<3, 3, 3, 4>},
                   std::array{f32<2, 4, 5, 3>, f32<2, 2, 2, 4>, Type{DType::u8, shape_of<2, 2, 2, 4>}}};
  }
  bool operator==(const PooledConv2dWeightGradient&) const = default;

  constexpr Inferred type(Type x, Type g, Type places) const {
    const Inferred y = convolution_type(doc.name, x, Type{DType::f32, to}, {1, 1}, padding, 1);
    if (!y.ok()) return y;
    const Inferred pooled = maxima_type(doc.name, y.type, window, g, places);
    return pooled.ok() ? Inferred(Type{DType::f32, to}) : pooled;
  }
  Shape images(const Type& x) const {
    return convolution_type(doc.name, x, {DType::f32, to}, {1, 1}, padding, 1).type.shape;
  }
  Gradients vjp(auto in, auto, auto d) const {
    const Value scattered = emit(MaxPool2dScatter{window, window, {0, 0}, images(in[0].type())}, {in[1], in[2]});
    return {emit(Conv2dInputGradient{{1, 1}, padding, 1, in[0].type().shape}, {scattered, d}),
            emit(MaxPool2dGather{window, window, {0, 0}}, {emit(Conv2d{{1, 1}, padding, 1}, {in[0], d}), in[2]}),
            Value{}};
  }
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type& w) const {
    return products_of(w.shape, in[1].shape);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    run_scattered(
        Conv2dWeightGradient{{1, 1}, padding, 1, to}, window, images(in[0].type), in.subspan(1),
        [&](const Buffer<Real>& dense) {
          return std::array{in[0], dense};
        },
        out);
  }
};

/// sum_to(max_pool2d_scatter(dy, place)) over all pixels of images of shape `of`: a bias' share.
struct PooledSum {
  VITRINE_ATTRIBUTES(PooledSum, (Extent, window), (Shape, of));
  static constexpr Doc doc{.name = "pooled_sum",
                           .kind = Kind::reduction,
                           .rule = "y[c] = sum of max_pool2d_scatter(dy, place) over images, rows and columns",
                           .derivative = "d(dy) = max_pool2d_gather(broadcast_to(d), place)"};
  static constexpr bool leads = true;
  static constexpr auto example() {
    return Example{PooledSum{{2, 2}, shape_of<2, 4, 5, 3>},
                   std::array{f32<2, 2, 2, 3>, Type{DType::u8, shape_of<2, 2, 2, 3>}}};
  }
  bool operator==(const PooledSum&) const = default;

  constexpr Inferred type(Type g, Type places) const {
    const Inferred pooled = maxima_type(doc.name, Type{DType::f32, of}, window, g, places);
    return pooled.ok() ? Inferred(Type{DType::f32, Shape{} << of[3]}) : pooled;
  }
  Gradients vjp(auto in, auto, auto d) const {
    return {emit(MaxPool2dGather{window, window, {0, 0}}, {emit(BroadcastTo{of}, {d}), in[1]}), Value{}};
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    run_scattered(
        SumTo{Shape{} << of[3]}, window, of, in, [](const Buffer<Real>& dense) { return std::array{dense}; }, out);
  }
};

}  // namespace vitrine
