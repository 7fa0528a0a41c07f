// What must hold of a compiled graph: declared in fuzz_checks.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "compiler/compile.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "tests/allowed_rounding.hpp"
#include "tests/draw.hpp"
#include "tests/fuzz_checks.hpp"
#include "tests/graph_results.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Fills every byte of the arena that holds nothing any more, and before the first step all of it, with 0xFF: NaN, -1.
class Poison : public Watcher {
 public:
  explicit Poison(const Plan& plan) : plan_(plan) {}
  void before(const Step& step, const Memory& memory) override {
    if (&step == plan_.steps.data()) std::memset(memory.arena, 0xFF, plan_.arena_bytes);
  }
  void after(const Step& step, const Memory& memory) override {
    const auto now = static_cast<std::size_t>(&step - plan_.steps.data());
    std::vector<bool> held(plan_.arena_bytes);
    for (const Lifetime& life : plan_.lifetimes)
      if (life.first <= now && (now < life.last || life.last + 1 == plan_.steps.size()))
        std::fill_n(held.begin() + static_cast<std::ptrdiff_t>(life.offset), life.bytes, true);
    for (std::size_t i = 0; i < held.size(); ++i)
      if (!held[i]) memory.arena[i] = std::byte{0xFF};
  }

 private:
  const Plan& plan_;
};

/// Outputs, and every state of the plan as it is after one run.
Results<Bits> run(const Plan& plan, const Leaves& leaves, Isa isa, Pool& pool, bool poisoned = false) {
  States states;
  Program program(plan, states, pool, isa);
  for (const auto& [name, type] : plan.states) states.set(name, leaves.at(name));
  for (const auto& [name, type] : plan.inputs) program.bind_input(name, leaves.at(name).data());
  Poison poison(program.plan());
  if (poisoned)
    program.run(poison);
  else
    program.run();
  const auto copied = [](std::span<const std::byte> bytes) { return std::vector(bytes.begin(), bytes.end()); };
  Results<Bits> made;
  for (const NamedSlot& output : plan.outputs)
    made["output " + output.name] = {output.slot.type, copied(program.output(output.name))};
  for (const auto& [name, type] : plan.states) made["state " + name] = {type, copied(states.bytes(name))};
  return made;
}

/// Whether a node only moves elements: on any numbers, with the indices that it has, its definition makes in f32 what
/// it makes in double.
bool rounds_nothing(Value v, const Values<float>& values) {
  Draw draw(v.id);
  std::vector<std::vector<std::byte>> narrow, wide;
  std::vector<Buffer<float>> in;
  std::vector<Buffer<double>> wide_in;
  for (Value o : v.operands()) {
    narrow.push_back(values.at(o.id)), wide.push_back(values.at(o.id));
    if (o.type().dtype != DType::f32) continue;
    std::vector<float> numbers(o.type().shape.elements());
    for (float& x : numbers) x = static_cast<float>(1 + draw.unit());
    const std::vector<double> doubles(numbers.begin(), numbers.end());
    const auto bytes = std::as_bytes(std::span(numbers)), wide_bytes = std::as_bytes(std::span(doubles));
    narrow.back().assign(bytes.begin(), bytes.end()), wide.back().assign(wide_bytes.begin(), wide_bytes.end());
  }
  for (std::size_t k = 0; k < narrow.size(); ++k) {
    in.push_back({v.operands()[k].type(), narrow[k].data()});
    wide_in.push_back({v.operands()[k].type(), wide[k].data()});
  }
  const OpInfo& info = *v.op()->info;
  const std::size_t elements = v.type().shape.elements();
  std::vector<std::byte> made(v.type().bytes()), wide_made(elements * stored_size<double>(v.type().dtype));
  info.run(v.op()->attributes.get(), in, {v.type(), made.data()});
  info.run_double(v.op()->attributes.get(), wide_in, {v.type(), wide_made.data()});
  return as_numbers<float>(v.type(), made) == as_numbers<double>(v.type(), wide_made);
}

/// Nodes whose bits are the definition's by whatever kernel: behind them are only elementwise ops, views, and others
/// that move elements (pad, gather).
std::set<std::uint32_t> exact_nodes(const Graph& graph, const Values<float>& values) {
  std::set<std::uint32_t> exact;
  for (Value v : graph.topological()) {
    const OpInfo* info = v.op() ? v.op()->info : nullptr;
    if (!std::ranges::all_of(v.operands(), [&](Value o) { return exact.contains(o.id); })) continue;
    const bool moves = !info || info->elementwise() || info->view || info->walk;
    if (moves || (info->doc.kind == Kind::layout && rounds_nothing(v, values))) exact.insert(v.id);
  }
  return exact;
}

std::string differs_from_reference(const Graph& graph, const Leaves& leaves, const Results<Bits>& made, Tally& tally) {
  const Values<float> values = evaluate<float>(graph, leaves_of<float>(graph, leaves));
  const auto exact = exact_nodes(graph, values);
  Results<Bits> wanted;
  for (const auto& [name, v] : results_of(graph))
    if (exact.contains(v.id)) wanted[name] = {v.type(), values.at(v.id)};
  tally["results held to the reference's bits"] += wanted.size();
  return difference(wanted, made);
}

std::string is_far_from_double(const Graph& graph, const Leaves& leaves, const Results<Bits>& made, Tally& tally) {
  const Values<double> given = leaves_of<double>(graph, leaves);
  Values<double> values;
  try {
    values = evaluate<double>(graph, given);
  } catch (const InputError&) {
    return "";  // rounded otherwise, a number is an index outside of its axis
  }
  const auto far = [&](int samples, Tally& counts) -> std::string {
    const auto allowed = allowed_rounding(graph, given, samples);
    for (const auto& [name, v] : results_of(graph)) {
      const auto wanted = as_numbers<double>(v.type(), values.at(v.id));
      const auto got = as_numbers<float>(v.type(), made.at(name).bytes);
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double bound = allowed.at(v.id)[i];
        ++counts[std::isinf(bound) ? "elements that rounding may make anything"
                                   : "elements held to the double reference"];
        if (!std::isinf(bound) && !(std::abs(got[i] - wanted[i]) <= bound))
          return fmt::format("{} is {} at element {}, the reference says {} and rounding explains {}", name, got[i], i,
                             wanted[i], bound);
      }
    }
    return "";
  };
  std::string found = far(6, tally);
  Tally again;  // a tie that few samples have not broken, or what is wrong
  return found.empty() ? found : far(100, again);
}

std::string differs_between_runs(const Plan& plan, const Leaves& leaves, Isa isa, const Results<Bits>& made,
                                 Tally& tally) {
  Pool one(1), two(2);
  std::string found = difference(made, run(plan, leaves, isa, two));
  if (!found.empty()) return "with two threads " + found;
  found = difference(made, run(plan, leaves, isa, one, true));
  if (!found.empty()) return "with poison where nothing is kept " + found;
  tally["programs run"] += 3;
  return "";
}

std::string changes_a_state(const Graph& graph, const Leaves& leaves, const Results<Bits>& made) {
  Results<Bits> kept;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::state && !graph.next(v))
      kept["state " + v.node().name] = {v.type(), leaves.at(v.node().name)};
  const std::string found = difference(kept, made);
  return found.empty() ? "" : "without an update " + found;
}

}  // namespace

std::string check_compiled(const RandomGraph& given, std::uint64_t seed, Tally& tally) {
  Graph graph(given.graph);
  optimize(graph);
  const std::vector<Isa> isas = all_isas();
  const Isa isa = isas[seed % isas.size()];
  const Plan plan = compile(graph, CpuTarget(isa));
  Pool pool(1);
  const auto on = [&](const Leaves& leaves) -> std::string {
    const Results<Bits> made = run(plan, leaves, isa, pool);
    std::string found = differs_between_runs(plan, leaves, isa, made, tally);
    if (found.empty()) found = changes_a_state(graph, leaves, made);
    if (found.empty()) found = differs_from_reference(given.graph, leaves, made, tally);
    return found;
  };
  std::string found = on(given.leaves);
  if (found.empty()) found = is_far_from_double(given.graph, given.leaves, run(plan, given.leaves, isa, pool), tally);
  if (found.empty()) {
    const Leaves hard = hard_leaves(given.graph, given.leaves, seed);
    try {
      reference_bits(given.graph, hard);
    } catch (const InputError&) {
      return "";  // one of them is an index outside of its axis
    }
    found = on(hard);
    if (!found.empty()) found = "on hard leaves " + found;
  }
  return found.empty() ? "" : fmt::format("on {}: {}", name_of(isa), found);
}

}  // namespace vitrine
