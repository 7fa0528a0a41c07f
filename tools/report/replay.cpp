#include "tools/report/replay.hpp"

#include "vitrine/error.hpp"

namespace vitrine {

Replay::Replay(const History& history) : alive_(history.operands.size()), operands_(history.operands) {
  for (std::uint32_t id = 0; id < history.traced; ++id) alive_[id] = history.born[id];
}

void Replay::apply(const Change& change) {
  for (const std::uint32_t id : change.made) alive_[id] = true;
  if (change.kind == Change::Kind::erased) alive_[change.matched[0]] = false;
  if (change.kind != Change::Kind::replaced) return;
  for (std::uint32_t id = 0; id < operands_.size(); ++id)
    if (alive_[id] && std::ranges::find(change.made, id) == change.made.end())
      std::ranges::replace(operands_[id], change.matched[0], change.by);
}

void Replay::demand(bool same, std::uint32_t id, const std::string& where) const {
  if (!same)
    throw InternalError("report: " + where + " %" + std::to_string(id) +
                        " is another node than the record of rewrites says");
}

void Replay::demand_equal(const Graph& graph, const std::string& where) const {
  for (std::uint32_t id = 0; id < alive_.size(); ++id) {
    const Value v = graph.find(id);
    demand(static_cast<bool>(v) == alive_[id], id, where);
    if (!v) continue;
    std::vector<std::uint32_t> reads;
    for (Value operand : v.operands()) reads.push_back(operand.id);
    demand(reads == operands_[id], id, where);
  }
}

}  // namespace vitrine
