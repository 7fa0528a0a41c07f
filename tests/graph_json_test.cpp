#include "compiler/graph_json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "compiler/optimizers.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using Json = nlohmann::json;

namespace {

const Type rows{DType::f32, shape_of<Axis{"batch", 2}, 3>};

Graph small() {
  Graph graph("small");
  const Value x = graph.input("x", rows),
              w = graph.state("w", {DType::f32, shape_of<3, 4>}, {Init::Rule::normal, 0.5f});
  {
    const Graph::Scope scope(graph, "up", Phase::forward);
    graph.output("loss", mean(relu(graph.add(Matmul{false, false}, {x, w}) * 0.25f)));
  }
  graph.locate("model.cpp", 12);
  return graph;
}

}  // namespace

TEST_CASE("a graph as JSON holds every node with all that is known of it") {
  const Graph graph = training_step(small(), Sgd{.momentum = 0.9f});
  const Json read = Json::parse(json(graph));
  CHECK(read["name"] == "small training step");
  const auto order = graph.topological();
  REQUIRE(read["nodes"].size() == order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Node& node = order[i].node();
    const Json& made = read["nodes"][i];
    CHECK(made["id"] == order[i].id);
    CHECK(made["type"]["text"] == (Sentence{} << node.type).str());
    CHECK(made["type"]["axes"].size() == static_cast<std::size_t>(node.type.shape.rank()));
    CHECK(made["module"] == node.at.module);
    CHECK(made["line"] == node.at.line);
    CHECK(made["origin"] == node.origin);
    CHECK(made["group"] == node.group);
    CHECK(made["phase"] == (node.phase == Phase::forward    ? "forward"
                            : node.phase == Phase::gradient ? "gradient"
                                                            : "update"));
    CHECK(made.contains("op") == node.op.has_value());
    if (!node.op) continue;
    CHECK(made["op"] == node.op->name());
    CHECK(made["operands"].size() == node.operands.size());
    for (std::size_t k = 0; k < node.operands.size(); ++k) CHECK(made["operands"][k] == node.operands[k].id);
    for (const Attribute& a : node.op->info->print(node.op->attributes.get()))
      CHECK(made["attributes"][a.name] == a.text);
  }
  CHECK(read["outputs"] == Json{{{"name", "loss"}, {"value", graph.outputs()[0].second.id}}});
  CHECK(read["updates"].size() == graph.updates().size());
  CHECK(read["updates"][0]["state"] == graph.updates()[0].first.id);
  CHECK(read["updates"][0]["next"] == graph.updates()[0].second.id);
}

TEST_CASE("leaves in JSON say what they are, how they begin and what they hold") {
  const Json read = Json::parse(json(small()));
  CHECK(read["nodes"][0]["leaf"] == "input");
  CHECK(read["nodes"][0]["type"]["axes"][0] == Json{{"name", "batch"}, {"size", 2}});
  CHECK(read["nodes"][1]["leaf"] == "state");
  CHECK(read["nodes"][1]["init"] == Json{{"rule", "normal"}, {"scale", "0.5"}});
  bool found = false;
  for (const Json& node : read["nodes"])
    if (node.value("leaf", "") == "constant") found = node["elements"] == Json{"0.25"};
  CHECK(found);
}

TEST_CASE("a graph as JSON is valid whatever its names hold, and keeps them") {
  const std::vector<std::string> names{"say \"hi\"",
                                       "back\\slash",
                                       "two\nlines\r\t",
                                       "</script><!--",
                                       std::string("nul \0 \x01\x1f", 8),
                                       "größe 漢字",
                                       "\xe2\x80\xa8",
                                       ""};
  Graph graph("\"\\\n");
  for (const std::string& name : names) graph.input(name, rows);
  graph.input("bad \xff\xc3 bytes", rows);
  graph.output("o\"ut", graph.find(names[0]));
  const Json read = Json::parse(json(graph));
  CHECK(read["name"] == "\"\\\n");
  for (std::size_t i = 0; i < names.size(); ++i) CHECK(read["nodes"][i]["name"] == names[i]);
  CHECK(read["nodes"][names.size()]["name"] == "bad \xef\xbf\xbd\xef\xbf\xbd bytes");
  CHECK(read["outputs"][0]["name"] == "o\"ut");
}

TEST_CASE("a graph without nodes is JSON too, and the same graph gives the same bytes") {
  const Json read = Json::parse(json(Graph("empty")));
  CHECK(read["nodes"] == Json::array());
  CHECK(json(small()) == json(small()));
}
