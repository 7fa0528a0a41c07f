// The milestones as a user runs them: what holds, what a knock-out breaks, what a seed and a thread count change.
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

/// `vitrine run NAME --quick` into a folder of its own. Pictures of graphs are left out by leaving `dot` out, where a
/// test does not look at them: they are most of the time.
Finished quick(const Scratch& scratch, const std::string& name, Words more = {}) {
  const Variable no_dot("PATH", scratch.folder().string());
  more.insert(more.begin(), {"run", name, "--quick", "--out", (scratch / "out").string()});
  Finished run = vitrine_run(more);
  INFO(typed(more) << "\n" << run.out << run.err);
  CHECK(is_plain(run.out));
  return run;
}

/// It must fail at these gates, mark each and name it again in the verdict.
void check_fails(const std::string& name, const std::string& part, const std::vector<std::string>& gates) {
  const Scratch scratch;
  const Finished run = quick(scratch, name, {"--without", part});
  INFO(name << " --without " << part << "\n" << run.out << run.err);
  CHECK(run.status == 1);
  const auto verdict = run.out.substr(std::min(run.out.find(" gates FAILED: "), run.out.size()));
  for (const std::string& gate : gates) {
    CHECK_THAT(run.out, Contains("  FAILED " + gate + ": "));
    CHECK_THAT(verdict, Contains(gate));
  }
}

/// No part may be left out unseen: each that `list` names must fail a gate.
void check_every_part(const std::string& name) {
  const Scratch scratch;
  const std::string list = (scratch / "list.json").string();
  REQUIRE(vitrine_run({"list", "--json", list}).status == 0);
  for (const auto& project : nlohmann::json::parse(content_of(list))) {
    if (project["name"] != name) continue;
    CHECK(project["parts"].size() >= 5);
    for (const std::string part : project["parts"]) {
      const Finished run = quick(scratch, name, {"--without", part});
      INFO(name << " --without " << part << "\n" << run.out << run.err);
      CHECK(run.status == 1);
      CHECK_THAT(run.out, Contains(" gates FAILED: "));
    }
  }
}

/// What the last sentence of a run promises is in the folder: words that end like a file, and the graphs' pictures.
void check_named_outputs(const std::string& out, const std::filesystem::path& folder) {
  const std::string last = out.substr(out.rfind("look at "));
  const std::string sentence = last.substr(0, last.find("Next:"));
  std::vector<std::string> names;
  for (const char* graph : {"traced", "gradients", "compiled"})
    if (sentence.find(graph) != sentence.npos)
      names.insert(names.end(), {graph + std::string(".svg"), graph + std::string(".png")});
  REQUIRE(names.size() == 6);
  for (std::size_t at = 0; at < sentence.size();) {
    const std::size_t end = std::min(sentence.find_first_of(" ,;()\n", at), sentence.size());
    const std::string word = sentence.substr(at, end - at);
    for (const char* ending : {".svg", ".vit", ".txt"})
      if (word.ends_with(ending) && word.size() > 4) names.push_back(word);
    at = end + 1;
  }
  CHECK(names.size() >= 8);
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(std::filesystem::exists(folder / name));
    CHECK(std::filesystem::file_size(folder / name) > 100);
  }
}

std::string hash_of(const std::filesystem::path& file) {
  const std::string bytes = content_of(file);
  return std::to_string(std::hash<std::string>()(bytes)) + " of " + std::to_string(bytes.size()) + " bytes";
}

void check_intact(const std::string& name) {
  const Scratch scratch;
  const auto start = std::chrono::steady_clock::now();
  const Finished run = vitrine_run({"run", name, "--quick", "--out", scratch.folder().string()});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  WARN("run " << name << " --quick took " << took.count() << " s");  // at most 10 s; printed, for machines differ
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(is_plain(run.out + run.err));
  CHECK_THAT(run.out, Contains(" gates hold\n") && !Contains("FAILED") && Contains("(quick: "));
  check_named_outputs(run.out, scratch.folder());
}

}  // namespace

TEST_CASE("the intact perceptron and network hold every gate and draw what they name") { check_intact("xor"); }

TEST_CASE("the intact MLP holds every gate and draws what it names") { check_intact("mlp"); }

TEST_CASE("a frozen layer fails the gate of each of its parameters") {
  check_fails("mlp", "up", {"up.weight moved", "up.bias moved"});
}

TEST_CASE("shuffled labels fail the gates of accuracy and loss") {
  check_fails("mlp", "labels", {"test accuracy", "loss falls"});
}

TEST_CASE("a dropped bias fails its gates, though accuracy forgives it") {
  check_fails("mlp", "up.bias", {"up.bias moved", "up.bias has a gradient"});
}

TEST_CASE("without its bend the network solves nothing, and its hand computation differs") {
  check_fails("xor", "tanh", {"1986: the hidden layer solves it", "loss by hand"});
}

TEST_CASE("a task that a line can tell apart fails the gate of 1969") {
  check_fails("xor", "xor", {"1969: no perceptron passes"});
}

TEST_CASE("a hidden layer that stays as it began fails the gates of 1986") {
  check_fails("xor", "up", {"1986: the hidden layer solves it", "up.weight moved", "up.bias moved"});
}

TEST_CASE("whatever part of xor is left out, a gate fails") { check_every_part("xor"); }

TEST_CASE("whatever part of the MLP is left out, a gate fails") { check_every_part("mlp"); }

TEST_CASE("whatever part of the convolutional network is left out, a gate fails") { check_every_part("cnn"); }

TEST_CASE("trained parameters have the same bits for 1, 2 and 4 threads, and others for another seed") {
  const Scratch scratch;
  const auto trained = [&](const std::string& name, Words more) {
    more.insert(more.end(), {"--save", (scratch / name).string()});
    CHECK(quick(scratch, "mlp", more).status == 0);
    return hash_of(scratch / name);
  };
  const std::string one = trained("one", {"--threads", "1"});
  CHECK(trained("two", {"--threads", "2"}) == one);
  CHECK(trained("four", {"--threads", "4"}) == one);
  CHECK_FALSE(trained("seed", {"--seed", "2"}) == one);
}

TEST_CASE("saved parameters are where a later run begins, unless they are damaged or another model's") {
  const Scratch scratch;
  const std::string saved = (scratch / "mlp.safetensors").string(), other = (scratch / "xor.safetensors").string();
  const auto first_loss = [](const Finished& run) {
    const auto at = run.err.find("mean loss ");
    REQUIRE(at != std::string::npos);
    return std::stod(run.err.substr(at + 10));
  };
  const double fresh = first_loss(quick(scratch, "mlp", {"--save", saved}));
  CHECK(first_loss(quick(scratch, "mlp", {"--load", saved})) < 0.9 * fresh);

  CHECK(quick(scratch, "xor", {"--save", other}).status == 0);
  const auto load = [&](const std::string& file) {
    const Scratch fresh_folder;
    const std::string said =
        sentence_of({"run", "mlp", "--quick", "--load", file, "--out", (fresh_folder / "out").string()}, 3);
    return said;
  };
  CHECK_THAT(load(other), Contains("not the parameters of mlp") &&
                              Contains(R"("up.weight" is f32[2, 4], the model has f32[784, 128])") &&
                              Contains(R"("down.bias" is f32[1])"));
  std::string damaged = content_of(saved);
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 4);
  put(saved, damaged);
  CHECK_THAT(load(saved), Contains("damaged"));
  CHECK_THAT(load((scratch / "none").string()), Contains("none"));
}
