#pragma once
// How far the compiled program is from each op's own definition: run once, at small sizes, held against the reference
// in double. Seeds are fixed and no clock is read, so the same compilation has the same errors.
#include "compiler/passes.hpp"

namespace vitrine {

struct ReferenceErrors {
  struct Error {
    double largest = 0;     // difference of an element
    double of_largest = 0;  // the same as a share of the largest element
    bool numbers = true;    // f32; else `largest` counts the elements that are not the same
    bool alone = false;     // its step stores it nowhere: of a program that runs each op as a step, to the same bits
  };
  std::map<std::uint32_t, Error> nodes{};
  std::string sizes{};    // "batch 2, time 5": what was made small
  std::string why_not{};  // nothing was run: a sentence for the page
};

/// `graph` is what the passes shall begin with. Told are nodes that `like`, the same model at its own sizes, has too: a
/// pass that decides by size may make others. With more than `most_operations` nothing is run.
ReferenceErrors reference_errors(const Graph& graph, std::span<const Pass>, const Graph& like, double most_operations);

}  // namespace vitrine
