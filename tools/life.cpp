#include "tools/life.hpp"

#include <algorithm>
#include <set>

#include "compiler/print.hpp"

namespace vitrine {

namespace {

constexpr std::size_t never = ~std::size_t{0};

bool is_replacement(const Rewrite& r) { return r.by && r.by.id != r.matched[0].value.id; }
bool makes(const Rewrite& r, std::uint32_t id) {
  return std::ranges::any_of(r.made, [&](const Seen& seen) { return seen.value.id == id; });
}

/// Who reads what while the rewrites are told once more.
class Operands {
 public:
  void take_from(const Graph& graph) {
    for (Value v : graph.topological())
      if (!of_.contains(v.id)) set(v, v.operands());
  }
  void apply(const Rewrite& r) {
    for (const Seen& seen : r.made) set(seen.value, seen.operands);
    if (!is_replacement(r)) return;
    const std::uint32_t from = r.matched[0].value.id;
    const std::set<std::uint32_t> users = users_[from];
    for (const std::uint32_t user : users) {
      if (makes(r, user)) continue;  // f(x) in the place of x goes on reading x
      for (Value& operand : of_[user])
        if (operand.id == from) operand = r.by;
      users_[from].erase(user);
      users_[r.by.id].insert(user);
    }
  }
  bool reads(std::uint32_t user, std::uint32_t operand) const {
    const auto known = users_.find(operand);
    return known != users_.end() && known->second.contains(user);
  }
  /// The node's line as it stands now; `graph` has it, dead or alive.
  std::string line(const Graph& graph, std::uint32_t id) const {
    const auto known = of_.find(id);
    return line_of(Seen{{const_cast<Graph*>(&graph), id}, known == of_.end() ? std::vector<Value>{} : known->second});
  }

 private:
  void set(Value v, const std::vector<Value>& operands) {
    of_[v.id] = operands;
    for (Value operand : operands) users_[operand.id].insert(v.id);
  }
  std::map<std::uint32_t, std::vector<Value>> of_{};
  std::map<std::uint32_t, std::set<std::uint32_t>> users_{};
};

class Telling {
 public:
  Telling(const Compilation& whole, std::uint32_t id) : whole_(whole) {
    made_.asked = id;
    const auto& rewrites = whole.rewrites();
    made_in_.assign(whole.compiled().end_of_ids(), never);
    replaced_in_.assign(whole.compiled().end_of_ids(), never);
    for (std::size_t i = 0; i < rewrites.size(); ++i) {
      for (const Seen& seen : rewrites[i].made) made_in_[seen.value.id] = i;
      if (is_replacement(rewrites[i])) replaced_in_[rewrites[i].matched[0].value.id] = i;
    }
    // Back to the first node with this value, then forward to the last.
    std::vector<std::uint32_t> before;
    for (std::uint32_t at = id; made_in_[at] != never;) {
      const Rewrite& r = rewrites[made_in_[at]];
      if (!is_replacement(r) || r.by.id != at) break;
      before.push_back(at = r.matched[0].value.id);
    }
    made_.nodes.assign(before.rbegin(), before.rend());
    made_.nodes.push_back(id);
    for (std::uint32_t at = id; replaced_in_[at] != never && made_.nodes.size() <= rewrites.size();)
      made_.nodes.push_back(at = rewrites[replaced_in_[at]].by.id);
    made_.alive = bool(whole.compiled().find(made_.nodes.back()));
  }

  Life tell() {
    Operands operands;
    operands.take_from(whole_.traced());
    std::size_t turn = 0;  // which of its nodes has the value now
    for (std::size_t i = 0; i < whole_.rewrites().size(); ++i) {
      if (i == whole_.recognitions()) operands.take_from(whole_.given());
      const Rewrite& r = whole_.rewrites()[i];
      const std::uint32_t now = made_.nodes[turn];
      const std::string before = operands.line(whole_.compiled(), now);
      const bool reads = is_replacement(r) && operands.reads(now, r.matched[0].value.id) && !makes(r, now);
      operands.apply(r);
      const auto note = [&](LifeEvent::What what, std::string was, std::string is) {
        made_.events.push_back({what, &r, i + 1, now, std::move(was), std::move(is)});
      };
      if (replaced_in_[now] == i) {
        ++turn;
        note(LifeEvent::What::replaced, before, operands.line(whole_.compiled(), made_.nodes[turn]));
      } else if (made_in_[now] == i) {
        note(LifeEvent::What::made, "", operands.line(whole_.compiled(), now));
      } else if (reads) {
        note(LifeEvent::What::reads_another, before, operands.line(whole_.compiled(), now));
      } else if (is_replacement(r)) {
        if (r.by.id == now) note(LifeEvent::What::stands_for, before, before);
      } else if (std::ranges::any_of(r.matched, [&](const Seen& seen) { return seen.value.id == now; })) {
        if (r.groups)
          note(LifeEvent::What::joined, before, before);
        else if (r.matched[0].value.node().leaf == Leaf::state && whole_.compiled().find(now))
          note(LifeEvent::What::not_updated, before, before);
        else
          note(LifeEvent::What::erased, before, "");
      }
    }
    for (const Refusal& r : whole_.refusals()) {
      const auto is_one = [&](Value v) { return v && std::ranges::find(made_.nodes, v.id) != made_.nodes.end(); };
      if (is_one(r.candidate) || is_one(r.producer) || is_one(r.consumer)) made_.remarks.push_back(&r);
    }
    return std::move(made_);
  }

 private:
  const Compilation& whole_;
  Life made_{};
  std::vector<std::size_t> made_in_{}, replaced_in_{};  // by node id: the number of a rewrite
};

}  // namespace

std::string_view words(LifeEvent::What what) {
  switch (what) {
    case LifeEvent::What::made: return "made";
    case LifeEvent::What::replaced: return "replaced";
    case LifeEvent::What::reads_another: return "reads another value";
    case LifeEvent::What::stands_for: return "stands for another node too";
    case LifeEvent::What::joined: return "joined into a step";
    case LifeEvent::What::not_updated: return "not updated any more";
    case LifeEvent::What::erased: return "erased";
  }
  return "";
}

Life life_of(const Compilation& whole, std::uint32_t id) { return Telling(whole, id).tell(); }

}  // namespace vitrine
