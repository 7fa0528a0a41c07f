#pragma once
// The milestones, in the order of their years. Adding one: write <number>_<name>/<name>.cpp, declare it here and name
// it in main.cpp.
#include "vitrine/project.hpp"

namespace vitrine {

Project perceptron();             // 01_perceptron
Project xor_gate();               // 02_xor
Project mlp();                    // 03_mlp
Project convolutional_network();  // 04_cnn
Project gpt();                    // 05_gpt
Project stories();                // 06_stories

}  // namespace vitrine
