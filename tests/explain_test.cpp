// `explain` as a user runs it: one value from its line in the model to its place in memory.
#include <nlohmann/json.hpp>

#include "tests/example_graph.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

struct Explained {
  std::string text;
  nlohmann::json json;
};
Explained explained(Words words, const std::string& input = "") {
  const Scratch scratch;
  const std::string file = (scratch / "e.json").string();
  words.insert(words.begin(), "explain");
  words.insert(words.end(), {"--json", file});
  const Finished run = vitrine_run(words, input);
  INFO(typed(words) << "\nsaid: " << run.err);
  REQUIRE(run.status == 0);
  CHECK(run.err.empty());
  CHECK(is_plain(run.out));
  return {run.out, nlohmann::json::parse(content_of(file))};
}

}  // namespace

TEST_CASE("explain follows a value that was replaced to the node that has it now, its step and its place") {
  const auto [text, json] = explained({"-", "--node", "3"}, example_graph);
  CHECK_THAT(text, Contains("%3 = matmul(%x, %2) : f32[batch 2, out 4]\n  written at model.cpp:12, in module up\n") &&
                       Contains("fold_transposes: replaced") && Contains("compiler/passes/fold_transposes.cpp:") &&
                       Contains("- %3 = matmul(%x, %2)") &&
                       Contains("+ %7 = matmul(%x, %w) {transpose_right = true}") && Contains("kernel ") &&
                       Contains("predicted") && Contains("derivative: da = dy bT, db = aT dy") &&
                       Contains("Error\n  at f32[batch 2, out 4]: at most"));
  CHECK(json["nodes"] == nlohmann::json{3, 7});
  CHECK(json["alive"] == true);
  CHECK(json["rewrites"][0]["what"] == "stands for another node too");
  CHECK(json["rewrites"][1]["what"] == "replaced");
  CHECK(json["computed_in"].size() == 1);
  CHECK(json["cost"]["operations"] == 2 * 2 * 3 * 4);
  CHECK(json["error"]["measured"] == true);
  CHECK(json["error"]["elements"] == 8);
  CHECK(json["error"]["share_of_allowed"].get<double>() <= 1);
  CHECK(json["error"]["largest"].get<double>() < 1e-5);
}

TEST_CASE("explain of a node that died says which value is computed instead") {
  const auto [gone, json] = explained({"-", "--node", "%4"}, example_graph);
  CHECK(json["alive"] == false);
  CHECK_THAT(gone, Contains("the compiled program does not compute it") && Contains("in its place: simplify_algebra") &&
                       Contains("not measured: the compiled program does not compute it"));
  CHECK_THAT(json["replaced_by"].get<std::string>(), Contains("neg(neg(x)) => x"));
  const auto [same, twin] = explained({"-", "--node", "5"}, example_graph);
  CHECK(twin["alive"] == true);
  CHECK(twin["nodes"] == nlohmann::json{5, 3, 7});
}

TEST_CASE("explain knows leaves and outputs by name, and gives each its end in the program") {
  const auto [state, of_state] = explained({"mlp", "--node", "up.weight"});
  CHECK_THAT(state, Contains("milestones/03_mlp/mlp.cpp:") && Contains("lies in a state: 401,408 bytes") &&
                        Contains("at the end of a run it becomes %"));
  CHECK(of_state["slot"]["space"] == "state");
  const auto [loss, of_loss] = explained({"mlp", "--node", "loss"});
  CHECK_THAT(loss, Contains("it is output loss"));
  CHECK(of_loss["derivative_nodes"].size() >= 2);
  CHECK(of_loss["lifetime"]["last"] > of_loss["lifetime"]["first"]);
}

TEST_CASE("explain tells refusals, the derivative's own nodes and who shares the place in memory") {
  // The relu of a hidden layer: kept for the way back, its place taken by others before and behind.
  const auto [text, json] = explained({"mlp", "--node", "7", "--seed", "3"});
  CHECK_THAT(text, Contains("= relu(") && Contains("y = maximum(x, 0.0)") &&
                       Contains("derivative: dx = dy * select(greater(x, 0.0), 1.0, 0.0)") && Contains("Why not?") &&
                       Contains("to change that: ") && Contains("there at other times: "));
  CHECK_FALSE(json["remarks"].empty());
  REQUIRE_FALSE(json["shares_with"].empty());
  const std::size_t offset = json["slot"]["offset"], bytes = json["slot"]["bytes"];
  const std::size_t first = json["lifetime"]["first"], last = json["lifetime"]["last"];
  for (const auto& other : json["shares_with"]) {
    CHECK(other["offset"].get<std::size_t>() < offset + bytes);
    CHECK(offset < other["offset"].get<std::size_t>() + other["bytes"].get<std::size_t>());
    // One ends where the other begins, at the latest.
    CHECK((other["first"].get<std::size_t>() >= last || other["last"].get<std::size_t>() <= first));
  }
  const auto [gradient, of_gradient] = explained({"mlp", "--node", "25", "--no-error"});
  CHECK(of_gradient["phase"] == "gradient");
  CHECK_THAT(gradient, Contains("it is part of the derivative of %7 = relu(") && !Contains("Error"));
}

TEST_CASE("explain measures what no step stores too, and says in which program") {
  const auto [alone, of_alone] = explained({"mlp", "--node", "22"});
  CHECK(of_alone["error"]["alone"] == true);
  CHECK(of_alone["error"]["largest"].get<double>() > 0);
  CHECK(of_alone["error"]["share_of_allowed"].get<double>() <= 1);
  CHECK_THAT(alone, Contains("not stored: it stays in cache inside its step") &&
                        Contains("its step stores it nowhere: this is the program that runs every op by itself"));
  const auto [stored, of_stored] = explained({"mlp", "--node", "7"});
  CHECK(of_stored["error"]["alone"] == false);
  CHECK_THAT(stored, !Contains("stores it nowhere"));
}

TEST_CASE("explain of every node of a training step holds: each within what rounding allows") {
  for (std::uint32_t id = 0; id < 50; id += 7) {
    const auto [text, json] = explained({"xor", "--node", std::to_string(id)});
    CAPTURE(text);
    if (json["error"]["measured"] == true) CHECK(json["error"]["share_of_allowed"].get<double>() <= 1);
    CHECK(json["error"]["measured"].get<bool>() == json["error"]["why_not"].get<std::string>().empty());
    CHECK(json["alive"].get<bool>() == json["replaced_by"].get<std::string>().empty());
  }
}

TEST_CASE("explain says the same each time, and follows a model in use too") {
  const Words words{"explain", "xor", "--node", "6", "--step", "forward"};
  const Finished once = vitrine_run(words), again = vitrine_run(words);
  CHECK(once.status == 0);
  CHECK(once.out == again.out);
}

TEST_CASE("a node that is not there is named with the nearest and with how to list all") {
  CHECK_THAT(sentence_of({"explain", "mlp", "--node", "9999"}, 2),
             Contains("no node '9999'; the nearest is %") && Contains("'vitrine show mlp' lists"));
  CHECK_THAT(sentence_of({"explain", "mlp", "--node", "up.weigth"}, 2), Contains("did you mean 'up.weight'?"));
  CHECK_THAT(sentence_of({"explain", "mlp"}, 2), Contains("--node is missing"));
  CHECK_THAT(sentence_of({"explain", "mlp", "--node", "1", "--sizes", "batch"}, 2), Contains("--sizes takes NAME=N"));
  CHECK_THAT(sentence_of({"explain", "missing.vit", "--node", "1"}, 3), Contains("missing.vit"));
}
