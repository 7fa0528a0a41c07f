#include "tools/audit.hpp"

#include <nlohmann/json.hpp>

#include "compiler/op_table.hpp"
#include "compiler/optimizers.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

/// Two rows of three numbers through one layer: tanh(x w), whose squared distance from a target is the loss.
Graph small_forward() {
  Graph graph("small");
  const Value x = graph.input("x", f32<2, 3>), target = graph.input("target", f32<2, 4>);
  const Value w = graph.state("layer.w", f32<3, 4>, {Init::Rule::normal, 0.5f});
  Value product;
  {
    const Graph::Scope layer(graph, "layer", Phase::forward);
    product = matmul(x, w);
  }
  const Value y = tanh(product), off = y - target;
  graph.output("y", y);
  graph.output("loss", mean(off * off));
  return graph;
}
Project small() { return {.name = "small", .forward = small_forward, .optimizer = Sgd{}}; }

/// An activation that is a formula, and one that is none.
Graph soft_forward() {
  Graph graph("soft");
  const Value w = graph.state("w", f32<2, 3>, {Init::Rule::normal, 0.5f});
  graph.output("loss", mean(softmax(relu(w))));
  return graph;
}

/// Nothing but a convolution that is made small.
Graph convolution() {
  Graph graph("convolution");
  const Value x = graph.input("x", f32<2, 5, 4, 4>), w = graph.state("w", f32<3, 2, 4, 6>);
  const Value y = graph.add(Conv2d{{1, 1}, {0, 0}, 1}, {x, w});
  graph.output("y", y);
  graph.output("loss", mean(y));
  return graph;
}
Project eye() { return {.name = "eye", .forward = convolution, .optimizer = Sgd{}}; }

const ModuleAudit& of(const Audit& a, Module m) { return a.modules.at(static_cast<std::size_t>(m)); }
bool has(const std::vector<std::string_view>& ops, std::string_view op) {
  return std::ranges::find(ops, op) != ops.end();
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the course's modules stand in the order of their numbers") {
  for (std::size_t i = 0; i < module_count; ++i) CHECK(course()[i].module == static_cast<Module>(i));
}

TEST_CASE("every op belongs to one module, and every claim is of an op that there is") {
  std::map<std::string_view, int> claims;
  for (const CourseModule& m : course())
    for (std::string_view op : claimed_by(m.module)) {
      CAPTURE(m.name, op);
      CHECK(++claims[op] == 1);
      const OpInfo* info = find_op(op);
      REQUIRE(info);
      CHECK(module_of(*info) == m.module);
    }
  const Audit a = audit({small()});
  std::map<std::string_view, int> listed;
  for (const ModuleAudit& m : a.modules)
    for (const auto* ops : {&m.own_ops, &m.formulas, &m.not_needed})
      for (std::string_view op : *ops) ++listed[op];
  CHECK(listed.size() == every_op().size());
  for (const OpInfo* info : every_op()) {
    CAPTURE(info->doc.name);
    CHECK(listed[info->doc.name] == 1);
  }
}

TEST_CASE("a node works for the module that needs it, whatever its op") {
  const Graph forward = small_forward(), step = training_step(forward, Sgd{});
  const Workers worker(forward);
  std::map<Module, std::vector<std::string_view>> ops;
  for (Value v : step.topological())
    if (v.op()) ops[worker(v)].push_back(v.op()->name());
  CHECK(ops[Module::layers] == std::vector<std::string_view>{"matmul"});
  CHECK(ops[Module::activations] == std::vector<std::string_view>{"tanh"});
  CHECK(ops[Module::losses] == std::vector<std::string_view>{"sub", "mul", "mean"});
  CHECK(has(ops[Module::autograd], "matmul"));
  CHECK(has(ops[Module::optimizers], "sub"));
  CHECK(ops[Module::tensor].empty());
}

TEST_CASE("the audit answers for a small project what its step shows") {
  const Audit a = audit({small()});
  CHECK(a.projects == Names{"small"});
  // Needed, and what stops without it.
  for (Module m :
       {Module::tensor, Module::activations, Module::layers, Module::losses, Module::autograd, Module::optimizers}) {
    CAPTURE(course()[static_cast<std::size_t>(m)].name);
    CHECK(of(a, m).needed_by == Names{"small"});
    CHECK(of(a, m).stops == Names{"small"});
  }
  for (Module m : {Module::spatial, Module::embeddings}) {
    CHECK(of(a, m).seen);
    CHECK(of(a, m).needed_by.empty());
    CHECK(of(a, m).stops.empty());
  }
  for (Module m : {Module::dataloader, Module::tokenization}) CHECK_FALSE(of(a, m).seen);
  // Its one activation is a formula, and the loss reads it.
  CHECK(of(a, Module::activations).formulas == std::vector<std::string_view>{"tanh"});
  CHECK(of(a, Module::activations).merges);
  CHECK_FALSE(of(a, Module::tensor).merges);
  CHECK(has(of(a, Module::tensor).own_ops, "matmul"));
  CHECK(has(of(a, Module::activations).not_needed, "relu"));
  CHECK(of(a, Module::tensor).works_for.at(Module::layers) == 1);
  CHECK(of(a, Module::tensor).works_for.at(Module::autograd) > 1);
}

TEST_CASE("shares are of the compiled step, and add up to the whole of it") {
  const Audit a = audit({small(), eye()});
  Graph step = training_step(small_forward(), Sgd{});
  optimize(step);
  std::size_t nodes = 0;
  Cost cost;
  const auto costs = costs_of(step);
  for (Value v : step.topological())
    if (v.op()) ++nodes, cost += costs.at(v.id);
  CHECK(a.whole.at(0).nodes == nodes);
  CHECK(a.whole.at(0).cost == cost);
  // One product of [2, 3] x [3, 4], and one for the gradient of w.
  CHECK(of(a, Module::layers).shares.at(0).cost.operations == 2. * 2 * 3 * 4);
  for (std::size_t p = 0; p < 2; ++p) {
    Share sum;
    for (const ModuleAudit& m : a.modules) sum += m.shares.at(p);
    CHECK(sum.nodes == a.whole[p].nodes);
    CHECK(sum.cost.operations == Approx(a.whole[p].cost.operations));
    CHECK(sum.cost.bytes == Approx(a.whole[p].cost.bytes));
  }
  CHECK(a.total.nodes == a.whole[0].nodes + a.whole[1].nodes);
}

TEST_CASE("a module that one project needs stops that one, and its gradient's ops are reached too") {
  const Audit a = audit({small(), eye()});
  const ModuleAudit& spatial = of(a, Module::spatial);
  CHECK(spatial.needed_by == Names{"eye"});
  CHECK(spatial.stops == Names{"eye"});
  CHECK_FALSE(spatial.merges);
  CHECK(has(spatial.own_ops, "conv2d_weight_gradient"));
  CHECK(has(spatial.not_needed, "max_pool2d"));
  CHECK(spatial.works_for.at(Module::autograd) == 1);
  CHECK(of(a, Module::activations).stops == Names{"small"});
}

TEST_CASE("a module that only gradients use is not needed by the model, but stops it") {
  const Audit a = audit({{.name = "rows",
                          .forward =
                              [] {
                                Graph graph("rows");
                                const Value w = graph.state("w", f32<2, 3>, {Init::Rule::normal, 0.5f});
                                graph.output("loss", mean(emit(Map{"tanh(x)"}, {w})));
                                return graph;
                              },
                          .optimizer = Sgd{}}});
  CHECK(of(a, Module::tensor).needed_by == Names{"rows"});
  CHECK(of(a, Module::activations).needed_by.empty());  // tanh, in the formula's derivative
  CHECK(of(a, Module::activations).stops == Names{"rows"});
}

TEST_CASE("a module with an op that is no formula does not merge") {
  const Audit a = audit({{.name = "soft", .forward = soft_forward, .optimizer = Sgd{}}});
  CHECK(of(a, Module::activations).formulas == std::vector<std::string_view>{"relu"});
  CHECK(of(a, Module::activations).own_ops == std::vector<std::string_view>{"softmax"});
  CHECK_FALSE(of(a, Module::activations).merges);
}

TEST_CASE("a pass counts its rewrites in each project, and one without any is named as idle") {
  const Audit a = audit({small()});
  std::map<std::string_view, std::size_t> rewrites;
  for (const PassAudit& p : a.passes) rewrites[p.pass->name] = p.rewrites.at(0);
  REQUIRE(rewrites.size() == every_pass.size());
  CHECK(rewrites.at("fold_transposes") > 0);  // the gradient of the product
  CHECK(rewrites.at("fold_batch_norm") == 0);
}

TEST_CASE("audit prints every module within 100 columns, and every op that none needs, and --json holds the same") {
  const Scratch scratch;
  const Finished run = vitrine_run({"audit", "--json", (scratch / "audit.json").string()});
  REQUIRE(run.status == 0);
  for (std::size_t at = 0; at < run.out.size();) {
    const std::size_t end = run.out.find('\n', at);
    CAPTURE(run.out.substr(at, end - at));
    CHECK(end - at <= 100);
    at = end + 1;
  }
  const auto json = nlohmann::json::parse(content_of(scratch / "audit.json"));
  REQUIRE(json.at("modules").size() == module_count);
  const auto begin = run.out.find("not needed by any of them");
  const std::string idle = run.out.substr(begin, run.out.find("\nrewrites of each pass") - begin);
  const auto passes = idle.find("  passes:");
  const std::string idle_passes = passes == idle.npos ? "" : idle.substr(passes, idle.find("\n\n", passes) - passes);
  std::size_t features = 0;
  for (const auto& m : json["modules"]) {
    CAPTURE(m.at("name").get<std::string>());
    CHECK(run.out.find(m.at("name").get<std::string>()) != std::string::npos);
    CHECK(m.at("shares").size() == json.at("projects").size());
    for (const std::string op : m.at("not_needed")) CHECK(idle.find(op) != std::string::npos);
    // Every layer, way to learn and reader of data is used by a project or named as not needed.
    for (const auto& feature : m.at("features")) {
      const std::string feature_name = feature.at("name");
      CAPTURE(feature_name);
      CHECK(run.out.find(feature_name + (feature.at("used_by").empty() ? "" : " (")) != std::string::npos);
      const bool named =
          idle.find(" " + feature_name + ",") != idle.npos || idle.find(" " + feature_name + "\n") != idle.npos;
      CHECK(named == feature.at("used_by").empty());
      features += 1;
    }
  }
  CHECK(features == vitrine::features().size());
  REQUIRE(json.at("passes").size() == every_pass.size());
  for (const auto& p : json["passes"]) {
    std::size_t all = 0;
    for (const auto& [project, count] : p.at("rewrites").items()) all += count.get<std::size_t>();
    std::size_t attributed = 0;
    for (const auto& [module, count] : p.at("modules").items()) attributed += count.get<std::size_t>();
    CHECK(attributed == all);
    const std::string name = p.at("name");
    CHECK((idle_passes.find(" " + name) != std::string::npos) == (all == 0));
  }
  CHECK(json.at("projects").at("mlp").at("operations").get<double>() > 1e6);
}
