#include "compiler/node_pairing.hpp"

#include <algorithm>
#include <ranges>
#include <tuple>

#include "compiler/structural_hash.hpp"

namespace vitrine {

namespace {

/// More users of one value than this are not looked through for a partner.
constexpr std::size_t most_candidates = 64;

bool same_op(Value a, Value b) {
  const Node &x = a.node(), &y = b.node();
  return x.op && y.op ? x.op->info == y.op->info : !x.op && !y.op && x.leaf == y.leaf;
}
bool same_place(const Node& a, const Node& b) { return a.at.module == b.at.module && a.phase == b.phase; }
bool same_line(const Node& a, const Node& b) {
  return a.at.line != 0 && a.at.line == b.at.line && a.at.file == b.at.file;
}

/// Whether a result needs it, by id.
std::vector<bool> read_by_results(const Graph& graph, const std::vector<Value>& order) {
  std::vector<bool> read(graph.end_of_ids(), false);
  for (Value v : order | std::views::reverse) {
    if (!v.op() || graph.is_result(v)) read[v.id] = true;
    if (read[v.id])
      for (Value operand : v.operands()) read[operand.id] = true;
  }
  return read;
}

/// Op and operands, with operands as ids of graph a: the hash of the op leaves out what the types say.
using Call = std::pair<std::size_t, std::vector<std::uint32_t>>;

}  // namespace

bool is_plain_number(Value v) { return v.node().leaf == Leaf::constant && v.type().shape.empty(); }

NodePairing::NodePairing(const Graph& a, const Graph& b, const DiffOptions& options)
    : a_(a),
      b_(b),
      order_a_(a.topological()),
      order_b_(b.topological()),
      to_b_(a.end_of_ids(), none),
      to_a_(b.end_of_ids(), none),
      found_by_(b.end_of_ids()) {
  if (options.same_ids) by_ancestry(options);
  by_structure();
  by_name();
  if (options.shared) by_common_ancestor(options);
  const auto spread = [&] {
    for (int round = 0; round < 8; ++round) {
      bool found = by_operands();
      found = by_users() || found;
      found = by_neighbours() || found;
      if (!found) return;
    }
  };
  spread();
  if (by_place()) spread();
  if (options.shared) leave_out_remains();
}

void NodePairing::pair(Value a, Value b, std::string_view how) {
  to_b_[a.id] = b.id;
  to_a_[b.id] = a.id;
  found_by_[b.id] = how;
}

/// Where one graph has a node, and the other has what took its place, the two are a pair: what was replaced may still
/// be there, read by nothing, until it is removed.
void NodePairing::by_ancestry(const DiffOptions& options) {
  const std::vector<bool> read_a = read_by_results(a_, order_a_), read_b = read_by_results(b_, order_b_);
  const auto became = [&](std::uint32_t id, const Graph& in, const std::vector<bool>& read) {
    for (std::size_t steps = 0; steps <= options.became.size(); ++steps) {
      const auto next = options.became.find(id);
      if (next == options.became.end()) break;
      id = next->second;
      if (in.find(id) && read[id]) return in.find(id);
    }
    return Value{};
  };
  const auto is_read = [](const Graph& graph, const std::vector<bool>& read, std::uint32_t id) {
    return graph.find(id) && read[id];
  };
  for (Value a : order_a_)
    if (read_a[a.id] && is_read(b_, read_b, a.id)) pair(a, b_.find(a.id), "ancestry");
  for (Value a : order_a_)
    if (read_a[a.id] && free_a(a))
      if (const Value b = became(a.id, b_, read_b); b && free_b(b)) pair(a, b, "ancestry"), remains_[1].insert(a.id);
  for (Value b : order_b_)
    if (read_b[b.id] && free_b(b))
      if (const Value a = became(b.id, a_, read_a); a && free_a(a)) pair(a, b, "ancestry"), remains_[0].insert(b.id);
  for (Value a : order_a_)
    if (const Value b = b_.find(a.id);
        b && free_a(a) && free_b(b) && !remains_[0].contains(a.id) && !remains_[1].contains(a.id))
      pair(a, b, "ancestry");
}

void NodePairing::by_structure() {
  const auto hashes_a = structural_hashes(a_), hashes_b = structural_hashes(b_);
  std::map<std::uint64_t, std::vector<Value>> alike;
  for (Value a : order_a_)
    if (free_a(a)) alike[hashes_a[a.id]].push_back(a);
  for (Value b : order_b_) {
    const auto found = alike.find(hashes_b[b.id]);
    if (!free_b(b) || found == alike.end()) continue;
    // Of twins the one that stands in the same place.
    auto& twins = found->second;
    const auto fits = [&](int closeness) {
      return std::ranges::find_if(twins, [&](Value a) {
        if (!same_op(a, b) || a.type() != b.type()) return false;  // two hashes may be equal by chance
        return closeness == 0 || (same_place(a.node(), b.node()) && (closeness == 1 || same_line(a.node(), b.node())));
      });
    };
    auto twin = fits(2);
    for (int closeness = 1; closeness >= 0 && twin == twins.end(); --closeness) twin = fits(closeness);
    if (twin == twins.end()) continue;
    pair(*twin, b, "structure");
    twins.erase(twin);
  }
}

/// What two compilations made of one node.
void NodePairing::by_common_ancestor(const DiffOptions& options) {
  const std::vector<bool> read_a = read_by_results(a_, order_a_), read_b = read_by_results(b_, order_b_);
  using Became = std::map<std::uint32_t, std::uint32_t>;
  const auto stands_for = [](std::uint32_t id, const Graph& in, const std::vector<bool>& read, const Became& became) {
    for (std::size_t steps = 0; steps <= became.size(); ++steps) {
      if (const Value v = in.find(id); v && read[id]) return v;
      const auto next = became.find(id);
      if (next == became.end()) break;
      id = next->second;
    }
    return Value{};
  };
  for (std::uint32_t id = 0; id < options.shared; ++id) {
    const Value a = stands_for(id, a_, read_a, options.became_a), b = stands_for(id, b_, read_b, options.became_b);
    if (a && b && free_a(a) && free_b(b) && !is_plain_number(a) && !is_plain_number(b)) pair(a, b, "ancestry");
  }
}
/// Read by nothing and without a partner: the one compilation has not removed it yet.
void NodePairing::leave_out_remains() {
  const std::vector<bool> read_a = read_by_results(a_, order_a_), read_b = read_by_results(b_, order_b_);
  for (Value a : order_a_)
    if (free_a(a) && !read_a[a.id]) remains_[0].insert(a.id);
  for (Value b : order_b_)
    if (free_b(b) && !read_b[b.id]) remains_[1].insert(b.id);
}

/// Inputs and states are who they are by their names, whatever their types.
void NodePairing::by_name() {
  for (Value b : order_b_) {
    if (b.op() || b.node().leaf == Leaf::constant || !free_b(b)) continue;
    const Value a = a_.find(b.node().name);
    if (a && free_a(a)) pair(a, b, "structure");
  }
}

/// The same op on operands that are pairs already.
bool NodePairing::by_operands() {
  std::map<Call, std::vector<Value>> calls;
  for (Value a : order_a_) {
    if (!free_a(a) || !a.op()) continue;
    Call call{a.op()->info->hash(a.op()->attributes.get()), {}};
    for (Value operand : a.operands()) call.second.push_back(operand.id);
    calls[std::move(call)].push_back(a);
  }
  bool found = false;
  for (Value b : order_b_) {
    if (!free_b(b) || !b.op()) continue;
    Call call{b.op()->info->hash(b.op()->attributes.get()), {}};
    for (Value operand : b.operands()) call.second.push_back(to_a_[operand.id]);
    const auto twins = calls.find(call);
    if (twins == calls.end()) continue;
    const auto twin = std::ranges::find_if(twins->second, [&](Value a) { return free_a(a) && same_op(a, b); });
    if (twin == twins->second.end()) continue;
    pair(*twin, b, "operands");
    found = true;
  }
  return found;
}

/// From results down: what a pair reads at the same place, if it is the same op.
bool NodePairing::by_users() {
  bool found = false;
  const auto alike = [&](Value a, Value b) {
    if (!a || !b || !free_a(a) || !free_b(b) || is_plain_number(a) || !same_op(a, b)) return;
    if (a.node().phase != b.node().phase) return;
    pair(a, b, "users");
    found = true;
  };
  const std::map<std::string, Value> outputs_a(a_.outputs().begin(), a_.outputs().end());
  for (const auto& [name, b] : b_.outputs())
    if (const auto a = outputs_a.find(name); a != outputs_a.end()) alike(a->second, b);
  for (const auto& [state, next] : b_.updates())
    if (const std::uint32_t id = to_a_[state.id]; id != none) alike(a_.next(a_.find(id)), next);
  for (Value b : order_b_ | std::views::reverse) {
    if (free_b(b)) continue;
    const std::vector<Value> of_a = a_.find(to_a_[b.id]).operands(), &of_b = b.operands();
    for (std::size_t i = 0; i < std::min(of_a.size(), of_b.size()); ++i) alike(of_a[i], of_b[i]);
  }
  return found;
}

/// Free nodes of a that read what b reads, or are read by who reads b.
std::vector<Value> NodePairing::candidates_for(Value b) const {
  std::vector<Value> made;
  const auto add = [&](Value a) {
    if (free_a(a) && !is_plain_number(a) && std::ranges::find(made, a) == made.end()) made.push_back(a);
  };
  for (Value operand : b.operands()) {
    if (free_b(operand) || is_plain_number(operand)) continue;
    const auto users = a_.users(a_.find(to_a_[operand.id]));
    for (std::size_t i = 0; i < std::min(users.size(), most_candidates); ++i) add(users[i]);
  }
  const auto users = b_.users(b);
  for (std::size_t i = 0; i < std::min(users.size(), most_candidates); ++i)
    if (!free_b(users[i]))
      for (Value operand : a_.find(to_a_[users[i].id]).operands()) add(operand);
  return made;
}

/// How much speaks for two neighbours being one node; 0: not enough.
int NodePairing::likeness(Value a, Value b) const {
  const Node &x = a.node(), &y = b.node();
  if (x.phase != y.phase || !x.op != !y.op) return 0;
  int shared_operands = 0, shared_users = 0;
  for (Value operand : b.operands())
    for (Value other : a.operands()) shared_operands += to_a_[operand.id] == other.id && !is_plain_number(other);
  const auto users_a = a_.users(a), users_b = b_.users(b);
  for (std::size_t i = 0; i < std::min(users_b.size(), most_candidates); ++i)
    for (std::size_t k = 0; k < std::min(users_a.size(), most_candidates); ++k)
      shared_users += to_a_[users_b[i].id] == users_a[k].id;
  const bool same = same_op(a, b), placed = x.at.module == y.at.module;
  // Another op is another node, unless all around it says that it stands where the old one stood.
  if (!same && !(x.type == y.type && placed && shared_operands && (shared_users || a_.is_result(a)))) return 0;
  if (same && !x.op && x.leaf != Leaf::constant && !placed) return 0;
  return (same ? 8 : 1) + (x.type == y.type ? 2 : 0) + (placed ? 2 : 0) + (same_line(x, y) ? 2 : 0) +
         std::min(shared_operands, 3) + std::min(shared_users, 3);
}

bool NodePairing::by_neighbours() {
  bool found = false;
  const auto look = [&](Value b) {
    if (!free_b(b) || is_plain_number(b)) return;
    Value best;
    int most = 0;
    for (Value a : candidates_for(b))
      if (const int now = likeness(a, b); now > most || (now == most && now > 0 && a.id < best.id))
        most = now, best = a;
    if (!best) return;
    pair(best, b, "neighbours");
    found = true;
  };
  for (Value b : order_b_) look(b);
  for (Value b : order_b_ | std::views::reverse) look(b);
  return found;
}

/// The same op on the same line of the same module, first with first.
bool NodePairing::by_place() {
  using Place = std::tuple<std::string_view, std::string_view, std::uint32_t, Phase, const OpInfo*>;
  const auto place_of = [](const Node& n) {
    return Place{n.at.module, n.at.file, n.at.line, n.phase, n.op ? n.op->info : nullptr};
  };
  std::map<Place, std::vector<Value>> there;
  for (Value a : order_a_ | std::views::reverse)
    if (free_a(a) && a.op() && a.node().at.line != 0) there[place_of(a.node())].push_back(a);
  bool found = false;
  for (Value b : order_b_) {
    if (!free_b(b) || !b.op() || b.node().at.line == 0) continue;
    const auto waiting = there.find(place_of(b.node()));
    if (waiting == there.end() || waiting->second.empty()) continue;
    pair(waiting->second.back(), b, "place");
    waiting->second.pop_back();
    found = true;
  }
  return found;
}

}  // namespace vitrine
