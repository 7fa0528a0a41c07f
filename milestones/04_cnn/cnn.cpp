// 1998: convolutions that share their weights over the image, trained by backpropagation (LeCun, Bottou, Bengio and
// Haffner, Gradient-Based Learning Applied to Document Recognition, Proceedings of the IEEE 86).
#include "milestones/04_cnn/comparison.hpp"
#include "milestones/04_cnn/models.hpp"
#include "milestones/04_cnn/pictures.hpp"
#include "milestones/all.hpp"
#include "vitrine/image_classifier.hpp"

namespace vitrine {

namespace {

/// The MLP to hold against it: the same images, as long, the same optimizer; nothing to reach.
ImageClassifier beside(const ImageClassifier& setup) {
  ImageClassifier mlp = setup;
  mlp.name = "an MLP of equal size";
  mlp.forward = cnn::mlp_of_equal_size;
  mlp.check = mlp.draw = {};
  return mlp;
}
ImageClassifier compared(ImageClassifier setup) {
  setup.check = [mlp = beside(setup)](const TrainedClassifier& trained) {
    if (!trained.options.test) cnn::compare_with_mlp(trained, mlp);
  };
  return setup;
}

}  // namespace

Project convolutional_network() {
  const ImageClassifier fashion{.name = "cnn",
                                .year = "1998",
                                .idea = "convolutions see shapes wherever they are in the image",
                                .data = "Fashion-MNIST",
                                .optimizer = Adam{.rate = {.rate = 2e-3f}},
                                .epochs = 5,
                                .accuracy = 91.3,
                                .quick_accuracy = 75,
                                .quick_fraction = 0.15,
                                .draw = cnn::draw_filters_and_maps,
                                .forward = cnn::grey};
  ImageClassifier digits = fashion, colour = fashion;
  digits.data = "MNIST";
  digits.accuracy = 98.5, digits.quick_accuracy = 90;
  colour.data = "CIFAR-10";
  colour.epochs = 10, colour.accuracy = 70, colour.quick_accuracy = 25, colour.quick_fraction = 0.16;
  colour.optimizer = Adam{.rate = {.rate = 1e-3f}};
  colour.flip = true, colour.pad = 4;
  colour.forward = cnn::colour;
  ImageClassifier setup = compared(fashion);
  setup.elsewhere = {compared(digits), colour};
  return image_classifier(setup);
}

}  // namespace vitrine
