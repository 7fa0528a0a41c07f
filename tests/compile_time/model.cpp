// What a user compiles: a model as in README.md.
#include "vitrine/vitrine.hpp"

using namespace vitrine;

constexpr Axis batch{"batch", 64}, pixel{"pixel", 784}, hidden{"hidden", 128}, kind{"kind", 10};

struct Classifier {
  using Up = Linear<pixel, hidden>;
  using Down = Linear<hidden, kind>;
  BOOST_HANA_DEFINE_STRUCT(Classifier, (Up, up), (Down, down));

  Tensor<batch, kind> operator()(Tensor<batch, pixel> image) const {
    Tensor<batch, hidden> h = gelu(up(image));
    return down(h);
  }
};

Project project() { return image_classifier<Classifier>({.name = "mine", .quick_accuracy = 75}); }
