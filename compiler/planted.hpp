#pragma once
// Bugs that tests plant to see them found: where one part of the compiler hands its work to the next, a test may change
// it. In every other program nothing is planted, and nothing of this runs.
#include <functional>

#include "vitrine/plan.hpp"

namespace vitrine {

class Rewriter;

struct Planted {
  /// What a pass puts in a value's place; hands out what is put there instead.
  std::function<Value(std::string_view pass, Value value, Value by)> replacement{};
  /// What a pass does besides its own rules, after them.
  std::function<void(std::string_view pass, Graph&, Rewriter&)> rule{};
  /// What an op's rule made of the gradient of its result, one for each operand.
  std::function<void(Value result, Gradients&)> derivative{};
  /// A plan whose tensors have their places.
  std::function<void(Plan&)> plan{};
};

/// What is planted now, in the whole process.
Planted& planted();

}  // namespace vitrine
