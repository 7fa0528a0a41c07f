#include "compiler/rewriter.hpp"

#include <algorithm>

#include "compiler/planted.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

Rewriter::Rewriter(Graph& graph, std::string_view pass, Record& record, std::size_t most)
    : graph_(graph), pass_(pass), record_(record), most_(most), made_until_(graph.end_of_ids()) {
  for (std::size_t i = 0; i < record.refusals.size(); ++i)
    if (record.refusals[i].pass == pass) refused_.emplace(record.refusals[i].candidate.id, i);
}

void Rewriter::demand_room() {
  if (record_.rewrites.size() < most_) return;
  // What was made for the change that is one too many goes again, users before operands.
  for (std::uint32_t id = graph_.end_of_ids(); id-- > made_until_;)
    if (const Value v = graph_.find(id); v && !is_used(v)) graph_.erase(v);
  throw EnoughRewrites{};
}

std::vector<Seen> Rewriter::made_since_the_last_change() {
  std::vector<Seen> made;
  for (; made_until_ < graph_.end_of_ids(); ++made_until_) {
    const Value v{&graph_, made_until_};
    if (v.op()) made.push_back({v, v.operands()});
  }
  return made;
}

void Rewriter::replace(Value value, Value by, std::string rule, Where at) {
  demand_room();
  if (planted().replacement) by = planted().replacement(pass_, value, by);
  if (value.type() != by.type())
    throw InternalError(
        (Sentence{} << "pass " << pass_ << ": " << rule << " changes " << value.type() << " into " << by.type()).str());
  const Node before = value.node();
  std::vector<Seen> fresh = made_since_the_last_change();
  for (const Seen& seen : fresh) {
    Node& made = graph_.edit(seen.value);
    if (made.at.line == 0) made.at = before.at;
    made.phase = before.phase;
    made.origin = before.phase == Phase::forward ? std::vector{value.id} : before.origin;
  }
  // A group was formed for the nodes it had: where one changes, it is to be formed anew.
  std::vector<Value> touched = graph_.users(value);
  touched.push_back(value);
  for (Value t : touched) graph_.dissolve(t.node().group);
  std::vector<Value> made_for_it;
  for (const Seen& seen : fresh) made_for_it.push_back(seen.value);
  graph_.replace_all_uses(value, by, made_for_it);
  record_.rewrites.push_back({pass_, std::move(rule), at, {{value, before.operands}}, std::move(fresh), by});
}

void Rewriter::erase(Value value, std::string rule, Where at) {
  demand_room();
  if (is_used(value))
    throw InternalError("pass " + std::string(pass_) + " erases %" + std::to_string(value.id) + ", which is read");
  graph_.erase(value);
  record_.rewrites.push_back({pass_, std::move(rule), at, {{value, value.operands()}}, {}, {}});
}

void Rewriter::keep(Value state, std::string rule, Where at) {
  demand_room();
  graph_.drop_update(state);
  record_.rewrites.push_back({pass_, std::move(rule), at, {{state, {}}}, {}, {}});
}

void Rewriter::group(std::span<const Value> members, std::string rule, Where at) {
  demand_room();
  const std::uint32_t made = graph_.last_group() + 1;
  std::vector<Seen> matched;
  for (Value v : members) {
    graph_.put_in_group(v, made);
    matched.push_back({v, v.operands()});
  }
  record_.rewrites.push_back({pass_, std::move(rule), at, std::move(matched), {}, {}});
}

void Rewriter::refuse(Value candidate, std::string rule, std::string reason, std::string suggestion, Where at) {
  refuse({pass_, std::move(rule), at, candidate, std::move(reason), std::move(suggestion)});
}

void Rewriter::refuse_to_join(Value producer, Value consumer, std::string rule, std::string reason,
                              std::string suggestion, Where at) {
  refuse({pass_, std::move(rule), at, consumer ? consumer : producer, std::move(reason), std::move(suggestion),
          producer, consumer});
}

void Rewriter::refuse(Refusal made) {
  const auto [first, last] = refused_.equal_range(made.candidate.id);
  if (std::any_of(first, last, [&](const auto& known) { return record_.refusals[known.second] == made; })) return;
  refused_.emplace(made.candidate.id, record_.refusals.size());
  record_.refusals.push_back(std::move(made));
}

}  // namespace vitrine
