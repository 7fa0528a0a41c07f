#include "tools/refused_fusions.hpp"

#include <set>

namespace vitrine {

namespace {

/// The step of each node. A copy computes nothing; what ran at load is no part of a run.
std::map<std::uint32_t, std::size_t> steps_of_nodes(const Plan& plan) {
  std::map<std::uint32_t, std::size_t> made;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    const bool copies = step.operand_nodes.empty() && !step.operands.empty();
    if (copies || step.once) continue;
    for (const std::uint32_t id : step.nodes) made.emplace(id, i);
  }
  return made;
}

double bytes_of(Value v) { return static_cast<double>(v.type().bytes()); }

class Savings {
 public:
  Savings(const Graph& graph, const Plan& plan, const MachineLimits& limits)
      : graph_(graph), limits_(limits), steps_(steps_of_nodes(plan)) {}

  void consider(const Refusal& refusal) {
    // The record's values belong to the graph as it was when the pass ran; ids are kept.
    const Value producer = refusal.producer ? graph_.find(refusal.producer.id) : Value{};
    if (!producer) return;
    std::vector<Value> readers = graph_.users(producer);
    if (refusal.consumer) {
      const Value consumer = graph_.find(refusal.consumer.id);
      if (!consumer) return;
      readers = {consumer};
    }
    for (Value reader : readers) add(refusal, producer, reader);
  }
  std::vector<RefusedFusion> sorted() && {
    std::ranges::stable_sort(made_, std::ranges::greater(), &RefusedFusion::nanoseconds);
    return std::move(made_);
  }

 private:
  void add(const Refusal& refusal, Value producer, Value reader) {
    const auto from = steps_.find(producer.id), to = steps_.find(reader.id);
    if (from == steps_.end() || to == steps_.end() || from->second == to->second) return;
    if (!seen_.emplace(producer.id, to->second).second) return;
    RefusedFusion made{.refusal = refusal, .from = from->second, .to = to->second};
    const auto operands = reader.operands();
    if (std::ranges::find(operands, producer) != operands.end()) {
      const auto users = graph_.users(producer);
      // A head needs it whole: its step would read it all the same.
      if (std::ranges::any_of(users, [&](Value user) { return is_in(user, to->second) && !is_elementwise(user); }))
        return;
      made.bytes_read = bytes_of(producer);
      const bool for_it_alone = !is_result(producer) && std::ranges::all_of(users, [&](Value user) {
        return is_in(user, from->second) || is_in(user, to->second);
      });
      made.bytes_kept = for_it_alone ? bytes_of(producer) : 0;
    } else {  // a companion, which reads what its head reads
      for (Value operand : operands) made.bytes_read += bytes_of(operand);
    }
    const MemoryLevel& level = limits_.levels[limits_.level_for(made.bytes_read + made.bytes_kept)];
    made.nanoseconds = level.nanoseconds(made.bytes_read, made.bytes_kept);
    if (made.nanoseconds > 0) made_.push_back(std::move(made));
  }

  bool is_in(Value v, std::size_t step) const {
    const auto at = steps_.find(v.id);
    return at != steps_.end() && at->second == step;
  }
  static bool is_elementwise(Value v) { return v.op() && v.op()->info->elementwise(); }

  const Graph& graph_;
  const MachineLimits& limits_;
  std::map<std::uint32_t, std::size_t> steps_;
  std::set<std::pair<std::uint32_t, std::size_t>> seen_{};  // producer, step that reads it
  std::vector<RefusedFusion> made_{};
};

}  // namespace

std::vector<RefusedFusion> refused_fusions(const Graph& graph, const Record& record, const Plan& plan,
                                           const MachineLimits& limits) {
  Savings savings(graph, plan, limits);
  for (const Refusal& refusal : record.refusals) savings.consider(refusal);
  return std::move(savings).sorted();
}

}  // namespace vitrine
