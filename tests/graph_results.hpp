#pragma once
// What a graph hands out (outputs, and the next values of states), by name, and how two of that differ.
#include "compiler/reference.hpp"
#include "tests/random_graph.hpp"

namespace vitrine {

/// "output y" or "state w" -> the value of the node behind it.
template <class Of> using Results = std::map<std::string, Of>;

Results<Value> results_of(const Graph&);

/// Leaves by name as the reference takes them; f32 elements as Real. Leaves that the graph does not have are left out.
template <class Real> Values<Real> leaves_of(const Graph&, const Leaves&);

/// One result's elements in a program's memory, or in the f32 reference.
struct Bits {
  Type type;
  std::vector<std::byte> bytes;
};
Results<Bits> reference_bits(const Graph&, const Leaves&);

/// "" or the first element that differs, in a sentence: "output y is 1.5 at 3, and was 1.25". Every NaN is one NaN.
/// Only results that both have, and demands that `now` has every one of `before`.
std::string difference(const Results<Bits>& before, const Results<Bits>& now);

/// f32 elements as double; others as the numbers they are.
template <class Real> std::vector<double> as_numbers(const Type&, const std::vector<std::byte>&);

}  // namespace vitrine
