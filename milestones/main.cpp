#include "milestones/all.hpp"

int main(int argc, char** argv) {
  return vitrine::command_line(argc, argv,
                               {vitrine::perceptron(), vitrine::xor_gate(), vitrine::mlp(),
                                vitrine::convolutional_network(), vitrine::gpt(), vitrine::stories()});
}
