// The one file that sees Boost.Graph's adjacency_list. A vertex index is the node's id for ever; a dead node stays as a
// tombstone, because the record of rewrites still speaks of it.
#include "vitrine/graph.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <queue>
#include <set>
#include <unordered_map>

#include "compiler/begin_of_state.hpp"
#include "compiler/call_hash.hpp"
#include "compiler/results.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

struct Use {
  std::size_t slot;
};
/// A node that stays where it is while the graph grows: rules hold references to types of operands while they add
/// nodes.
struct Vertex {
  std::unique_ptr<Node> node = std::make_unique<Node>(Node{.alive = false});
  Vertex() = default;
  Vertex(const Vertex& other) : node(std::make_unique<Node>(*other.node)) {}
  Vertex(Vertex&&) = default;
  Vertex& operator=(Vertex other) noexcept { return node = std::move(other.node), *this; }
  ~Vertex() = default;
};
using Dag = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, Vertex, Use>;  // operand -> user

}  // namespace

struct Graph::Impl {
  Dag dag{};
  std::string name{};
  Results results{};
  std::map<std::uint32_t, std::set<std::uint32_t>> groups{};    // the alive nodes of each
  std::unordered_multimap<std::size_t, std::uint32_t> known{};  // hash of op and operands -> node; entries may be stale
  std::map<std::string, std::size_t, std::less<>> sizes{};      // of each axis name
  std::map<std::string, std::uint32_t, std::less<>> leaves{};   // inputs and states by name
  std::optional<std::uint32_t> taken{};
  std::string module{};
  Phase phase = Phase::forward;
  std::vector<std::uint32_t> origin{};
  std::uint32_t located = 0;  // nodes from this id on do not know their line yet

  void demand_one_size_for_a_name(const Type& type) {
    for (const Axis& a : type.shape) {
      if (!a.named()) continue;
      const auto [at, fresh] = sizes.try_emplace(std::string(a.label()), a.size);
      if (!fresh && at->second != a.size)
        throw UsageError("graph '" + name + "': axis " + std::string(a.label()) + " has two sizes, " +
                         std::to_string(at->second) + " and " + std::to_string(a.size) +
                         "; give the two axes two names");
    }
  }

  Value place(Graph* graph, Node node) {
    if (holds_a_name_twice(node.type.shape))
      throw UsageError(name_held_twice("graph '" + name + "'", node.type.shape).str());
    demand_one_size_for_a_name(node.type);
    node.at.module = module;
    node.phase = phase;
    node.origin = origin;
    const auto end = static_cast<std::uint32_t>(num_vertices(dag));
    const std::uint32_t id = taken.value_or(end);
    taken.reset();
    while (num_vertices(dag) <= id) boost::add_vertex(dag);
    if (dag[id].node->alive) throw InternalError("graph '" + name + "': id " + std::to_string(id) + " is taken");
    const std::vector<Value> operands = node.operands;
    *dag[id].node = std::move(node);
    for (std::size_t slot = 0; slot < operands.size(); ++slot) boost::add_edge(operands[slot].id, id, Use{slot}, dag);
    return {graph, id};
  }

  void point_to(Graph* graph) {
    for (auto v : boost::make_iterator_range(vertices(dag)))
      for (Value& operand : dag[v].node->operands) operand.graph = graph;
    results.point_to(graph);
  }
};

Graph::Graph() : impl_(std::make_unique<Impl>()) {}
Graph::Graph(std::string name) : Graph() { impl_->name = std::move(name); }
Graph::Graph(const Graph& other) : impl_(std::make_unique<Impl>(*other.impl_)) { impl_->point_to(this); }
Graph::Graph(Graph&& other) noexcept : impl_(std::move(other.impl_)) { impl_->point_to(this); }
Graph& Graph::operator=(Graph other) noexcept {
  impl_ = std::move(other.impl_);
  impl_->point_to(this);
  return *this;
}
Graph::~Graph() = default;

const std::string& Graph::name() const { return impl_->name; }
void Graph::rename(std::string name) { impl_->name = std::move(name); }

Value Graph::input(std::string name, const Type& type) {
  Node node{.leaf = Leaf::input, .type = type, .name = std::move(name)};
  const auto [at, fresh] = impl_->leaves.try_emplace(node.name, 0);
  if (!fresh)
    throw UsageError("graph '" + impl_->name + "': two inputs or states are named '" + node.name +
                     "'; give each its own name");
  const Value made = impl_->place(this, std::move(node));
  at->second = made.id;
  return made;
}

Value Graph::state(std::string name, const Type& type, Init init) {
  demand_can_begin(name, type, init);
  const Value made = input(std::move(name), type);
  Node& node = *impl_->dag[made.id].node;
  node.leaf = Leaf::state;
  node.init = init;
  return made;
}

Value Graph::constant(const Constant& c) {
  if (c.bytes.size() != c.type.bytes())
    throw InternalError("graph '" + impl_->name + "': a constant of type " + (Sentence{} << c.type).str() + " has " +
                        std::to_string(c.bytes.size()) + " bytes");
  const std::size_t key =
      std::hash<std::string_view>{}({reinterpret_cast<const char*>(c.bytes.data()), c.bytes.size()});
  if (!impl_->taken) {
    const auto [first, last] = impl_->known.equal_range(key);
    for (auto at = first; at != last; ++at) {
      const Node& twin = *impl_->dag[at->second].node;
      if (twin.alive && twin.leaf == Leaf::constant && twin.type == c.type && *twin.literal == c.bytes)
        return {this, at->second};
    }
  }
  const Value made = impl_->place(
      this, Node{.leaf = Leaf::constant, .type = c.type, .literal = std::make_shared<std::vector<std::byte>>(c.bytes)});
  impl_->known.emplace(key, made.id);
  return made;
}

/// The type is checked by the rule that the front end ran in a constant expression.
Value Graph::add(const Op& op, std::vector<Value> operands) {
  const std::size_t key = call_hash(op, operands);
  if (!impl_->taken) {
    const auto [first, last] = impl_->known.equal_range(key);
    for (auto at = first; at != last; ++at) {
      const Node& twin = *impl_->dag[at->second].node;
      if (twin.alive && twin.op && *twin.op == op && twin.operands == operands) return {this, at->second};
    }
  }
  std::vector<Type> in;
  for (Value v : operands) {
    if (v.graph != this || v.id >= num_vertices(impl_->dag) || !impl_->dag[v.id].node->alive)
      throw InternalError("graph '" + impl_->name + "': an operand of " + std::string(op.name()) +
                          " is not in this graph");
    in.push_back(v.type());
  }
  const Inferred made = op.type(in);
  if (!made.ok()) throw UsageError(made.why.str());
  const Value v = impl_->place(this, Node{.op = op, .type = made.type, .operands = std::move(operands)});
  impl_->known.emplace(key, v.id);
  return v;
}

void Graph::output(std::string name, Value v) { impl_->results.output(impl_->name, std::move(name), v); }

void Graph::update(Value state, Value next) {
  if (state.node().leaf != Leaf::state) throw UsageError("graph '" + impl_->name + "': only a state can be updated");
  if (state.type() != next.type())
    throw UsageError((Sentence{} << "update of " << state.node().name << ": the state is " << state.type()
                                 << ", its next value " << next.type())
                         .str());
  impl_->results.update(impl_->name, state, next);
}

void Graph::take_id(std::uint32_t id) { impl_->taken = id; }

std::vector<Value> Graph::topological() const {
  const Dag& dag = impl_->dag;
  std::vector<std::size_t> waiting(num_vertices(dag));
  std::vector<Value> order;
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  auto take = [&](std::size_t v) {
    order.push_back({const_cast<Graph*>(this), static_cast<std::uint32_t>(v)});
    for (auto e : boost::make_iterator_range(out_edges(v, dag)))
      if (--waiting[target(e, dag)] == 0) ready.push(target(e, dag));
  };
  for (std::size_t v = 0; v < num_vertices(dag); ++v) waiting[v] = in_degree(v, dag);
  for (std::size_t v = 0; v < num_vertices(dag); ++v)
    if (dag[v].node->alive && dag[v].node->op && waiting[v] == 0) ready.push(v);
  // Leaves first: the text writes numbers where they are read, so their ids must not decide the order of the others.
  for (std::size_t v = 0; v < num_vertices(dag); ++v)
    if (dag[v].node->alive && !dag[v].node->op) take(v);
  while (!ready.empty()) {
    const std::size_t oldest = ready.top();
    ready.pop();
    take(oldest);
  }
  return order;
}

const Node& Graph::node(Value v) const { return *impl_->dag[v.id].node; }

std::vector<Value> Graph::users(Value v) const {
  std::vector<Value> users;
  for (auto e : boost::make_iterator_range(out_edges(v.id, impl_->dag)))
    users.push_back({const_cast<Graph*>(this), static_cast<std::uint32_t>(target(e, impl_->dag))});
  std::ranges::sort(users, {}, &Value::id);
  const auto twice = std::ranges::unique(users);
  users.erase(twice.begin(), twice.end());
  return users;
}

bool Graph::is_read(Value v) const { return out_degree(v.id, impl_->dag) > 0; }

const std::vector<std::pair<std::string, Value>>& Graph::outputs() const { return impl_->results.outputs(); }
const std::vector<std::pair<Value, Value>>& Graph::updates() const { return impl_->results.updates(); }
bool Graph::is_result(Value v) const { return impl_->results.contains(v); }
Value Graph::next(Value state) const { return impl_->results.next(state); }

Value Graph::find(std::string_view leaf_name) const {
  const auto at = impl_->leaves.find(leaf_name);
  return at == impl_->leaves.end() ? Value{} : find(at->second);
}
Value Graph::find(std::uint32_t id) const {
  return id < num_vertices(impl_->dag) && impl_->dag[id].node->alive ? Value{const_cast<Graph*>(this), id} : Value{};
}
std::uint32_t Graph::end_of_ids() const { return static_cast<std::uint32_t>(num_vertices(impl_->dag)); }

Graph::Scope::Scope(Graph& graph, std::string module, Phase phase, std::vector<std::uint32_t> origin)
    : graph_(graph),
      module_(std::exchange(graph.impl_->module, std::move(module))),
      phase_(std::exchange(graph.impl_->phase, phase)),
      origin_(std::exchange(graph.impl_->origin, std::move(origin))) {}
Graph::Scope::~Scope() {
  graph_.impl_->module = std::move(module_);
  graph_.impl_->phase = phase_;
  graph_.impl_->origin = std::move(origin_);
}
const std::string& Graph::module() const { return impl_->module; }
Phase Graph::phase() const { return impl_->phase; }

void Graph::locate(std::string_view file, std::uint32_t line) {
  for (; impl_->located < end_of_ids(); ++impl_->located) {
    Node& node = *impl_->dag[impl_->located].node;
    if (node.op && node.at.line == 0) node.at.file = file, node.at.line = line;
  }
}

void Graph::replace_all_uses(Value from, Value to, std::span<const Value> but_by) {
  Dag& dag = impl_->dag;
  std::vector<std::pair<std::size_t, Use>> uses;
  for (auto e : boost::make_iterator_range(out_edges(from.id, dag))) uses.push_back({target(e, dag), dag[e]});
  boost::clear_out_edges(from.id, dag);
  for (auto [user, use] : uses) {
    if (std::ranges::find(but_by, user, &Value::id) != but_by.end()) {
      boost::add_edge(from.id, user, use, dag);
      continue;
    }
    boost::add_edge(to.id, user, use, dag);
    dag[user].node->operands[use.slot] = to;
    impl_->known.emplace(call_hash(*dag[user].node->op, dag[user].node->operands), static_cast<std::uint32_t>(user));
  }
  impl_->results.replace(from, to);
}

void Graph::erase(Value v) {
  boost::clear_vertex(v.id, impl_->dag);  // the node keeps its op and operands: the record of rewrites speaks of it
  impl_->dag[v.id].node->alive = false;
  leave_group(v);
}

void Graph::drop_update(Value state) { impl_->results.drop_update(state); }

void Graph::leave_group(Value v) {
  const auto found = impl_->groups.find(v.node().group);
  if (found == impl_->groups.end()) return;
  found->second.erase(v.id);
  if (found->second.empty()) impl_->groups.erase(found);
}
void Graph::put_in_group(Value v, std::uint32_t group) {
  leave_group(v);
  edit(v).group = group;
  if (group) impl_->groups[group].insert(v.id);
}
void Graph::dissolve(std::uint32_t group) {
  const auto found = impl_->groups.extract(group);
  if (!found) return;
  for (const std::uint32_t id : found.mapped()) impl_->dag[id].node->group = 0;
}
std::uint32_t Graph::last_group() const { return impl_->groups.empty() ? 0 : impl_->groups.rbegin()->first; }

Node& Graph::edit(Value v) { return *impl_->dag[v.id].node; }

}  // namespace vitrine
