#pragma once
#include <span>
#include <string>
#include <vector>

namespace vitrine {

struct Pass;

/// Which passes a compilation runs, as flags say it: all of them, only those that are named, or all but some. Names are
/// comma-separated.
struct PassChoice {
  std::string only{}, without{};
  bool all() const { return only.empty() && without.empty(); }
};

/// What is chosen of the passes that a compilation runs behind the derivatives, or that it runs at all if it makes
/// none.
std::vector<Pass> chosen(std::span<const Pass>, const PassChoice&);
/// And of those before the derivatives: passes that are named run behind them.
std::vector<Pass> chosen_before_gradients(std::span<const Pass>, const PassChoice&);

/// Without those that only mark nodes: as many steps as there are ops, which make the same bits and store every value.
std::vector<Pass> rewriting(std::span<const Pass>);

/// UsageError, which begins with `command`, if a pass is left out that is in none of the pipelines, or both are asked
/// for.
void demand_sense(const PassChoice&, const std::vector<std::span<const Pass>>& pipelines, const std::string& command);

/// "all passes", "passes training,fold_constants", "without fold_transposes"
std::string words(const PassChoice&);

}  // namespace vitrine
