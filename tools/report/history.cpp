#include "tools/report/history.hpp"

#include <set>

#include "compiler/compile.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/update_families.hpp"
#include "tools/report/replay.hpp"

namespace vitrine {

namespace {

std::vector<std::uint32_t> ids_of(const std::vector<Value>& values) {
  std::vector<std::uint32_t> made;
  for (Value v : values) made.push_back(v.id);
  return made;
}

/// Listens to a compilation and writes its history.
class Scribe {
 public:
  explicit Scribe(const Target& target) : target_(target) {}

  void begin(const Graph& graph) {
    made_.traced = seen_ = graph.end_of_ids();
    know_new_nodes(graph, 0);
    for (const auto& [name, value] : graph.outputs()) made_.outputs.emplace_back(name, value.id);
    for (const auto& [state, next] : graph.updates()) {
      made_.updates.emplace_back(state.id, next.id);
      updated_.insert(state.id);
    }
    made_.groups.resize(made_.traced);
    for (Value v : graph.topological()) made_.groups[v.id] = v.node().group;
    stage("traced", graph);
    know_families(graph);
  }

  /// Runs passes over the graph, whose nodes `begin` and `differentiated` have told of.
  void run(Graph& graph, std::span<const Pass> passes) {
    std::vector<Event> events;
    std::size_t round = 0;
    const auto first = std::ranges::find(passes, When::in_rounds, &Pass::when);
    PipelineOptions options;
    options.at_stage = [&](std::string_view name) {
      const auto pass = std::ranges::find(every_pass, name, &Pass::name);
      if (pass == every_pass.end()) return;
      if (!events.empty() && first != passes.end() && pass->name == first->name) ++round;
      events.push_back({&*pass, round + 1, {}});
    };
    options.after_pass = [&](const Graph& now, const Pass&, std::size_t) {
      events.back().after = std::make_unique<Graph>(now);
    };
    const Record record = optimize(graph, passes, options);
    write(record, events);
    for (const Refusal& r : record.refusals) {
      const auto id = [](Value v) { return v ? v.id : Change::none; };
      made_.refusals.push_back({std::string(r.pass), r.rule, r.at.file_name(), r.at.line(), id(r.candidate),
                                id(r.producer), id(r.consumer), r.reason, r.suggestion});
    }
  }

  /// Nodes that are new in `graph` are derivatives and next values: told piece by piece, each by the node it belongs
  /// to.
  void differentiated(const Graph& graph) {
    const std::uint32_t begin = seen_;
    know_new_nodes(graph, begin);
    know_families(graph);
    const std::size_t first = made_.changes.size();
    for (std::uint32_t id = begin; id < graph.end_of_ids(); ++id) {
      const std::uint32_t of = belongs_to(graph, id);
      if (made_.changes.size() == first || made_.changes.back().matched[0] != of)
        made_.changes.push_back(
            {.kind = Change::Kind::differentiated, .rule = rule_of(graph, of), .matched = {of}, .made = {}});
      made_.changes.back().made.push_back(id);
    }
    seen_ = graph.end_of_ids();
    for (const auto& [state, next] : graph.updates())
      if (std::ranges::find(made_.updates, state.id, &std::pair<std::uint32_t, std::uint32_t>::first) ==
          made_.updates.end()) {
        made_.learned_updates.emplace_back(state.id, next.id);
        updated_.insert(state.id);
      }
    Turn turn = stage_of("differentiate", graph);
    turn.first = first;
    turn.changes = made_.changes.size() - first;
    made_.turns.push_back(std::move(turn));
  }

  History finish(const Graph& graph) && {
    made_.graph = graph;
    made_.plan = compile(graph, target_);
    for (const Change& change : made_.changes) {  // what is made of an update's node belongs to that update
      const auto family = made_.family.find(change.matched[0]);
      if (family == made_.family.end()) continue;
      for (const std::uint32_t id : change.made) made_.family.try_emplace(id, family->second);
    }
    return std::move(made_);
  }

 private:
  struct Event {
    const Pass* pass;
    std::size_t round;
    std::unique_ptr<Graph> after;  // null: nothing changed
  };

  /// The record's changes as the pass's turns: a run of changes by one pass is what its turns did until another pass
  /// changed something.
  void write(const Record& record, std::vector<Event>& events) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
      Event& event = events[i];
      Turn turn{.pass = std::string(event.pass->name), .told = event.pass, .round = event.round};
      turn.first = made_.changes.size();
      if (!event.after) {
        copy_facts(turn);
        made_.turns.push_back(std::move(turn));
        continue;
      }
      // Turns of one pass with no change by another between them are one: the record does not part them.
      std::size_t last = i;
      for (std::size_t next = i + 1; next < events.size(); ++next) {
        if (!events[next].after) continue;
        if (events[next].pass != event.pass) break;
        last = next;
      }
      const Graph& after = *events[last].after;
      const std::uint32_t end = after.end_of_ids();
      know_new_nodes(after, seen_);
      while (at < record.rewrites.size() && record.rewrites[at].pass == event.pass->name) tell(record.rewrites[at++]);
      if (seen_ < end && !made_.changes.empty())  // made, and then not needed
        for (; seen_ < end; ++seen_) made_.changes.back().made.push_back(seen_);
      turn.round = events[last].round;
      turn.changes = made_.changes.size() - turn.first;
      fill(turn, after);
      made_.turns.push_back(std::move(turn));
      for (std::size_t next = i + 1; next <= last; ++next) events[next].after.reset();
    }
  }

  void tell(const Rewrite& rewrite) {
    Change change{.rule = rewrite.rule, .file = rewrite.at.file_name(), .line = rewrite.at.line()};
    for (const Seen& seen : rewrite.matched) change.matched.push_back(seen.value.id);
    std::uint32_t end = seen_;
    for (const Seen& seen : rewrite.made) {
      end = std::max(end, seen.value.id + 1);
      made_.operands[seen.value.id] = ids_of(seen.operands);
    }
    if (rewrite.by) end = std::max(end, rewrite.by.id + 1), change.by = rewrite.by.id;
    for (; seen_ < end; ++seen_) change.made.push_back(seen_);  // numbers, which the record leaves out, among them
    if (!rewrite.by) change.kind = kind_of(rewrite);
    made_.changes.push_back(std::move(change));
  }

  /// Of a change that puts nothing in the place of what it matched. A state that is updated is not erased.
  Change::Kind kind_of(const Rewrite& rewrite) {
    const Value v = rewrite.matched[0].value;
    if (updated_.erase(v.id)) return Change::Kind::kept;
    return rewrite.groups ? Change::Kind::grouped : Change::Kind::erased;
  }

  void know_new_nodes(const Graph& graph, std::uint32_t from) {
    made_.operands.resize(graph.end_of_ids());
    made_.born.resize(graph.end_of_ids());
    for (std::uint32_t id = from; id < graph.end_of_ids(); ++id) {
      const Node& node = graph.node(Value{const_cast<Graph*>(&graph), id});
      made_.born[id] = node.op || node.leaf != Leaf::none;
      made_.operands[id] = ids_of(node.operands);
    }
  }

  void know_families(const Graph& graph) {
    UpdateFamilies families = update_families(graph);
    made_.families = std::move(families.titles);
    made_.family = std::move(families.family);
  }

  /// Of a gradient the forward node, of an update the state whose next value it is part of.
  std::uint32_t belongs_to(const Graph& graph, std::uint32_t id) const {
    const Node& node = graph.node(Value{const_cast<Graph*>(&graph), id});
    if (!node.origin.empty()) return node.origin[0];
    if (!made_.changes.empty() && made_.changes.back().kind == Change::Kind::differentiated)
      return made_.changes.back().matched[0];
    return node.operands.empty() ? id : node.operands[0].id;
  }
  static std::string rule_of(const Graph& graph, std::uint32_t of) {
    const Node& node = graph.node(Value{const_cast<Graph*>(&graph), of});
    if (node.op) return "derivative of " + std::string(node.op->name());
    return node.leaf == Leaf::state ? "update of " + node.name : "derivative";
  }

  Turn stage_of(std::string name, const Graph& graph) {
    Turn turn{.pass = std::move(name), .first = made_.changes.size()};
    fill(turn, graph);
    return turn;
  }
  void stage(std::string name, const Graph& graph) { made_.turns.push_back(stage_of(std::move(name), graph)); }

  void fill(Turn& turn, const Graph& graph) {
    turn.nodes = graph.topological().size();
    const Plan plan = compile(graph, target_);
    turn.arena = plan.arena_bytes;
    turn.lower_bound = plan.lower_bound;
    turn.steps = plan.steps.size();
    for (const Step& step : plan.steps)
      if (!step.once) turn.nanoseconds += step.choice.nanoseconds;
    made_.stands.emplace_back(made_.turns.size(), graph);
  }
  void copy_facts(Turn& turn) const {
    const Turn& before = made_.turns.back();
    turn.nodes = before.nodes;
    turn.arena = before.arena;
    turn.lower_bound = before.lower_bound;
    turn.steps = before.steps;
    turn.nanoseconds = before.nanoseconds;
  }

  const Target& target_;
  History made_{};
  std::uint32_t seen_ = 0;             // nodes with a smaller id have been told of
  std::set<std::uint32_t> updated_{};  // states that still are
};

/// What the page will show at the end of each turn is what was there.
History proven(Scribe scribe, const Graph& graph) {
  History made = std::move(scribe).finish(graph);
  Replay replay(made);
  std::size_t done = 0;
  for (const auto& [turn, stood] : made.stands) {
    const Turn& told = made.turns[turn];
    for (; done < told.first + told.changes; ++done) replay.apply(made.changes[done]);
    replay.demand_equal(stood, "after " + told.pass);
  }
  return made;
}

}  // namespace

std::size_t History::stood(std::size_t turn) const {
  const auto next = std::ranges::upper_bound(stands, turn, {}, &std::pair<std::size_t, Graph>::first);
  return static_cast<std::size_t>(next - stands.begin()) - 1;
}

History history_of(const Graph& traced, std::span<const Pass> passes, const Target& target) {
  Graph graph(traced);
  Scribe scribe(target);
  scribe.begin(graph);
  scribe.run(graph, passes);
  return proven(std::move(scribe), graph);
}

History history_of_training(const Graph& traced, const Optimizer& optimizer, const Target& target,
                            std::span<const Pass> recognition, std::span<const Pass> passes) {
  Graph forward(traced);
  Scribe scribe(target);
  scribe.begin(forward);
  if (!recognition.empty()) scribe.run(forward, recognition);
  Graph graph = differentiated_step(forward, optimizer);
  scribe.differentiated(graph);
  scribe.run(graph, passes);
  return proven(std::move(scribe), graph);
}

}  // namespace vitrine
