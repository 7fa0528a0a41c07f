#pragma once
#include <span>
#include <string_view>

#include "vitrine/graph.hpp"

namespace vitrine {

/// A training step that `bench` times. Its f32 inputs are images, its i32 inputs labels or tokens.
struct Workload {
  std::string_view name, what;
  Graph (*graph)();
};

std::span<const Workload> workloads();

}  // namespace vitrine
