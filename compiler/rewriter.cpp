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
  if (record_.count < most_) return;
  // What was made for the change that is one too many goes again, users before operands.
  for (std::uint32_t id = graph_.end_of_ids(); id-- > made_until_;)
    if (const Value v = graph_.find(id); v && !is_used(v)) graph_.erase(v);
  throw EnoughRewrites{};
}

std::vector<Value> Rewriter::made_since_the_last_change() {
  std::vector<Value> made;
  for (; made_until_ < graph_.end_of_ids(); ++made_until_) {
    const Value v{&graph_, made_until_};
    if (v.op()) made.push_back(v);
  }
  return made;
}

/// `matched`: as it stood before the change. What was made stands as it was made.
void Rewriter::note(Wording rule, Where at, std::vector<Seen> matched, std::span<const Value> made, Value by,
                    bool groups) {
  ++record_.count;
  if (!record_.keeps) return;
  std::vector<Seen> fresh;
  fresh.reserve(made.size());
  for (Value v : made) fresh.push_back({v, v.operands()});
  record_.rewrites.push_back({pass_, rule.str(), at, std::move(matched), std::move(fresh), by, groups});
}

void Rewriter::replace(Value value, Value by, Wording rule, Where at) {
  demand_room();
  if (planted().replacement) by = planted().replacement(pass_, value, by);
  if (value.type() != by.type())
    throw InternalError(
        (Sentence{} << "pass " << pass_ << ": " << rule.str() << " changes " << value.type() << " into " << by.type())
            .str());
  const Location place = value.node().at;
  const Phase phase = value.node().phase;
  const std::vector<std::uint32_t> origin = phase == Phase::forward ? std::vector{value.id} : value.node().origin;
  const std::vector<Value> fresh = made_since_the_last_change();
  for (Value v : fresh) {
    Node& made = graph_.edit(v);
    if (made.at.line == 0) made.at = place;
    made.phase = phase;
    made.origin = origin;
  }
  // A group was formed for the nodes it had: where one changes, it is to be formed anew.
  std::vector<Value> touched = graph_.users(value);
  touched.push_back(value);
  for (Value t : touched) graph_.dissolve(t.node().group);
  // As they stand before uses move: an operand of what was made may be moved too.
  std::vector<Seen> matched;
  if (record_.keeps) matched.push_back({value, value.operands()});
  note(rule, at, std::move(matched), fresh, by);
  graph_.replace_all_uses(value, by, fresh);
}

void Rewriter::erase(Value value, Wording rule, Where at) {
  demand_room();
  if (is_used(value))
    throw InternalError("pass " + std::string(pass_) + " erases %" + std::to_string(value.id) + ", which is read");
  graph_.erase(value);
  note(rule, at, record_.keeps ? std::vector<Seen>{{value, value.operands()}} : std::vector<Seen>{}, {}, {});
}

void Rewriter::keep(Value state, Wording rule, Where at) {
  demand_room();
  graph_.drop_update(state);
  note(rule, at, record_.keeps ? std::vector<Seen>{{state, {}}} : std::vector<Seen>{}, {}, {});
}

void Rewriter::group(std::span<const Value> members, Wording rule, Where at) {
  demand_room();
  const std::uint32_t made = graph_.last_group() + 1;
  std::vector<Seen> matched;
  for (Value v : members) {
    graph_.put_in_group(v, made);
    if (record_.keeps) matched.push_back({v, v.operands()});
  }
  note(rule, at, std::move(matched), {}, {}, true);
}

Value Rewriter::twin(Value v) {
  graph_.take_id(graph_.end_of_ids());
  return graph_.add(*v.op(), v.operands());
}

void Rewriter::refuse(Value candidate, Wording rule, Wording reason, Wording suggestion, Where at) {
  if (!record_.keeps) return;
  refuse({pass_, rule.str(), at, candidate, reason.str(), suggestion.str()});
}

void Rewriter::refuse_to_join(Value producer, Value consumer, Wording rule, Wording reason, Wording suggestion,
                              Where at) {
  if (!record_.keeps) return;
  refuse({pass_, rule.str(), at, consumer ? consumer : producer, reason.str(), suggestion.str(), producer, consumer});
}

void Rewriter::refuse(Refusal made) {
  const auto [first, last] = refused_.equal_range(made.candidate.id);
  if (std::any_of(first, last, [&](const auto& known) { return record_.refusals[known.second] == made; })) return;
  refused_.emplace(made.candidate.id, record_.refusals.size());
  record_.refusals.push_back(std::move(made));
}

}  // namespace vitrine
