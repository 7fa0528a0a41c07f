// Two compilations beside each other, for a report: where they differ at each point, and where that is drawn.
#include <catch2/catch.hpp>

#include "compiler/parse.hpp"
#include "runtime/cpu_target.hpp"
#include "tests/random_graph.hpp"
#include "tests/run_program.hpp"
#include "tools/pass_choice.hpp"
#include "tools/report/comparison.hpp"
#include "tools/report/map.hpp"

using namespace vitrine;
using Is = Differing::Kind;

namespace {

Graph forward_of(const std::string& model) {
  const Finished run = vitrine_run({"show", model, "--step", "forward"});
  REQUIRE(run.status == 0);
  return parse(run.out, model);
}
History trained(const Graph& forward, const PassChoice& choice = {}) {
  return history_of_training(forward, Sgd{}, CpuTarget(Isa::portable),
                             chosen_before_gradients(recognition_pipeline, choice), chosen(default_pipeline, choice));
}

/// What must hold of any comparison, whatever was compared.
void check_sense(const History& a, const Comparison& comparison) {
  REQUIRE(comparison.points.size() == a.turns.size());
  for (std::size_t i = 0; i < comparison.points.size(); ++i) {
    const auto [turn, number] = comparison.points[i];
    const Graph &here = a.stands[a.stood(i)].second,
                &there = comparison.other.stands[comparison.other.stood(turn)].second;
    std::set<std::uint32_t> places;
    for (const Differing& d : comparison.differences[number].nodes) {
      CHECK(places.insert(d.at).second);  // two differences never stand in one place
      if (d.kind != Is::only_b) CHECK(here.find(d.at));
      if (d.kind != Is::only_a) {
        CHECK(there.find(d.in_b));
        CHECK_FALSE(d.line.empty());
      }
      CHECK((d.kind == Is::changed || d.kind == Is::step) == !d.differs.empty());
    }
    for (const Differing& d : comparison.differences[number].nodes)
      for (const std::uint32_t operand : d.reads) CHECK((here.find(operand) || places.contains(operand)));
  }
  const std::size_t begin = a.operands.size();
  for (std::size_t i = 0; i < comparison.own.size(); ++i) CHECK(comparison.on_map.at(comparison.own[i]) == begin + i);
}

}  // namespace

TEST_CASE("a compilation differs nowhere from itself") {
  const Graph forward = forward_of("mlp");
  const History a = trained(forward);
  const Comparison comparison = comparison_of(a, trained(forward));
  check_sense(a, comparison);
  for (const Differences& each : comparison.differences) {
    CHECK(each.nodes.empty());
    CHECK(each.results.empty());
    CHECK(each.same > 10);
  }
  CHECK(comparison.rewrites.equal());
  CHECK(comparison.own.empty());
}

TEST_CASE("a pass that is left out shows from its turn on, at the nodes that it would have changed") {
  const Graph forward = forward_of("mlp");
  const History a = trained(forward);
  const Comparison comparison = comparison_of(a, trained(forward, {.without = "fold_transposes"}));
  check_sense(a, comparison);
  const auto first = std::ranges::find(a.turns, "fold_transposes", &Turn::pass) - a.turns.begin();
  for (std::ptrdiff_t i = 0; i < first; ++i)
    CHECK(comparison.differences[comparison.points[static_cast<std::size_t>(i)].differences].nodes.empty());
  const Differences& end = comparison.differences[comparison.points.back().differences];
  std::size_t left = 0, changed = 0;
  for (const Differing& d : end.nodes) {
    if (d.kind == Is::step) continue;
    if (d.kind == Is::only_b) {
      CHECK(d.line.find(" = transpose(") != std::string::npos);
      CHECK(d.at == d.in_b);  // where the other compilation had it before it was folded
      ++left;
    } else {
      CHECK(d.kind == Is::changed);
      CHECK(d.differs == "attributes, operands");
      CHECK(d.found_by == "ancestry");
      CHECK(a.graph.find(d.at).op()->name() == "matmul");
      ++changed;
    }
  }
  CHECK(left >= 2);
  CHECK(changed >= left);
  CHECK(comparison.own.empty());
  // It did not fold, nor remove what folding leaves behind, nor join to steps what folding made.
  std::map<std::string, std::size_t> rules;
  for (const std::size_t i : comparison.rewrites.only_a) ++rules[a.changes[comparison.rewrites_a[i]].rule];
  CHECK(rules.size() == 3);
  CHECK(rules["matmul(transpose(a), b) => matmul(a, b) with a flag"] == changed);
  CHECK(rules.contains("unread => nothing"));
  CHECK(rules.contains("f(x), g(f(x)) => one step"));
}

TEST_CASE("what only the other model has stands on the map beside all that this one ever had, and covers nothing") {
  const History a = trained(forward_of("mlp"));
  const Comparison comparison = comparison_of(a, trained(forward_of("cnn")));
  check_sense(a, comparison);
  REQUIRE(comparison.own.size() > 50);
  const Scene scene = scene_of(a, comparison);
  REQUIRE(scene.size() == a.operands.size() + comparison.own.size());
  const Folding folding = folding_of(scene);
  for (const Folding* of : {static_cast<const Folding*>(nullptr), &folding}) {
    const Map map = map_of(scene, of);
    std::size_t drawn = 0, covered = 0;
    for (std::uint32_t id = 0; id < scene.size(); ++id)
      drawn += scene[id].place.drawn && (!of || of->drawn_as[id] == id);
    CHECK(map.boxes.size() == drawn);
    for (std::size_t i = 0; i < map.boxes.size(); ++i)
      for (std::size_t k = i + 1; k < map.boxes.size(); ++k) {
        const MapBox &x = map.boxes[i], &y = map.boxes[k];
        covered += x.x < y.x + y.width && y.x < x.x + x.width && x.y < y.y + y.height && y.y < x.y + x.height;
      }
    CHECK(covered == 0);
  }
  for (std::uint32_t id = 0; id < scene.size(); ++id)  // nothing of one compilation is drawn for something of the other
    CHECK(scene[id].of_other == scene[folding.drawn_as[id]].of_other);
}

TEST_CASE("random graphs compiled with and without each pass are compared") {
  std::size_t differences = 0, without_places = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    CAPTURE(seed);
    const Graph graph = random_graph(seed).graph;
    const CpuTarget target(Isa::portable);
    const History a = history_of(graph, default_pipeline, target);
    for (const Pass& pass : default_pipeline) {
      CAPTURE(pass.name);
      const Comparison comparison =
          comparison_of(a, history_of(graph, chosen(default_pipeline, {.without = std::string(pass.name)}), target));
      check_sense(a, comparison);
      for (const Differences& each : comparison.differences) differences += each.nodes.size();
      without_places += comparison.own.size();
      CHECK(scene_of(a, comparison).size() == a.operands.size() + comparison.own.size());
    }
  }
  CHECK(differences > 300);
  CHECK(without_places > 0);
}
