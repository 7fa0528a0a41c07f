// A model of one's own with the whole command line, and "consumer own-pass", which runs a pass of one's own.
#include <string_view>

#include "vitrine/vitrine.hpp"

using namespace vitrine;

int run_own_pass(Graph);  // own_pass.cpp

constexpr Axis batch{"batch", 64}, pixel{"pixel", 784}, hidden{"hidden", 32}, kind{"kind", 10};

struct Classifier {
  using Up = Linear<pixel, hidden>;
  using Down = Linear<hidden, kind>;
  BOOST_HANA_DEFINE_STRUCT(Classifier, (Up, up), (Down, down));

  Tensor<batch, kind> operator()(Tensor<batch, pixel> image) const {
    Tensor<batch, hidden> h = tanh(up(image));
    return down(h);
  }
};

int main(int argc, char** argv) {
  const Project mine = image_classifier<Classifier>({.name = "mine", .quick_accuracy = 75});
  if (argc == 2 && std::string_view(argv[1]) == "own-pass") return run_own_pass(mine.forward());
  return command_line(argc, argv, {mine});
}
