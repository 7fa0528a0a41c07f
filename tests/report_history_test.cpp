// The record behind a report: turns, changes and the map that they are drawn on.
#include <nlohmann/json.hpp>

#include "compiler/parse.hpp"
#include "runtime/cpu_target.hpp"
#include "tests/random_graph.hpp"
#include "tests/run_program.hpp"
#include "tools/report/layered.hpp"
#include "tools/report/map.hpp"
#include "tools/report/replay.hpp"
#include "tools/report/report_json.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;

namespace {

const std::string text = R"(graph small {
  input %x : f32[batch 2, in 3]
  state %w : f32[out 4, in 3] = normal(0.5)
  %2 = transpose(%w) : f32[in 3, out 4]
  %3 = matmul(%x, %2) : f32[batch 2, out 4]
  %5 = mul(%3, 1.0) : f32[batch 2, out 4]
  %6 = relu(%5) : f32[batch 2, out 4]
  output y = %6
}
)";

History compiled(const Graph& graph) { return history_of(graph, default_pipeline, CpuTarget(Isa::portable)); }
/// A milestone's training step.
History trained(const std::string& model) {
  const Finished run = vitrine_run({"show", model, "--step", "forward"});
  REQUIRE(run.status == 0);
  return history_of_training(parse(run.out, model), Sgd{}, CpuTarget(Isa::portable));
}

bool overlap(const MapBox& a, const MapBox& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

}  // namespace

TEST_CASE("a history tells each rewrite of the record once, by the pass that made it") {
  const Graph graph = parse(text, "small");
  Graph again(graph);
  const Record record = optimize(again);
  const History history = compiled(graph);
  REQUIRE(history.changes.size() == record.rewrites.size());
  CHECK(history.refusals.size() == record.refusals.size());
  for (const Turn& turn : history.turns)
    for (std::size_t i = turn.first; i < turn.first + turn.changes; ++i) {
      CHECK(record.rewrites[i].pass == turn.pass);
      CHECK(record.rewrites[i].rule == history.changes[i].rule);
      CHECK(record.rewrites[i].matched[0].value.id == history.changes[i].matched[0]);
    }
  const auto of = [&](Change::Kind kind) { return std::ranges::count(history.changes, kind, &Change::kind); };
  CHECK(of(Change::Kind::replaced) == 2);  // the product by one, the transpose
  CHECK(of(Change::Kind::erased) == 4);    // both, what they were, and the number
  CHECK(of(Change::Kind::grouped) == 1);
}

TEST_CASE("the histories of random graphs, as models that train and in use, are what happened") {
  std::size_t changes = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    const Graph graph = random_graph(seed).graph;
    const CpuTarget target(Isa::portable);
    const History training = history_of(graph, default_pipeline, target),
                  in_use = history_of(graph, inference_pipeline, target);  // each throws where its replay differs
    changes += training.changes.size() + in_use.changes.size();
    const auto page = nlohmann::json::parse(report_json(in_use, {.model = "random"}, 1000));
    CHECK(page.at("nodes").size() >= graph.end_of_ids());
    CHECK(page.at("turns").size() == in_use.turns.size());
  }
  CHECK(changes > 500);
}

TEST_CASE("a history that says something else than what happened is found out") {
  const Graph graph = parse(text, "small");
  const History history = compiled(graph);
  const auto replayed = [](const History& h) {
    Replay replay(h);
    for (const Change& change : h.changes) replay.apply(change);
    replay.demand_equal(h.graph, "at the end");
  };
  replayed(history);
  for (std::size_t i = 0; i < history.changes.size(); ++i) {
    if (history.changes[i].kind == Change::Kind::grouped) continue;
    CAPTURE(i);
    History wrong = history;
    wrong.changes.erase(wrong.changes.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK_THROWS_AS(replayed(wrong), InternalError);
  }
}

TEST_CASE("differentiation is told node by node, and its gradients know what they are gradients of") {
  const History history = trained("mlp");
  const auto turn = std::ranges::find(history.turns, "differentiate", &Turn::pass);
  REQUIRE(turn != history.turns.end());
  REQUIRE(turn->changes > 5);
  std::size_t made = 0;
  for (std::size_t i = turn->first; i < turn->first + turn->changes; ++i) {
    const Change& change = history.changes[i];
    CHECK(change.kind == Change::Kind::differentiated);
    const Node& of = node_of(history, change.matched[0]);
    CHECK(change.rule == (of.op ? "derivative of " + std::string(of.op->name()) : "update of " + of.name));
    made += change.made.size();
  }
  CHECK(turn->nodes == (turn - 1)->nodes + made);
  CHECK(history.learned_updates.size() == 4);
}

TEST_CASE("each node that was ever alive has one place on the map, which no other covers, inside of its frames") {
  for (const char* model : {"xor", "cnn", "gpt"}) {
    const History history = trained(model);
    const Scene scene = scene_of(history);
    const Folding folding = folding_of(scene);
    for (const Folding* of : {static_cast<const Folding*>(nullptr), &folding}) {
      const Map map = map_of(scene, of);
      CAPTURE(model, of != nullptr);
      std::size_t drawn = 0;
      for (std::uint32_t id = 0; id < scene.size(); ++id)
        drawn += scene[id].place.drawn && (!of || of->drawn_as[id] == id);
      CHECK(map.boxes.size() == drawn);
      std::size_t covered = 0, outside = 0;
      for (std::size_t i = 0; i < map.boxes.size(); ++i) {
        const MapBox& box = map.boxes[i];
        outside += box.x < 0 || box.y < 0 || box.x + box.width > map.width || box.y + box.height > map.height;
        for (std::size_t j = i + 1; j < map.boxes.size(); ++j) covered += overlap(box, map.boxes[j]);
      }
      CHECK(covered == 0);
      CHECK(outside == 0);
    }
  }
}

TEST_CASE("what is folded computes the same as what is drawn for it, and a GPT's blocks are folded") {
  const History history = trained("gpt");
  const Scene scene = scene_of(history);
  const Folding folding = folding_of(scene);
  CHECK(folding.title.at("blocks.0") == "blocks.0 to 3 (× 4)");
  std::size_t folded = 0, drawn = 0;
  for (std::uint32_t id = 0; id < scene.size(); ++id) {
    const std::uint32_t twin = folding.drawn_as[id];
    CHECK(folding.drawn_as[twin] == twin);
    if (!scene[id].place.drawn) continue;
    twin == id ? ++drawn : ++folded;
    const Node &a = node_of(history, id), &b = node_of(history, twin);
    CHECK(a.op.has_value() == b.op.has_value());
    CHECK(a.phase == b.phase);
    if (a.op && b.op) CHECK(a.op->name() == b.op->name());
  }
  CHECK(folded > 2 * drawn);
  const History small = compiled(parse(text, "small"));
  CHECK_FALSE(folding_of(scene_of(small)).any);
}

TEST_CASE("ranks of a layout run downwards, circles end, and a long chain is laid out") {
  std::vector<LayerBox> boxes(2000, LayerBox{.width = 50, .height = 20});
  std::vector<LayerEdge> edges;
  for (std::size_t i = 0; i + 1 < boxes.size(); ++i) edges.push_back({.from = i, .to = i + 1});
  for (std::size_t i = 0; i + 3 < boxes.size(); i += 3) edges.push_back({.from = i, .to = i + 3});
  const LayerSize size = lay_out(boxes, edges, 10, 10);
  // In columns, for a thread of 60,000 pixels is nothing to look at.
  CHECK(size.width < 3 * size.height);
  CHECK(size.height < 3 * size.width);
  std::size_t covered = 0, columns = 1;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (i + 1 < boxes.size() && boxes[i + 1].y <= boxes[i].y) ++columns;
    for (std::size_t j = i + 1; j < boxes.size(); ++j)
      covered += std::abs(boxes[i].x - boxes[j].x) < 50 && std::abs(boxes[i].y - boxes[j].y) < 20;
  }
  CHECK(covered == 0);
  CHECK(columns > 3);
  CHECK(columns < 100);
  std::vector<LayerBox> circle(3, LayerBox{.width = 50, .height = 20});
  lay_out(circle, {{.from = 0, .to = 1}, {.from = 1, .to = 2}, {.from = 2, .to = 0}}, 10, 10);
  CHECK(circle[0].y < circle[1].y);
  CHECK(circle[1].y < circle[2].y);
  std::vector<LayerBox> chain(50, LayerBox{.width = 50, .height = 20});
  edges.resize(chain.size() - 1);
  CHECK(lay_out(chain, edges, 10, 10).height == Approx(50 * 30 - 10));
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) CHECK(chain[i].y + 20 < chain[i + 1].y);
  std::vector<LayerBox> none;
  CHECK(lay_out(none, {}, 10, 10).width == 0);
}

TEST_CASE("a map of more boxes than a browser moves at ease is left out, and said") {
  const History history = compiled(parse(text, "small"));
  const auto whole = nlohmann::json::parse(report_json(history, {.model = "small"}, 100));
  CHECK(whole.at("maps").at("all").at("boxes").size() == 5 * whole.at("maps").at("all_boxes").get<std::size_t>());
  const auto capped = nlohmann::json::parse(report_json(history, {.model = "small"}, 3));
  CHECK(capped.at("maps").at("all").is_null());
  CHECK(capped.at("maps").at("most") == 3);
  CHECK(capped.at("nodes") == whole.at("nodes"));
}
