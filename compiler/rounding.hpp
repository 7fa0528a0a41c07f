#pragma once
#include <string>

#include "compiler/reference.hpp"

namespace vitrine {

/// What an f32 run may make of one node. Integers and masks are numbers here too.
struct Rounding {
  std::vector<double> exact;    // each element in double
  std::vector<double> allowed;  // how far f32 may be from it; infinity where rounding may decide everything
};

/// For every node what an f32 run may make of it, whatever order its sums are taken in, from these leaves. Measured as
/// in Monte Carlo arithmetic (D. S. Parker, UCLA CSD-970002, 1997): the graph runs in double several times, each time
/// with every operation's result moved by as much as its own rounding may, and four times the farthest is allowed,
/// with the node's own rounding on top.
///  - a scalar function: u = 2^-24 of its result, 8 u (4 units in the last place) for exp, tanh, erf and the like;
///  - K products or terms added up: 2 sqrt(K) u times the sum of their sizes (the probabilistic bound of N. Higham and
///    T. Mary, SIAM J. Sci. Comput. 41, 2019, doubled);
///  - any other op: 1.3e-6 of its result and 1e-7 of the largest, and its operands moved by 2 u besides;
///  - what only moves or chooses elements: nothing.
/// Beyond f32's range a number is infinite, and below its smallest one step of that is allowed.
std::map<std::uint32_t, Rounding> roundings(const Graph&, const Values<double>& leaves);

/// An f32 run's value beside what rounding allows.
struct Deviation {
  double share = 0;    // the largest deviation as a share of what is allowed there
  std::size_t at = 0;  // the first element that is too far, or NaN or infinite where it must not be
  std::string what{};  // "is 0.5, exact is 0.25, rounding allows 1e-07"; empty if all is within
};
Deviation deviation(const Type&, const Rounding&, std::span<const std::byte> got);

}  // namespace vitrine
