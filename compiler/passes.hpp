#pragma once
// The list of passes. Adding a pass: write passes/<name>.cpp and name it here, twice. Nothing else.
#include <functional>
#include <span>

#include "compiler/rewriter.hpp"

namespace vitrine {

/// What a pass promises about the numbers.
enum class Contract : std::uint8_t {
  exact,     // the same bits
  reorders,  // the same mathematics, other rounding
  lossy      // another result, within a metric the pass states
};
constexpr std::string_view name_of(Contract c) {
  constexpr std::array<std::string_view, 3> names{"exact", "reorders", "lossy"};
  return names[static_cast<std::size_t>(c)];
}

struct Pass {
  std::string_view name;
  Contract contract;
  std::string_view equation;  // before => after
  void (*run)(Graph&, Rewriter&);
  bool annotates = false;  // it only marks nodes, and runs once the passes that rewrite have come to rest
};

void fold_constants(Graph&, Rewriter&);
void simplify_algebra(Graph&, Rewriter&);
void fold_transposes(Graph&, Rewriter&);
void merge_duplicates(Graph&, Rewriter&);
void remove_unused(Graph&, Rewriter&);
void group_elementwise(Graph&, Rewriter&);

inline constexpr std::array every_pass{
    Pass{"fold_constants", Contract::exact, "f(1.0, 2.0) => the number it is", fold_constants},
    Pass{"simplify_algebra", Contract::exact, "x * 1 => x, x / 1 => x, x - 0 => x, neg(neg(x)) => x, ...",
         simplify_algebra},
    Pass{"fold_transposes", Contract::exact,
         "transpose(transpose(x)) => x, matmul(transpose(a), b) => matmul(a, b) {transpose_left}", fold_transposes},
    Pass{"merge_duplicates", Contract::exact, "f(x), f(x) => f(x)", merge_duplicates},
    Pass{"remove_unused", Contract::exact, "a node that nothing reads => nothing", remove_unused},
    Pass{"group_elementwise", Contract::exact, "f(x), then g of it, element by element => one step", group_elementwise,
         true},
};

/// Every pass, in the order in which a compilation runs them.
inline constexpr std::span<const Pass> default_pipeline = every_pass;

/// The passes with these names, comma-separated, in this order. UsageError with the nearest name for an unknown one.
std::vector<Pass> passes_named(std::string_view names);

struct PipelineOptions {
  bool verify_each = true;
  /// Called after each pass that changed something, with the round (from 1) it did so in.
  std::function<void(const Graph&, const Pass&, std::size_t round)> after_pass{};
};

/// Runs the passes that rewrite until none does anything, each time through the whole list, then those that annotate,
/// and hands out what they did. The graph is verified before the first and after each: a break is an InternalError
/// that names the pass.
Record optimize(Graph&, std::span<const Pass> = default_pipeline, const PipelineOptions& = {});

}  // namespace vitrine
