#pragma once
// The milestones, in the order of their years. Adding one: write <number>_<name>/<name>.cpp, declare it here and name
// it in main.cpp.
#include "vitrine/project.hpp"

namespace vitrine {

Project xor_gate();  // 02_xor
Project mlp();       // 03_mlp

}  // namespace vitrine
