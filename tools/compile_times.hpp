#pragma once
// How long a compilation takes, stage by stage.
#include "tools/measured.hpp"

namespace vitrine {

struct CompileTimes {
  std::vector<Measured> rows;  // "compile W3m" and "compile GPT-6" ..., a row for each stage and one for their total
  std::string table;
};

/// Compiles the training step of W3m, and GPTs of 6 to 48 layers in turns, `repeats` times.
CompileTimes compile_times(int repeats);

}  // namespace vitrine
