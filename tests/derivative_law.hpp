#pragma once
// A derivative is what central differences say it is: the one check behind every gradient.
#include <cstdint>
#include <string>

#include "compiler/reference.hpp"

namespace vitrine {

/// One value for each input and state: numbers of magnitude 0.2 to 2 and either sign, small whole numbers, masks.
Values<double> random_leaves(const Graph&, std::uint32_t seed);

/// The same with all numbers positive, for logarithms and roots.
Values<double> positive(const Graph&, Values<double>);

/// Whether every element of every output is a number.
bool all_finite(const Graph&, const Values<double>& leaves);

/// A graph's output "loss" against the gradients that the compiler derives for every f32 input and state: in double,
/// with a step of 1e-5 max(1, |x|), to a relative 1e-6 (floor: 0.05 of the operand's largest derivative) and 1e-10 of
/// the loss. An operand without a gradient must not change the loss. Hands out the first disagreement as a sentence, or
/// nothing.
std::string derivative_disagreement(const Graph&, const Values<double>& leaves);

/// The op on inputs of these types, with the sum of its result, each element times a number of input "seed", as output
/// "loss". A result that holds no numbers is cast.
Graph loss_of(const Op&, const std::vector<Type>& in);

/// The graph's gradients are differentiated once more: a new loss, the sum of every element of every gradient times a
/// number of its own. Empty-handed (no output) where no input has a gradient.
Graph loss_of_gradients(const Graph&);

}  // namespace vitrine
