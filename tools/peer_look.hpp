#pragma once
// Which ways to run the peers are worth measuring with care: a short look at few of them tells.
#include <functional>

#include "tools/measured.hpp"

namespace vitrine {

/// One sample or so of a peer that has none; false if it does not run.
using Look = std::function<bool(Measured&)>;

/// The ways worth measuring of every peer in `peers` on a work whose samples have this unit, for each number of
/// threads, without samples. First it is seen what OpenBLAS should take the processor for, then with that in which way
/// the model runs best, then at further numbers of threads the better half of those; ways that took a tenth longer than
/// the best, and third ones, go.
std::vector<Measured> promising_peers(const std::string& work, const std::string& unit,
                                      const std::vector<std::string>& peers, const std::vector<int>& threads,
                                      const Look&);

/// The one or two with the best sample, if the second is not a tenth worse. Ways with weights in 8 bits are judged
/// among themselves.
std::vector<Measured> worth_measuring(std::vector<Measured> looked_at);

}  // namespace vitrine
