// 1986: a hidden layer, trained by backpropagation (Rumelhart, Hinton and Williams, Nature 323), on clothes.
#include <algorithm>
#include <cmath>

#include "milestones/all.hpp"
#include "vitrine/vitrine.hpp"

namespace vitrine {

namespace {

constexpr Axis batch{"batch", 64}, pixel{"pixel", 784}, hidden{"hidden", 128}, kind{"kind", 10};

struct Mlp {
  using Up = Linear<pixel, hidden>;
  using Down = Linear<hidden, kind>;
  BOOST_HANA_DEFINE_STRUCT(Mlp, (Up, up), (Down, down));

  Tensor<batch, kind> operator()(Tensor<batch, pixel> image) const {
    Tensor<batch, hidden> h = relu(up(image));
    return down(h);
  }
};
static_assert(parameter_count<Mlp>() == 784 * 128 + 128 + 128 * 10 + 10);

/// y = x W + b for one row, in double, as one would on paper.
std::vector<double> dense(std::span<const double> x, std::span<const float> weight, std::span<const float> bias) {
  std::vector<double> y(bias.begin(), bias.end());
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t k = 0; k < y.size(); ++k) y[k] += x[i] * static_cast<double>(weight[i * y.size() + k]);
  return y;
}

/// The mean cross entropy of a batch without Vitrine: a missing bias, a wrong axis or a scaled loss shows against it.
double loss_by_hand(const Numbers& parameters, std::span<const float> images, std::span<const std::int32_t> labels) {
  double sum = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const std::vector<double> x(images.begin() + static_cast<std::ptrdiff_t>(row * pixel.size),
                                images.begin() + static_cast<std::ptrdiff_t>((row + 1) * pixel.size));
    std::vector<double> h = dense(x, parameters("up.weight"), parameters("up.bias"));
    for (double& number : h) number = std::max(number, 0.0);
    const std::vector<double> y = dense(h, parameters("down.weight"), parameters("down.bias"));
    const double top = *std::ranges::max_element(y);
    double exponentials = 0;
    for (double number : y) exponentials += std::exp(number - top);
    sum += std::log(exponentials) - (y[static_cast<std::size_t>(labels[row])] - top);
  }
  return sum / static_cast<double>(labels.size());
}

}  // namespace

Project mlp() {
  ImageClassifier clothes{.name = "mlp",
                          .year = "1986",
                          .idea = "a hidden layer, trained by backpropagation, tells clothes apart",
                          .optimizer = Adam{.rate = {.rate = 2e-3f}},
                          .epochs = 5,
                          .accuracy = 87.8,
                          .quick_accuracy = 80,
                          .loss_by_hand = loss_by_hand};
  ImageClassifier digits = clothes;
  digits.data = "MNIST";
  digits.accuracy = 97.5;
  digits.quick_accuracy = 92;
  clothes.elsewhere = {digits};
  return image_classifier<Mlp>(clothes);
}

}  // namespace vitrine
