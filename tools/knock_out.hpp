#pragma once
#include <initializer_list>
#include <string_view>

#include "vitrine/graph.hpp"

namespace vitrine {

/// What --without does to a forward graph: the parameters of the named modules stay as they began (they are handed out
/// for training_step to freeze), and a parameter named itself that is only added to something (a bias) is taken out.
/// `not_here` are parts that whoever calls leaves out by other means. UsageError for any other that the graph has not:
/// a training that lacks nothing would say that nothing was needed.
struct KnockedOut {
  Graph forward;
  std::vector<std::string> frozen;
};
KnockedOut knock_out(const Graph& forward, std::span<const std::string> parts,
                     std::initializer_list<std::string_view> not_here = {});

/// The parts of a graph that can be left out: every module with parameters, and every parameter.
std::vector<std::string> parts_of(const Graph& forward);

/// The parameters that nothing reads, because they were taken out: no gradient can reach them.
std::vector<std::string> unread_parameters(const Graph& forward);

}  // namespace vitrine
