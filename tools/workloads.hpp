#pragma once
#include <span>
#include <string_view>

#include "vitrine/graph.hpp"

namespace vitrine {

/// A training step that `bench` times: inputs "image" (f32) and "label" (i32).
struct Workload {
  std::string_view name, what;
  Graph (*graph)();
};

std::span<const Workload> workloads();

}  // namespace vitrine
