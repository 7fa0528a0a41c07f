#include "tools/report/comparison.hpp"

#include "compiler/escape.hpp"
#include "compiler/node_pairing.hpp"
#include "compiler/print.hpp"

namespace vitrine {

namespace {

bool same_node(const History& a, const History& b, std::uint32_t id) {
  if (!a.was_there(id) || !b.was_there(id)) return a.was_there(id) == b.was_there(id);
  const Node &x = node_of(a, id), &y = node_of(b, id);
  return a.operands[id] == b.operands[id] && x.op.has_value() == y.op.has_value() && (!x.op || *x.op == *y.op);
}

/// Ids below this mean the same node in both: what was traced, and what was made until one did something else.
std::uint32_t shared_ids(const History& a, const History& b) {
  if (print(a.stands[0].second) != print(b.stands[0].second)) return 0;
  std::uint32_t end = std::min(a.traced, b.traced);
  for (std::size_t i = 0; i < std::min(a.changes.size(), b.changes.size()); ++i) {
    const Change &x = a.changes[i], &y = b.changes[i];
    if (x.kind != y.kind || x.rule != y.rule || x.matched != y.matched || x.made != y.made || x.by != y.by) break;
    if (!std::ranges::all_of(x.made, [&](std::uint32_t id) { return same_node(a, b, id); })) break;
    for (const std::uint32_t id : x.made) end = std::max(end, id + 1);
  }
  return end;
}

std::map<std::uint32_t, std::uint32_t> became_in(const History& history) {
  std::map<std::uint32_t, std::uint32_t> made;
  for (const Change& change : history.changes)
    if (change.kind == Change::Kind::replaced && change.by != change.matched[0]) made[change.matched[0]] = change.by;
  return made;
}

/// For each turn of a the turn of b that it is held against: the same pass's, where both lists of passes have it in
/// order (their longest common part), else the one before. The ends are held against each other.
std::vector<std::size_t> turns_of_other(const std::vector<Turn>& a, const std::vector<Turn>& b) {
  std::vector<std::vector<std::size_t>> common(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t k = b.size(); k-- > 0;)
      common[i][k] = a[i].pass == b[k].pass ? common[i + 1][k + 1] + 1 : std::max(common[i + 1][k], common[i][k + 1]);
  std::vector<std::size_t> made;
  std::size_t next = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    while (next < b.size() && a[i].pass != b[next].pass && common[i][next + 1] == common[i][next] &&
           common[i][next] > common[i + 1][next])
      ++next;
    if (next < b.size() && a[i].pass == b[next].pass)
      made.push_back(next++);
    else
      made.push_back(next == 0 ? 0 : next - 1);
  }
  made.back() = b.size() - 1;
  return made;
}

class Comparing {
 public:
  Comparing(const History& a, Comparison& made) : a_(a), b_(made.other), made_(made), shared_(shared_ids(a, b_)) {
    options_.shared = shared_;
    options_.became_a = became_in(a_);
    options_.became_b = became_in(b_);
  }

  void compare() {
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> known;  // by what the two graphs were
    const std::vector<std::size_t> turns = turns_of_other(a_.turns, b_.turns);
    for (std::size_t i = 0; i < turns.size(); ++i) {
      const std::pair stands(a_.stood(i), b_.stood(turns[i]));
      const auto [at, fresh] = known.try_emplace(stands, made_.differences.size());
      if (fresh)
        made_.differences.push_back(differences(a_.stands[stands.first].second, b_.stands[stands.second].second));
      made_.points.push_back({turns[i], at->second});
    }
    for (std::uint32_t id = 0; id < shared_; ++id)
      if (a_.was_there(id)) made_.on_map.try_emplace(id, id);
    for (const auto& [id, number] : own_) made_.on_map[id] = number;
  }

  void compare_rewrites() {
    const auto recorded = [](const History& history, std::vector<std::size_t>& which) {
      std::vector<RecordedRewrite> made;
      for (const Turn& turn : history.turns)
        for (std::size_t i = turn.first; i < turn.first + turn.changes; ++i) {
          const Change& change = history.changes[i];
          if (change.kind == Change::Kind::differentiated) continue;
          which.push_back(i);
          made.push_back({turn.pass, change.rule, {}});
          for (const std::uint32_t id : change.matched) made.back().matched.push_back(&node_of(history, id));
        }
      return made;
    };
    made_.rewrites = record_diff(recorded(a_, made_.rewrites_a), recorded(b_, made_.rewrites_b));
  }

 private:
  using Partners = std::map<std::uint32_t, std::uint32_t>;

  Differences differences(const Graph& a, const Graph& b) {
    const GraphDiff diff = graph_diff(a, b, options_);
    Differences made{.same = diff.pairs.size() - diff.changed(), .remains = diff.remains};
    Partners in_a, in_b;
    for (const NodePair& pair : diff.pairs) {
      in_a[pair.b.id] = made_.on_map[pair.b.id] = pair.a.id;
      in_b[pair.a.id] = pair.b.id;
    }
    // A node that only b has stands where a's node of that id is, or was.
    for (Value v : diff.only_b) {
      const bool has_a_place = v.id < shared_ && a_.was_there(v.id) && !in_b.contains(v.id);
      in_a[v.id] = has_a_place ? v.id : own_number(v.id);
    }
    const auto add = [&](Differing differing, Value there, bool reads) {
      if (there) {
        differing.in_b = there.id;
        differing.line = visible(line_of(there));
        differing.group = there.node().group;
      }
      if (there && reads)
        for (Value operand : there.operands())
          if (const auto at = in_a.find(operand.id); at != in_a.end()) {
            differing.reads.push_back(at->second);
            if (differing.kind == Differing::Kind::changed && at->second >= end_of_a())
              made_.reads_too[differing.at].insert(at->second);
          }
      made.nodes.push_back(std::move(differing));
    };
    for (const DiffLine& line : lines_of(diff, a, b)) {
      if (!line.b)
        add({.kind = Differing::Kind::only_a, .at = line.a.id}, {}, false);
      else if (!line.a)
        add({.kind = Differing::Kind::only_b, .at = in_a.at(line.b.id)}, line.b, true);
      else
        add({.kind = line.pair->differs.only_in_step() ? Differing::Kind::step : Differing::Kind::changed,
             .at = line.a.id,
             .differs = words(line.pair->differs),
             .found_by = std::string(line.pair->found_by)},
            line.b, line.pair->differs.op || line.pair->differs.operands);
    }
    for (const ResultChange& r : diff.results)
      made.results.push_back(
          {visible(r.name), r.is_update, r.a ? visible(name_of(r.a)) : "", r.b ? visible(name_of(r.b)) : ""});
    return made;
  }

  std::uint32_t end_of_a() const { return static_cast<std::uint32_t>(a_.operands.size()); }
  std::uint32_t own_number(std::uint32_t id) {
    const auto [at, fresh] = own_.try_emplace(id, end_of_a() + static_cast<std::uint32_t>(made_.own.size()));
    if (fresh) made_.own.push_back(id);
    return at->second;
  }

  const History &a_, &b_;
  Comparison& made_;
  std::uint32_t shared_;
  DiffOptions options_{};
  std::map<std::uint32_t, std::uint32_t> own_{};
};

}  // namespace

Comparison comparison_of(const History& first, History second) {
  Comparison made;
  made.other = std::move(second);
  Comparing comparing(first, made);
  comparing.compare();
  comparing.compare_rewrites();
  return made;
}

Scene scene_of(const History& first, const Comparison& comparison) {
  Scene made = scene_of(first);
  const Scene other = scene_of(comparison.other);
  const auto on_map = [&](const std::vector<std::uint32_t>& ids) {
    std::vector<std::uint32_t> found;
    for (const std::uint32_t id : ids)
      if (const auto at = comparison.on_map.find(id); at != comparison.on_map.end()) found.push_back(at->second);
    return found;
  };
  for (const std::uint32_t id : comparison.own) {
    Drawn drawn = other[id];
    drawn.operands = on_map(drawn.operands);
    drawn.origin = on_map(drawn.origin);
    drawn.of_other = true;
    made.push_back(std::move(drawn));
  }
  for (const auto& [id, reads] : comparison.reads_too) made[id].reads_too.assign(reads.begin(), reads.end());
  return made;
}

}  // namespace vitrine
