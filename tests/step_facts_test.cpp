// What a profile says of steps before it measures any: work, bytes, place; fusions that were refused; what is alike.
#include "tools/step_facts.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "compiler/compile.hpp"
#include "compiler/cost.hpp"
#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "tools/alike_steps.hpp"
#include "tools/made_up_run.hpp"
#include "tools/refused_fusions.hpp"
#include "tools/step_timing.hpp"
#include "tools/workloads.hpp"

using namespace vitrine;

namespace {

Plan plan_of(const Graph& graph) { return compile(graph, CpuTarget(best_isa(), Provider::own)); }

/// Everything that needs time a nanosecond a byte or an operation, wherever it lies.
MachineLimits slow_machine() {
  const double endless = std::numeric_limits<double>::infinity();
  return {.flops = 1, .levels{{{1, 1, 1}, {2, 1, 1}, {endless, 1, 1}}}};
}

}  // namespace

TEST_CASE("the steps of a plan do all the work of its graph, and each node's once but for steps that are repeated") {
  for (const Workload& work : workloads()) {
    if (work.name == "W3m" || !work.graph) continue;  // W3s, larger; and a copy without a graph
    CAPTURE(std::string(work.name));
    Graph graph = work.graph();
    optimize(graph);
    const Plan plan = plan_of(graph);
    double all = 0, steps = 0;
    for (Value v : graph.topological())
      if (v.op()) all += cost_of(v).operations;
    std::set<std::uint32_t> seen;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      const StepFacts facts = facts_of(graph, plan, i);
      CAPTURE(i, facts.what);
      CHECK(facts.number == i);
      CHECK_FALSE(facts.what.empty());
      CHECK(facts.bytes_read + facts.bytes_written > 0);
      if (facts.what == "copy") CHECK(facts.operations == 0);
      // A step that is repeated rather than kept does what another has done.
      if (std::ranges::all_of(facts.nodes, [&](const auto& node) { return seen.contains(node.first); })) continue;
      if (facts.what != "copy")
        for (const auto& [id, op] : facts.nodes) CHECK(seen.insert(id).second);
      steps += facts.operations;
    }
    CHECK(steps == Approx(all).epsilon(1e-9));
  }
}

TEST_CASE("an operand counts once, as far as it is there, and of a table the rows that are picked") {
  const Graph graph = parse(R"(graph g {
    input %x : f32[8, 100]
    input %i : i32[5]
    input %bias : f32[100]
    %1 = add(%x, %bias) : f32[8, 100] @g1
    %2 = mul(%1, %x) : f32[8, 100] @g1
    %3 = gather(%x, %i) {axis = 0} : f32[5, 100]
    %4 = broadcast_to(%x) {to = [20, 8, 100]} : f32[20, 8, 100]
    %5 = softmax(%4) : f32[20, 8, 100]
    output y = %2
    output z = %3
    output s = %5
  })");
  const Plan plan = plan_of(graph);
  REQUIRE(plan.steps.size() == 4);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const StepFacts facts = facts_of(graph, plan, i);
    CAPTURE(facts.what);
    if (facts.what == "gather") {
      CHECK(facts.bytes_read == 5 * 100 * 4 + 5 * 4);
      CHECK(facts.bytes_written == 5 * 100 * 4);
      CHECK(facts.kind == Kind::layout);
    } else if (facts.what == "copy") {  // what is repeated is read once, and dense for softmax
      CHECK(facts.bytes_read == 8 * 100 * 4);
      CHECK(facts.bytes_written == 20 * 8 * 100 * 4);
      CHECK(facts.operations == 0);
    } else if (facts.what == "softmax") {
      CHECK(facts.bytes_read == 20 * 8 * 100 * 4);
      CHECK(facts.kind == Kind::normalization);
    } else {
      CHECK(facts.what == "add, mul");
      CHECK(facts.bytes_read == 8 * 100 * 4 + 100 * 4);
      CHECK(facts.bytes_written == 8 * 100 * 4);
      CHECK(facts.operations == 2 * 8 * 100);
    }
  }
}

TEST_CASE("what a cache gets at a run does not depend on what it holds: the new rows, and of a table those taken") {
  std::map<std::string, std::pair<double, double>> known;
  for (const char* rows : {"50", "5000"}) {
    const auto with_rows = [&](std::string text) {
      for (std::size_t at = text.find("ROWS"); at != text.npos; at = text.find("ROWS")) text.replace(at, 4, rows);
      return text;
    };
    const Graph graph = parse(with_rows(R"(graph g {
      input %new : f32[2, 3, 2, 8]
      input %at : i32[2]
      input %length : i32[2]
      state %cache : f32[2, 3, ROWS, 8]
      %1 = write_rows(%cache, %new, %at, %length) {axis = 2} : f32[2, 3, ROWS, 8]
      %2 = take_rows(%1, %at) {axis = 2, count = 1} : f32[2, 3, 1, 8]
      output y = %2
      update %cache = %1
    })"));
    const Plan plan = plan_of(graph);
    REQUIRE(plan.steps.size() == 2);
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      const StepFacts facts = facts_of(graph, plan, i);
      CAPTURE(facts.what);
      const auto [at, fresh] = known.try_emplace(facts.what, facts.bytes_read, facts.bytes_written);
      CHECK(at->second == std::pair(facts.bytes_read, facts.bytes_written));
      CHECK(facts.bytes_written == (facts.what == "write_rows" ? 2 : 1) * 2 * 3 * 8 * 4);
    }
  }
  CHECK(known.size() == 2);
}

namespace {
const Workload& named(std::string_view name) { return *std::ranges::find(workloads(), name, &Workload::name); }
}  // namespace

TEST_CASE("a step is named by what leads it, and an update by its parameter") {
  const auto names = [](const Workload& work) {
    Graph graph = work.graph();
    optimize(graph);
    const Plan plan = plan_of(graph);
    std::set<std::string> products, updates;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      const StepFacts facts = facts_of(graph, plan, i);
      if (facts.what.starts_with("matmul")) products.insert(facts.module);
      // A bias is updated in the step that sums its gradient.
      if (facts.phase == Phase::update || facts.what.starts_with("sum_to + ")) updates.insert(facts.module);
    }
    return std::pair(products, updates);
  };
  const auto [products, updates] = names(named("W1a"));
  CHECK(products == std::set<std::string>{"up", "down"});
  CHECK(updates.contains("up"));
  const auto [more_products, moments] = names(named("W1b"));  // Adam: a parameter and two moments in one step
  CHECK(more_products == std::set<std::string>{"up", "across", "down"});
  CHECK((moments.contains("up") && moments.contains("across")));
}

TEST_CASE("a refused fusion names producer and consumer, and saves the reading, and the keeping if nobody else reads") {
  Graph graph = parse(R"(graph g {
    input %x : f32[64, 32]
    input %w : f32[32, 32]
    %1 = tanh(%x) : f32[64, 32]
    %2 = matmul(%1, %w) : f32[64, 32]
    %3 = softmax(%2) : f32[64, 32]
    %4 = mul(%1, %3) : f32[64, 32]
    %5 = matmul(%x, %w) : f32[64, 32]
    %6 = matmul(%4, %w) : f32[64, 32]
    %7 = add(%6, %5) : f32[64, 32]
    output y = %7
  })");
  const Record record = optimize(graph);
  for (const Refusal& refusal : record.refusals) {
    if (refusal.pass != "group_elementwise") continue;
    REQUIRE(refusal.producer);
    if (!refusal.consumer) continue;
    const auto operands = refusal.consumer.operands();
    CHECK(std::ranges::find(operands, refusal.producer) != operands.end());
    CHECK(refusal.candidate == refusal.consumer);
  }
  const auto refused = refused_fusions(graph, record, plan_of(graph), slow_machine());
  const double bytes = 64 * 32 * 4;
  REQUIRE(refused.size() == 2);
  // Of two products one is added while it is in cache; the other is kept for that alone: written and read.
  CHECK(refused[0].bytes_read == bytes);
  CHECK(refused[0].bytes_kept == bytes);
  CHECK(refused[0].nanoseconds == 2 * bytes);
  CHECK(refused[0].refusal.producer.id == 5);
  CHECK(refused[0].refusal.consumer.id == 7);
  // tanh is kept for the first product anyway.
  CHECK(refused[1].refusal.producer.id == 1);
  CHECK(refused[1].refusal.consumer.id == 4);
  CHECK(refused[1].bytes_read == bytes);
  CHECK(refused[1].bytes_kept == 0);
  CHECK(refused[1].from != refused[1].to);
}

TEST_CASE("a fusion saves nothing where the head of the step reads the value too") {
  Graph graph = parse(R"(graph g {
    input %x : f32[64, 32]
    input %w : f32[32, 32]
    %1 = tanh(%x) : f32[64, 32]
    %2 = matmul(%1, %w) : f32[64, 32]
    %3 = mul(%1, %2) : f32[64, 32]
    output y = %3
  })");
  const Record record = optimize(graph);
  CHECK(std::ranges::any_of(record.refusals, [](const Refusal& r) { return r.producer && r.producer.id == 1; }));
  CHECK(refused_fusions(graph, record, plan_of(graph), slow_machine()).empty());
}

TEST_CASE("steps that do the same in numbered blocks are one line") {
  Profile profile;
  const auto add = [&](const char* module, const char* what, double ns) {
    ProfiledStep step;
    step.nanoseconds = ns;
    step.share = ns / 100;
    step.compute_limit = ns / 2;
    step.facts.module = module;
    step.facts.what = what;
    profile.steps.push_back(step);
  };
  add("blocks.0.mlp", "matmul", 10);
  add("blocks.12.mlp", "matmul", 30);
  add("blocks.0.norm", "matmul", 35);
  add("blocks.1.mlp", "add", 25);
  const auto sets = alike_steps(profile);
  REQUIRE(sets.size() == 3);
  CHECK(sets[0].module == "blocks.*.mlp");
  CHECK(sets[0].steps == std::vector<std::size_t>{0, 1});
  CHECK(sets[0].nanoseconds == 40);
  CHECK(sets[0].limit == 20);
  CHECK(sets[0].share == Approx(0.4));
  CHECK(sets[1].module == "blocks.*.norm");
  CHECK(profile.most_expensive(2) == std::vector<std::size_t>{2, 1});
  CHECK(profile.most_expensive(0) == std::vector<std::size_t>{2, 1, 3, 0});  // 90 % in the first three
  CHECK(profile.most_expensive(9).size() == 4);
}

TEST_CASE("a run with a look at the clock computes what one without computes, and looks once more than it has steps") {
  Graph graph = workloads()[0].graph();
  optimize(graph);
  const Plan plan = plan_of(graph);
  const auto trained = [&](bool watched) {
    Pool pool(2);
    States states(3);
    Program program(plan, states, pool, best_isa());
    const MadeUpRun inputs(program, states, 7);
    StepTimes times;
    for (int i = 0; i < 3; ++i) {
      if (!watched) {
        program.run();
        continue;
      }
      program.run(times);
      CHECK(times.at.size() == program.steps().size() + 1);
      CHECK(std::ranges::is_sorted(times.at));
    }
    std::map<std::string, std::vector<std::byte>> made;
    for (const std::string& name : states.names()) {
      const auto bytes = std::as_const(states).bytes(name);
      made[name] = {bytes.begin(), bytes.end()};
    }
    return made;
  };
  CHECK(trained(true) == trained(false));
}

TEST_CASE("made-up inputs are whole numbers that each op takes, and leave the states as they begin") {
  Graph graph = parse(R"(graph g {
    input %token : i32[batch 40]
    input %label : i32[batch 40]
    state %table : f32[token 96, kind 10] = normal(1.0)
    %1 = gather(%table, %token) {axis = 0} : f32[batch 40, kind 10]
    %2 = cross_entropy(%1, %label) : f32[batch 40]
    %3 = mean(%2) : f32[]
    %4 = mul(%table, 2.0) : f32[token 96, kind 10]
    output loss = %3
    update %table = %4
  })");
  Pool pool(1);
  States states(1), fresh(1);
  Program program(plan_of(graph), states, pool, best_isa());
  const MadeUpRun inputs(program, states, 1);
  fresh.add(program.plan());
  CHECK(std::ranges::equal(states.bytes("table"), fresh.bytes("table")));
  CHECK(inputs.largest("token") == 95);
  CHECK(inputs.largest("label") == 9);
  program.run();
  CHECK(std::isfinite(program.scalar("loss")));
}

TEST_CASE("every step of a program is timed as often as the program runs") {
  Graph graph = workloads()[0].graph();
  optimize(graph);
  Pool pool(1);
  States states(1);
  Program program(plan_of(graph), states, pool, best_isa());
  const MadeUpRun inputs(program, states, 1);
  int repeats = 0;
  const StepTiming timing = time_steps(program, 3, [&] { ++repeats; });
  CHECK(repeats == 3);
  CHECK(timing.runs >= 3);
  CHECK(timing.runs % 3 == 0);
  REQUIRE(timing.steps.size() == program.steps().size());
  double all = 0;
  for (const double ns : timing.steps) {
    CHECK((ns >= 0 && std::isfinite(ns)));
    all += ns;
  }
  CHECK(all > 0);
  CHECK(timing.whole > 0);
  CHECK(timing.watched > 0);
}
