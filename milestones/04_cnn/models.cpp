#include "milestones/04_cnn/models.hpp"

#include "vitrine/layers/batch_norm.hpp"
#include "vitrine/layers/convolution.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops/max_pool2d.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/trace.hpp"

namespace vitrine::cnn {

namespace {

constexpr Axis batch{"batch", 64}, edges{"edges", 32}, shapes{"shapes", 64}, kind{"kind", 10};
constexpr Extent window{3, 3}, half{2, 2};
/// One row and column of zeros around the image, so that the result has its size.
constexpr Sliding same{.padding = {1, 1}};

namespace of_grey {
constexpr Axis channel{"channel", 1}, seen{"seen", 7 * 7 * shapes.size}, hidden{"hidden", 128};

struct Network {
  using First = Convolution2d<channel, edges, window, same>;
  using Second = Convolution2d<edges, shapes, window, same>;
  using Third = Linear<seen, hidden>;
  using Fourth = Linear<hidden, kind>;
  BOOST_HANA_DEFINE_STRUCT(Network, (First, first), (Second, second), (Third, third), (Fourth, fourth));

  Tensor<batch, kind> operator()(Tensor<batch, 28, 28, channel> image) const {
    Tensor<batch, 14, 14, edges> e = max_pool2d<half>(relu(first(image)));
    Tensor<batch, 7, 7, shapes> s = max_pool2d<half>(relu(second(e)));
    Tensor<batch, hidden> h = relu(third(reshape<batch, seen>(s)));
    return fourth(h);
  }
};
}  // namespace of_grey

namespace of_colour {
constexpr Axis channel{"channel", 3}, seen{"seen", 8 * 8 * shapes.size}, hidden{"hidden", 256};

struct Network {
  using First = UnbiasedConvolution2d<channel, edges, window, same>;
  using FirstNorm = BatchNorm2d<edges>;
  using Second = UnbiasedConvolution2d<edges, shapes, window, same>;
  using SecondNorm = BatchNorm2d<shapes>;
  using Third = Linear<seen, hidden>;
  using Fourth = Linear<hidden, kind>;
  BOOST_HANA_DEFINE_STRUCT(Network, (First, first), (FirstNorm, first_norm), (Second, second),
                           (SecondNorm, second_norm), (Third, third), (Fourth, fourth));

  Tensor<batch, kind> operator()(Tensor<batch, 32, 32, channel> image) const {
    Tensor<batch, 16, 16, edges> e = max_pool2d<half>(relu(first_norm(first(image))));
    Tensor<batch, 8, 8, shapes> s = max_pool2d<half>(relu(second_norm(second(e))));
    Tensor<batch, hidden> h = relu(third(reshape<batch, seen>(s)));
    return fourth(h);
  }
};
}  // namespace of_colour

namespace of_pixels {
constexpr Axis pixel{"pixel", 784}, hidden{"hidden", 530};

struct Network {
  using Up = Linear<pixel, hidden>;
  using Down = Linear<hidden, kind>;
  BOOST_HANA_DEFINE_STRUCT(Network, (Up, up), (Down, down));

  Tensor<batch, kind> operator()(Tensor<batch, pixel> image) const {
    Tensor<batch, hidden> h = relu(up(image));
    return down(h);
  }
};
}  // namespace of_pixels

constexpr std::size_t of_cnn = parameter_count<of_grey::Network>(), of_mlp = parameter_count<of_pixels::Network>();
static_assert(of_cnn == 421'642 && of_mlp < of_cnn && (of_cnn - of_mlp) * 1000 < of_cnn);

}  // namespace

Graph grey() { return trace_classifier<of_grey::Network>("cnn", "image"); }
Graph colour() { return trace_classifier<of_colour::Network>("cnn", "image"); }
Graph mlp_of_equal_size() { return trace_classifier<of_pixels::Network>("mlp of equal size", "image"); }

}  // namespace vitrine::cnn
