#include "tools/profile.hpp"

#include <numeric>

#include "tools/rank_correlation.hpp"

namespace vitrine {

std::string_view level_name(std::size_t level) {
  static constexpr std::array<std::string_view, 3> names{"L2", "L3", "memory"};
  return names.at(level);
}

std::optional<double> Profile::rank_correlation() const {
  std::vector<double> predicted, measured;
  for (const ProfiledStep& step : steps) {
    predicted.push_back(step.choice.nanoseconds);
    measured.push_back(step.nanoseconds);
  }
  return vitrine::rank_correlation(predicted, measured);
}

double Profile::steps_total() const { return std::accumulate(timing.steps.begin(), timing.steps.end(), 0.0); }

std::vector<std::size_t> Profile::most_expensive(std::size_t count) const {
  constexpr double nearly_all = 0.95;
  std::vector<std::size_t> order(steps.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t i) { return steps[i].nanoseconds; });
  double share = 0;
  std::size_t kept = 0;
  while (kept < order.size() && (count ? kept < count : share < nearly_all)) share += steps[order[kept++]].share;
  order.resize(kept);
  return order;
}

Profile profile_of(const Graph& graph, const Record& record, const Program& program, StepTiming timing,
                   KnownLimits known) {
  const Plan& plan = program.plan();
  Profile made{.arena_bytes = plan.arena_bytes,
               .steps_at_load = plan.steps.size() - program.steps().size(),
               .known = std::move(known),
               .timing = std::move(timing)};
  const MachineLimits& limits = made.known.limits;
  const double total = made.steps_total();
  for (std::size_t i = 0; i < program.steps().size(); ++i) {
    const auto number = static_cast<std::size_t>(program.steps()[i] - plan.steps.data());
    ProfiledStep step{.facts = facts_of(graph, plan, number),
                      .choice = program.steps()[i]->choice,
                      .nanoseconds = made.timing.steps[i],
                      .share = total > 0 ? made.timing.steps[i] / total : 0};
    const StepFacts& facts = step.facts;
    step.level = limits.level_for(facts.bytes_read + facts.bytes_written);
    step.compute_limit = facts.operations / limits.flops;
    step.memory_limit = limits.levels[step.level].nanoseconds(facts.bytes_read, facts.bytes_written);
    made.steps.push_back(std::move(step));
  }
  made.refused = refused_fusions(graph, record, plan, limits);
  return made;
}

}  // namespace vitrine
