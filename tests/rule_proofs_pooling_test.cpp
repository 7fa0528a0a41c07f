// pool_before_relu, forward and back: every window, stride and padding up to 3 over every image up to 4x4, every 2x2
// image of special values, and every gradient of them. keep_to_maxima: every window of up to 3x3 places over what every
// kernel of up to 3x3 makes of images of 5x4 pixels.
#include "tests/rule_proof.hpp"

namespace vitrine {

namespace {

/// Images [batch, rows, columns, 1], their pooled relu, and the gradient back to the images.
Graph pooled(const Shape& images, Extent window, Extent stride, Extent padding, bool back) {
  const Type pooled_as = MaxPool2d{window, stride, padding}.type(Type{DType::f32, images}).type;
  std::vector<Type> leaves{{DType::f32, images}};
  if (back) leaves.push_back(pooled_as);
  return graph_of(leaves, [&](Graph&, auto in) {
    const Value r = relu(in[0]);
    std::vector<Value> results{emit(MaxPool2d{window, stride, padding}, {r})};
    if (!back) return results;
    const Value place = emit(MaxPool2dPlace{window, stride, padding}, {r});
    const Value scattered = emit(MaxPool2dScatter{window, stride, padding, images}, {in[1], place});
    results.push_back(where(greater(r, 0.f), scattered, 0.f));
    return results;
  });
}

void every_window(Rule& rule, bool back) {
  for (int rows = 1; rows <= 4; ++rows)
    for (int columns = 1; columns <= 4; ++columns)
      for (std::int64_t a = 1; a <= 3; ++a)
        for (std::int64_t b = 1; b <= 3; ++b)
          for (std::int64_t s = 1; s <= 3; ++s)
            for (std::int64_t t = 1; t <= 3; ++t)
              for (std::int64_t p = 0; p <= a / 2; ++p)
                for (std::int64_t q = 0; q <= b / 2; ++q) {
                  // 17 and 16 pixels share no factor: the images of a batch begin with other values each.
                  const Shape images = Shape{} << 5 << rows << columns << 1;
                  if (MaxPool2d{{a, b}, {s, t}, {p, q}}.type(Type{DType::f32, images}).ok())
                    rule.holds(pooled(images, {a, b}, {s, t}, {p, q}, back), 4);
                }
}

/// All 2x2 images of special values in one batch; and on the way back each of them with every gradient.
void every_image(Rule& rule, bool back) {
  constexpr std::size_t n = special.size(), all = n * n * n * n;
  for (const Extent padding : {Extent{0, 0}, Extent{1, 1}}) {
    const Graph before = pooled(shape_of<all, 2, 2, 1>, {2, 2}, {2, 2}, padding, back), after = rule.fired(before);
    for (std::size_t gradient = 0; gradient < (back ? n : 1); ++gradient) {
      Values<float> leaves;
      for (Value v : before.topological()) {
        if (v.node().leaf != Leaf::input) continue;
        auto& bytes = leaves[v.id];
        bytes.resize(v.type().bytes());
        const std::size_t each = v.type().shape.elements() / all;  // pixels or windows of an image
        for (std::size_t image = 0; image < all; ++image)
          for (std::size_t i = 0, digits = image; i < each; ++i, digits /= n) {
            const std::size_t pick = v.node().name == "x0" ? digits % n : (gradient + i) % n;
            std::memcpy(&bytes[(image * each + i) * 4], &special[pick], 4);
          }
      }
      if (results_of(before, leaves) != results_of(after, leaves)) FAIL("other bits for\n" << print(before));
    }
  }
}

constexpr const char* forward_rule = "max_pool2d(relu(x)) => relu(max_pool2d(x))";
constexpr const char* backward_rule =
    "where(relu(x) > 0, scatter(dy), 0) => scatter(where(relu(max_pool2d(x)) > 0, dy, 0))";

/// What reads a scattered gradient: one of the convolution's derivatives, or the sum over all pixels.
enum class Reader : std::uint8_t { input_gradient, weight_gradient, sum };

/// dy [.., 2 channels] and the images [batch, 5, 4, channel 3] that a convolution made `y` of.
Graph scattered(Extent window, const Shape& weight, Extent padding, Reader reader) {
  const Shape images = Shape{} << 2 << 5 << 4 << weight[2].size;
  const Type y = Conv2d{{1, 1}, padding, 1}.type({DType::f32, images}, {DType::f32, weight}).type;
  const Type pooled_as = MaxPool2d{window, window, {0, 0}}.type(y).type;
  const Type other{DType::f32, reader == Reader::input_gradient ? weight : images};
  return graph_of({y, pooled_as, other}, [&](Graph&, auto in) {
    const Value place = emit(MaxPool2dPlace{window, window, {0, 0}}, {in[0]});
    const Value dy = emit(MaxPool2dScatter{window, window, {0, 0}, y.shape}, {in[1], place});
    if (reader == Reader::sum) {  // beside a derivative, without which the images stay
      const Value dw = emit(Conv2dWeightGradient{{1, 1}, padding, 1, weight}, {in[2], dy});
      return std::vector<Value>{sum_to(dy, Shape{} << weight[3].size), dw};
    }
    if (reader == Reader::input_gradient)
      return std::vector<Value>{emit(Conv2dInputGradient{{1, 1}, padding, 1, images}, {dy, in[2]})};
    return std::vector<Value>{emit(Conv2dWeightGradient{{1, 1}, padding, 1, weight}, {in[2], dy})};
  });
}

template <Reader reader> void every_kernel(Rule& rule) {
  for (std::int64_t a = 1; a <= 3; ++a)
    for (std::int64_t b = 1; b <= 3; ++b)
      for (std::size_t rows = 1; rows <= 3; ++rows)
        for (std::size_t columns = 1; columns <= 3; ++columns)
          for (std::int64_t p = 0; p < static_cast<std::int64_t>(rows); ++p)
            for (std::int64_t q = 0; q < static_cast<std::int64_t>(columns); ++q) {
              const Shape weight = Shape{} << rows << columns << 1 << 2;
              const Type y =
                  Conv2d{{1, 1}, {p, q}, 1}.type({DType::f32, shape_of<2, 5, 4, 1>}, {DType::f32, weight}).type;
              if (!MaxPool2d{{a, b}, {a, b}, {0, 0}}.type(y).ok()) continue;
              const Graph graph = scattered({a, b}, weight, {p, q}, reader);
              a* b < 4 ? rule.stays(graph) : rule.holds(graph, 34);
            }
}

constexpr std::array proofs{
    Proof{"pool_before_relu", forward_rule, [](Rule& rule) { every_window(rule, false), every_image(rule, false); }},
    Proof{"pool_before_relu", backward_rule, [](Rule& rule) { every_window(rule, true), every_image(rule, true); }},
    Proof{"keep_to_maxima", "conv2d_input_gradient(scatter(dy), w) => pooled_conv2d_input_gradient(dy, w)",
          every_kernel<Reader::input_gradient>},
    Proof{"keep_to_maxima", "conv2d_weight_gradient(x, scatter(dy)) => pooled_conv2d_weight_gradient(x, dy)",
          every_kernel<Reader::weight_gradient>},
    Proof{"keep_to_maxima", "sum_to(scatter(dy)) => pooled_sum(dy)", every_kernel<Reader::sum>},
};

}  // namespace

std::span<const Proof> pooling_proofs() { return proofs; }

}  // namespace vitrine

using namespace vitrine;

TEST_CASE("rules of pooling hold for all small windows and images, and all 2x2 images of special values") {
  prove(pooling_proofs());
}
