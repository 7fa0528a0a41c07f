// The program from a user's eyes: help, wrong use, a broken environment, and what the commands that list things list.
#include <nlohmann/json.hpp>
#include <set>

#include "compiler/op_table.hpp"
#include "compiler/passes.hpp"
#include "runtime/tensor_file.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tools/composed.hpp"

using namespace vitrine;
using Catch::Contains;
using Catch::StartsWith;
using Words = std::vector<std::string>;

namespace {

const Words commands{"list",     "run",    "generate", "quantize", "show",    "report", "opt",
                     "explain",  "diff",   "bisect",   "exec",     "certify", "lint",   "profile",
                     "tokenize", "passes", "ops",      "audit",    "bench"};

const std::string small_graph = "graph small {\n  input %x : f32[2]\n  %1 = relu(%x) : f32[2]\n  output y = %1\n}\n";

nlohmann::json json_of(const std::filesystem::path& path) { return nlohmann::json::parse(content_of(path)); }

}  // namespace

TEST_CASE("every command has --help, which says what it does and exits 0") {
  const Finished all = vitrine_run({"--help"});
  CHECK(all.status == 0);
  CHECK_THAT(all.out, Contains("Exit codes"));
  for (const std::string& command : commands) {
    CAPTURE(command);
    CHECK_THAT(all.out, Contains("\n  " + command + " "));
    const Finished one = vitrine_run({command, "--help"});
    CHECK(one.status == 0);
    CHECK(one.err.empty());
    CHECK(is_plain(one.out));
    CHECK_THAT(one.out, Contains("Usage: vitrine " + command));
  }
}

TEST_CASE("wrong use is one sentence that names what was wrong, suggests the nearest word, and exits 2") {
  struct Case {
    Words words;
    std::string says;
  };
  const std::vector<Case> cases{
      {{}, "no command is given; one of list, run"},
      {{"lst"}, "no command 'lst'; did you mean 'list'?"},
      {{"frobnicate"}, "no command 'frobnicate' ('vitrine --help'"},
      {{"--quick", "run", "mlp"}, "'--quick' stands before the command"},
      {{"run"}, "NAME is missing"},
      {{"run", "mpl"}, "no model named 'mpl'; did you mean 'mlp'?"},
      {{"show", "xro"}, "did you mean 'xor'?"},
      {{"run", "mlp", "--quik"}, "no flag '--quik'; did you mean '--quick'?"},
      {{"run", "mlp", "--epoch=3"}, "did you mean '--epochs'?"},
      {{"run", "--epoch", "3", "mlp"}, "did you mean '--epochs'?"},
      {{"run", "mlp", "-q"}, "no flag '-q'"},
      {{"run", "mlp", "extra"}, "'extra' is one word too many"},
      {{"run", "mlp", "--without", "dwon"}, "did you mean 'down'?; parts: up, "},
      {{"run", "mlp", "--epochs", "x"}, "--epochs takes a whole number from 0 to 100000, not 'x'"},
      {{"run", "mlp", "--epochs", "-3"}, "not '-3'"},
      {{"run", "mlp", "--epochs", "1e3"}, "not '1e3'"},
      {{"run", "mlp", "--epochs", "99999999999999999999999"}, "not '99999999999999999999999'"},
      {{"run", "mlp", "--seed", "-1"}, "--seed takes a whole number"},
      {{"run", "mlp", "--threads", "1.5"}, "--threads takes a whole number from 0 to 1024"},
      {{"run", "mlp", "--threads"}, "--threads takes exactly one value"},
      {{"run", "mlp", "--seed", "1", "--seed", "2"}, "--seed takes exactly one value"},
      {{"run", "xor", "--load", "f"}, "leave out --load"},
      {{"show"}, "MODEL is missing"},
      {{"show", "mlp", "--format", "pgn"}, "not 'pgn'; did you mean 'png'?"},
      {{"show", "mlp", "--step", "trian"}, "did you mean 'train'?"},
      {{"show", "mlp", "--after", "fold_transpose"}, "did you mean 'fold_transposes'?"},
      {{"show", "mlp", "--after", "fold_constants", "--before", "remove_unused"}, "exclude each other"},
      {{"opt"}, "FILE is missing"},
      {{"opt", "x.vit"}, "--passes is missing"},
      {{"opt", "x.vit", "--passes="}, "--passes"},
      {{"opt", "x.vit", "--passes=remove_unusd"}, "did you mean 'remove_unused'?"},
      {{"opt", "x.vit", "--reduce"}, "add --check CMD"},
      {{"opt", "x.vit", "--check", "grep relu {}"}, "add --reduce"},
      {{"opt", "x.vit", "--passes=remove_unused", "--check", "grep relu {}"}, "add --reduce"},
      {{"opt", "x.vit", "--reduce", "--check", "grep relu"}, "write {} in its place"},
      {{"opt", "x.vit", "--reduce", "--check", "grep relu {}", "--tries", "0"}, "--tries takes a whole number from 1"},
      {{"bisect", "xor"}, "--check is missing"},
      {{"bisect", "xro", "--check", "true {}"}, "did you mean 'xor'?"},
      {{"bisect", "xor", "--check", "true"}, "write {} in its place"},
      {{"bisect", "xor", "--check", "true {}", "--passes=fold_transpose"}, "did you mean 'fold_transposes'?"},
      {{"bisect", "xor", "--check", "true {}", "-o", "-"}, "takes the name of a file"},
      {{"exec", "x.vit"}, "-o is missing"},
      {{"exec", "--grad", "w", "x.vit", "-o", "y"}, "so give FILE first"},
      {{"exec", "x.vit", "-o", "y", "--provider", "on"}, "--provider takes own, onednn, auto, not 'on'"},
      {{"ops", "geluu"}, "no op named 'geluu'; did you mean 'gelu'?"},
      {{"ops", "clmap"}, "no op named 'clmap'; did you mean 'clamp'?"},
      {{"bench", "W1c"}, "did you mean 'W1a'?"},
      {{"bench", "--repeats", "0"}, "--repeats takes a whole number from 1 to 1000"},
  };
  for (const Case& each : cases) {
    CAPTURE(typed(each.words));
    CHECK_THAT(sentence_of(each.words, 2), Contains(each.says));
  }
}

TEST_CASE("a file that is missing, a folder, or not what it should be is one sentence and exit code 3") {
  const Scratch scratch;
  put(scratch / "a.vit", small_graph);
  put(scratch / "binary.vit", std::string("\x89PNG\r\n\x1a\n\0\0\x1b[2J", 14));
  const std::string graph = (scratch / "a.vit").string(), folder = scratch.folder().string();
  const std::string missing = (scratch / "missing.vit").string(), out = (scratch / "out").string();
  CHECK_THAT(sentence_of({"show", missing}, 3), Contains(missing) && Contains("cannot be opened"));
  CHECK_THAT(sentence_of({"show", folder}, 3), Contains("is a folder"));
  CHECK_THAT(sentence_of({"opt", missing, "--passes=remove_unused"}, 3), Contains(missing));
  CHECK_THAT(sentence_of({"show", (scratch / "binary.vit").string()}, 3), Contains("binary.vit:1:1: expected 'graph'"));
  CHECK_THAT(sentence_of({"exec", graph, "--inputs", missing, "-o", out}, 3), Contains(missing));
  CHECK_THAT(sentence_of({"exec", graph, "--inputs", folder, "-o", out}, 3), Contains("folder"));
  CHECK_THAT(sentence_of({"exec", graph, "--inputs", graph, "-o", out}, 3), Contains("not safetensors"));
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("a malformed graph is told by file, line, column and what was expected") {
  struct Case {
    std::string text, place, says;
  };
  const std::vector<Case> cases{
      {"", ":1:1: ", "expected 'graph', found the end of the text"},
      {"graph g {\n", ":2:1: ", "expected input, state"},
      {"graph g { inptu %x : f32[2] }", ":1:11: ", "found 'inptu'"},
      {"graph g {\n  input %x : f33[2]\n}", ":2:14: ", "found 'f33'"},
      {"graph g {\n  input %x : f32[2]\n  %1 = relu(%y) : f32[2]\n}", ":3:13: ", "no input or state named 'y'"},
      {"graph g {\n  input %x : f32[2]\n  %1 = rellu(%x) : f32[2]\n}", ":3:8: ", "no op named 'rellu'"},
      {"graph g {\n  input %x : f32[2]\n  %1 = relu(%x) : f32[3]\n}", ":3:8: ", "relu makes f32[2]"},
  };
  const Scratch scratch;
  const std::string path = (scratch / "g.vit").string();
  for (const Case& each : cases) {
    put(path, each.text);
    CHECK_THAT(sentence_of({"show", path}, 3), Contains(path + each.place) && Contains(each.says));
    CHECK_THAT(sentence_of({"show", "-"}, 3, each.text), Contains("standard input" + each.place));
  }
}

TEST_CASE("what cannot be written to is refused with one sentence, and nothing is half written") {
  const Scratch scratch;
  put(scratch / "a.vit", small_graph);
  put(scratch / "file", "mine");
  const std::string graph = (scratch / "a.vit").string(), below = (scratch / "file" / "below").string();
  CHECK_THAT(sentence_of({"show", graph, "-o", below}, 3), Contains(below));
  CHECK_THAT(sentence_of({"show", graph, "-o", (scratch / "no" / "folder").string()}, 3), Contains("make its folder"));
  CHECK_THAT(sentence_of({"opt", graph, "--passes=remove_unused", "-o", below}, 3), Contains(below));
  CHECK_THAT(sentence_of({"run", "xor", "--quick", "--out", below}, 3), Contains(below));
  CHECK_THAT(sentence_of({"run", "xor", "--quick", "--save", below}, 3), Contains("--save"));
  CHECK_THAT(sentence_of({"run", "xor", "--quick", "--json", scratch.folder().string()}, 3), Contains("is a folder"));
  CHECK(content_of(scratch / "file") == "mine");
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.folder()), {}) == 2);
}

TEST_CASE("list names every milestone, its data and whether that is here") {
  const Scratch scratch;
  const Finished run = vitrine_run({"list", "--json", (scratch / "list.json").string()});
  CHECK(run.status == 0);
  CHECK(is_plain(run.out));
  const auto rows = json_of(scratch / "list.json");
  REQUIRE(rows.size() == 6);
  for (const auto& row : rows) {
    CHECK_THAT(run.out, Contains(row["name"].get<std::string>()) && Contains(row["idea"].get<std::string>()));
    CHECK(row["here"].is_boolean());
    CHECK_FALSE(row["parts"].empty());
  }
}

TEST_CASE("passes lists every pass with its contract and equation") {
  const Scratch scratch;
  const Finished run = vitrine_run({"passes", "--json", (scratch / "passes.json").string()});
  CHECK(run.status == 0);
  const auto rows = json_of(scratch / "passes.json");
  REQUIRE(rows.size() == every_pass.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(rows[i]["name"] == every_pass[i].name);
    CHECK(rows[i]["contract"] == name_of(every_pass[i].contract));
    CHECK_THAT(run.out, Contains(std::string(every_pass[i].equation)));
  }
}

TEST_CASE("ops lists every op with its rule, derivative, colour and an example") {
  const Scratch scratch;
  const Finished run = vitrine_run({"ops", "--json", (scratch / "ops.json").string()});
  CHECK(run.status == 0);
  const auto rows = json_of(scratch / "ops.json");
  REQUIRE(rows.size() == every_op().size() + composed_functions().size());
  std::set<std::string> names;
  for (const auto& row : rows) {
    CAPTURE(row.dump());
    const std::string name = row["name"];
    CHECK(names.insert(name).second);
    CHECK((find_op(name) == nullptr) == row["composed"].get<bool>());
    CHECK(row["colour"].get<std::string>().size() == 7);
    CHECK_FALSE(row["rule"].get<std::string>().empty());
    CHECK_THAT(run.out, Contains(name));
    if (row["composed"]) continue;
    for (const char* key : {"rule", "derivative", "example"}) CHECK_FALSE(row[key].get<std::string>().empty());
    CHECK_THAT(run.out, Contains("\n  " + row["rule"].get<std::string>() + "\n"));
  }
  const Finished one = vitrine_run({"ops", "sub"});
  CHECK(one.out.starts_with("sub "));
  CHECK_THAT(one.out, Contains("r = x - y\n  dx = dr, dy = -dr\n"));
  // What is made of ops has a page too, and a file.
  const Finished made = vitrine_run({"ops", "clamp", "--json", (scratch / "clamp.json").string()});
  CHECK(made.status == 0);
  CHECK_THAT(made.out,
             Contains("clamp ") && Contains("arithmetic (#cfe8f7)") && Contains("minimum(maximum(x, low), high)"));
  REQUIRE(json_of(scratch / "clamp.json").size() == 1);
  CHECK(json_of(scratch / "clamp.json")[0]["composed"] == true);
  for (const char* name : {"adamw", "cosine_schedule", "convolution2d", "clip_by_norm"})
    CHECK_THAT(vitrine_run({"ops", name}).out, StartsWith(name) && Contains("(#"));
}

TEST_CASE("bench writes the agreed array") {
  const Scratch scratch;
  const Finished run = vitrine_run({"bench", "W7", "--repeats", "1", "--json", (scratch / "b.json").string()});
  REQUIRE(run.status == 0);
  CHECK(is_plain(run.out + run.err));
  const auto rows = json_of(scratch / "b.json");
  REQUIRE(rows.is_array());
  REQUIRE(rows.size() == 2);
  for (const auto& row : rows) {
    CHECK(row["work"] == "W7");
    CHECK(row["peer"] == "vitrine");
    CHECK(row["variant"].is_string());
    CHECK(row["threads"] == 1);
    CHECK((row["unit"] == "ms" || row["unit"] == "MiB"));
    REQUIRE(row["samples"].size() == 1);
    CHECK(row["median"] == row["samples"][0]);
    CHECK(row["median"] > 0);
  }
}

TEST_CASE("run --debug-nans changes nothing of a run without NaN, and ends one that makes a NaN with 1 and its line") {
  const Scratch scratch;
  const std::string out = (scratch / "out").string(), load = (scratch / "huge.safetensors").string();
  const Finished plain = vitrine_run({"run", "xor", "--quick", "--out", out}),
                 watched = vitrine_run({"run", "xor", "--quick", "--out", out, "--debug-nans"});
  CHECK(plain.status == 0);
  CHECK(watched.status == 0);
  CHECK(watched.out == plain.out);
  // Finite parameters whose products overflow, to infinities of both signs.
  const auto filled = [](std::vector<std::size_t> sizes, std::size_t count, float number) {
    std::vector<float> numbers(count, number);
    for (std::size_t i = 1; i < count; i += 2) numbers[i] = -number;
    const auto bytes = std::as_bytes(std::span(numbers));
    return HostTensor{DType::f32, std::move(sizes), {bytes.begin(), bytes.end()}};
  };
  write_tensor_file(load, {{{"up.weight", filled({784, 128}, 784 * 128, 1e37f)},
                            {"up.bias", filled({128}, 128, 0)},
                            {"down.weight", filled({128, 10}, 1280, 1)},
                            {"down.bias", filled({10}, 10, 0)}},
                           {}});
  const Finished run = vitrine_run({"run", "mlp", "--quick", "--out", out, "--load", load, "--debug-nans"});
  INFO(run.err);
  CHECK(run.status == 1);
  CHECK_THAT(run.err, Catch::Contains("vitrine: mlp: epoch 1, batch 1: the first nan is made by %") &&
                          Catch::Contains("milestones/03_mlp/mlp.cpp:"));
}
