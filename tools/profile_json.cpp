// A profile for programs: every number that the table prints, and those that it leaves out.
#include <cmath>

#include "tools/profile.hpp"

namespace vitrine {

namespace {

nlohmann::json limits_json(const MachineLimits& limits) {
  nlohmann::json levels = nlohmann::json::array();
  for (std::size_t i = 0; i < limits.levels.size(); ++i) {
    const MemoryLevel& level = limits.levels[i];
    levels.push_back({{"name", level_name(i)},
                      {"bytes", std::isinf(level.bytes) ? nlohmann::json() : nlohmann::json(level.bytes)},
                      {"read_gb_s", level.read},
                      {"copy_gb_s", level.copy}});
  }
  return {{"gflop_s", limits.flops}, {"levels", std::move(levels)}};
}

std::string_view name_of(Phase phase) {
  return phase == Phase::forward ? "forward" : phase == Phase::gradient ? "gradient" : "update";
}

nlohmann::json step_json(const ProfiledStep& step) {
  const StepFacts& facts = step.facts;
  nlohmann::json nodes = nlohmann::json::array();
  for (const auto& [id, op] : facts.nodes) nodes.push_back({{"id", id}, {"op", op}});
  const auto rate = [&](double x) {
    return step.nanoseconds > 0 ? nlohmann::json(x / step.nanoseconds) : nlohmann::json();
  };
  return {{"step", facts.number},
          {"what", facts.what},
          {"nodes", std::move(nodes)},
          {"module", facts.module},
          {"phase", name_of(facts.phase)},
          {"kernel", step.choice.kernel},
          {"reason", step.choice.reason},
          {"predicted_us", step.choice.nanoseconds / 1e3},
          {"measured_us", step.nanoseconds / 1e3},
          {"share", step.share},
          {"bytes_read", facts.bytes_read},
          {"bytes_written", facts.bytes_written},
          {"flop", facts.operations},
          {"gflop_s", rate(facts.operations)},
          {"gb_s", rate(facts.bytes_read + facts.bytes_written)},
          {"bound_by", step.compute_bound() ? "compute" : "memory"},
          {"level", level_name(step.level)},
          {"limit_us", step.limit() / 1e3},
          {"share_of_limit", rate(step.limit())}};
}

nlohmann::json refused_json(const RefusedFusion& refused) {
  const Refusal& refusal = refused.refusal;
  return {{"producer", refusal.producer.id},
          {"consumer", refusal.consumer ? nlohmann::json(refusal.consumer.id) : nlohmann::json()},
          {"from_step", refused.from},
          {"to_step", refused.to},
          {"bytes_read", refused.bytes_read},
          {"bytes_kept", refused.bytes_kept},
          {"saves_us", refused.nanoseconds / 1e3},
          {"pass", refusal.pass},
          {"rule", refusal.rule},
          {"reason", refusal.reason},
          {"suggestion", refusal.suggestion}};
}

}  // namespace

std::string json(const Profile& profile) {
  nlohmann::json steps = nlohmann::json::array(), refused = nlohmann::json::array();
  for (const ProfiledStep& step : profile.steps) steps.push_back(step_json(step));
  for (const RefusedFusion& one : profile.refused) refused.push_back(refused_json(one));
  const auto correlation = profile.rank_correlation();
  const nlohmann::json made{{"model", profile.model},
                            {"graph", profile.graph},
                            {"provider", profile.provider},
                            {"processor", processor_name()},
                            {"isa", profile.isa},
                            {"threads", profile.threads},
                            {"arena_bytes", profile.arena_bytes},
                            {"steps_at_load", profile.steps_at_load},
                            {"limits", limits_json(profile.known.limits)},
                            {"runs", profile.timing.runs},
                            {"clock_ns", profile.timing.look},
                            {"run_us", profile.timing.whole / 1e3},
                            {"watched_run_us", profile.timing.watched / 1e3},
                            {"on_core", profile.timing.on_core},
                            {"steps_us", profile.steps_total() / 1e3},
                            {"rank_correlation", correlation ? nlohmann::json(*correlation) : nlohmann::json()},
                            {"steps", std::move(steps)},
                            {"refused_fusions", std::move(refused)}};
  return made.dump(2) + "\n";
}

}  // namespace vitrine
