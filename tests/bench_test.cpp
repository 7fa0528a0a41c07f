// What `bench` measures, prints and writes: its table, its ratios, and that every workload runs.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tools/bench_table.hpp"
#include "tools/timed.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

const std::vector<Measured> rows{
    {"W1a", "vitrine", "auto", "ms", 1, {2, 1, 3}, {1, 1, 1}},
    {"W1a", "vitrine", "auto", "ms", 2, {4}, {1.25}},
    {"W1a", "torch", "eager", "ms", 1, {5}, {1}},
    {"W1a", "torch", "qint8", "ms", 1, {1}, {1}},
    {"W1a", "onnxruntime", "fp32", "ms", 2, {3}, {2}},
    {"W6_256", "vitrine", "own", "GFLOP/s", 1, {300}, {1}},
    {"W6_256", "vitrine", "auto", "GFLOP/s", 1, {200}, {1}},
    {"W6_256", "torch", "eager", "GFLOP/s", 1, {100}, {1}},
    {"W6_256", "onnxruntime", "fp32", "GFLOP/s", 1, {160}, {1}},
};

/// The words of the line that begins with these.
Words line_of(const std::string& text, const std::string& begin) {
  Words words;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream split(line);
    words.assign(std::istream_iterator<std::string>(split), {});
    std::string joined;
    for (const std::string& word : words) joined += word + " ";
    if (joined.starts_with(begin)) return words;
  }
  return {};
}

}  // namespace

TEST_CASE("the table has median, least and most, and notes what a run lacked") {
  const std::string table = bench_table(rows);
  CHECK(line_of(table, "W1a vitrine auto 1") == Words{"W1a", "vitrine", "auto", "1", "2.000", "1.000", "3.000", "ms"});
  CHECK_THAT(table, Contains("ms  had 1.25 of 2 processors\n"));
  CHECK_THAT(table, Contains("ms  other numbers: weights in 8 bits\n"));
}

TEST_CASE("ratios take the fastest way of the fastest peer, the named variant of ours, and no 8 bits") {
  const std::string table = ratio_table(rows, "auto");
  CHECK(line_of(table, "W1a ms 1") == Words{"W1a", "ms", "1", "2.000", "5.000", "2.50", "torch", "eager"});
  CHECK(line_of(table, "W1a ms 2") == Words{"W1a", "ms", "2", "4.000", "3.000", "0.75", "onnxruntime", "fp32"});
  CHECK(line_of(table, "W1a ms best") == Words{"W1a", "ms", "best", "2.000", "3.000", "1.50", "onnxruntime", "fp32"});
  CHECK(line_of(table, "W6_256 GFLOP/s 1") ==
        Words{"W6_256", "GFLOP/s", "1", "200.000", "160.000", "1.25", "onnxruntime", "fp32"});
  CHECK(ratio_table(std::span(rows).first(2), "auto").empty());
}

TEST_CASE("a ratio says so where the peer had too little of the processor") {
  std::vector<Measured> disturbed(rows.begin(), rows.end());
  disturbed[4].busy = {0.75};
  CHECK_THAT(ratio_table(disturbed, "auto"), Contains("onnxruntime fp32, had 0.75 of 2 processors\n"));
}

TEST_CASE("bench's JSON is the agreed array") {
  const auto made = nlohmann::json::parse(bench_json(rows));
  REQUIRE(made.size() == rows.size());
  const nlohmann::json first{{"work", "W1a"}, {"peer", "vitrine"}, {"variant", "auto"},      {"threads", 1},
                             {"unit", "ms"},  {"median", 2.},      {"samples", {2., 1., 3.}}};
  CHECK(made[0] == first);
}

TEST_CASE("a run that had less of the processor than it asked for is known by its middle sample") {
  CHECK(had_its_threads({1.9, 0.2, 2.0}, 2));
  CHECK_FALSE(had_its_threads({1.9, 1.2, 1.1}, 2));
  CHECK(had_its_threads({}, 2));
}

TEST_CASE("what is told of a run is a speed where the work has a size, else the time") {
  CHECK(told({.name = "x", .what = "", .operations = 2e9}, 10) == 200);
  CHECK(told({.name = "x", .what = "", .bytes = 5e8}, 10) == 50);
  CHECK(told({.name = "x", .what = "", .prompt = 16, .written = 256}, 10) == 25600);
  CHECK(told({.name = "x", .what = "", .prompt = 400, .written = 1}, 200) == 2000);  // what it reads is timed
  CHECK(told({.name = "x", .what = ""}, 10) == 10);
  CHECK(unit_of({.name = "x", .what = "", .bytes = 5e8}) == "GB/s");
  CHECK(unit_of({.name = "x", .what = ""}) == "ms");
}

TEST_CASE("workloads have names of their own, and all but copy and read a graph in which every operand is there") {
  std::set<std::string_view> names;
  for (const Workload& work : workloads()) {
    CAPTURE(work.name);
    CHECK(names.insert(work.name).second);
    CHECK_FALSE(work.what.empty());
    CHECK((work.operations > 0) == work.name.starts_with("W6_"));
    if (!work.graph) {
      CHECK((work.name == "W5copy" || work.name == "W4read"));
      continue;
    }
    const Graph graph = work.graph();
    CHECK_FALSE(graph.outputs().empty());
    CHECK(graph.updates().empty() == work.in_use);
    CHECK((graph.find("label") || graph.find("next")) == (!work.in_use || work.written > 0));
    CHECK((work.written > 0) == (unit_of(work) == "tokens/s"));
  }
}

TEST_CASE("a work of each kind is measured and told in its unit") {
  const Scratch scratch;
  const Words works{"W1a_fwd", "W5copy", "W5ln", "W6_64x784x128", "W1a"};
  Words command{"bench", "--repeats", "1", "--threads", "2", "--json", (scratch / "b.json").string()};
  command.insert(command.begin() + 1, works.begin(), works.end());
  const Finished run = vitrine_run(command);
  REQUIRE(run.status == 0);
  CHECK(is_plain(run.out + run.err));
  std::map<std::string, Words> variants;
  for (const auto& row : nlohmann::json::parse(content_of(scratch / "b.json"))) {
    variants[row["work"]].push_back(row["variant"]);
    CHECK(row["peer"] == "vitrine");
    CHECK(row["threads"] == 2);
    CHECK(row["unit"] == (row["work"] == "W6_64x784x128" ? "GFLOP/s" : "ms"));
    REQUIRE(row["samples"].size() == 1);
    CHECK(row["median"] > 0);
  }
  CHECK(variants.size() == works.size());
  CHECK(variants["W5copy"] == Words{"memcpy"});
  CHECK(variants["W1a"] == Words{"auto"});
  CHECK(variants["W6_64x784x128"] ==
        (onednn_missing().empty() ? Words{"own", "onednn", "auto"} : Words{"own", "auto"}));
}

TEST_CASE("without peers bench --peers says what to install and measures ours") {
  const Scratch empty;
  // No node is found, and no python starts.
  const Variable path("PATH", empty.folder().string()), python("PYTHONHOME", empty.folder().string());
  const Finished run = vitrine_run({"bench", "W1a_fwd", "--peers", "--repeats", "1"});
  CHECK(run.status == 0);
  CHECK_THAT(run.err, Contains("does without torch: ") && Contains("python3-torch"));
  CHECK_THAT(run.err, Contains("does without onnxruntime: ") && Contains("python3-onnx"));
  CHECK(line_of(run.out, "W1a_fwd vitrine auto 1").size() >= 8);
}

TEST_CASE("bench compile tells each stage of W3m's compilation and what a node costs as layers are added") {
  const Scratch scratch;
  const Finished run = vitrine_run({"bench", "compile", "--repeats", "1", "--json", (scratch / "c.json").string()});
  REQUIRE(run.status == 0);
  for (const char* stage : {"trace", "autodiff", "verify", "merge_duplicates", "group_elementwise", "plan", "load"})
    CHECK(line_of(run.out, stage).size() == 4);
  std::map<std::string, std::map<std::string, double>> medians;
  for (const auto& row : nlohmann::json::parse(content_of(scratch / "c.json"))) {
    CHECK(row["unit"] == "ms");
    medians[row["work"]][row["variant"]] = row["median"];
  }
  CHECK(medians.size() == 5);
  for (auto& [work, stages] : medians) {
    double sum = 0;
    for (const auto& [stage, milliseconds] : stages)
      if (stage != "total" && stage != "states' first values" && !stage.starts_with("passes, ")) sum += milliseconds;
    CHECK(sum == Approx(stages["total"]));
    CHECK(stages["passes, recorded (CPU)"] > 0);
    CHECK(stages["passes, unrecorded (CPU)"] > 0);
  }
  CHECK(medians.contains("compile GPT-48"));
  CHECK_THAT(run.out, Contains("keeping the record of rewrites costs "));
}

TEST_CASE("bench compile stands by itself") {
  for (const Words& words : {Words{"bench", "compile", "W1a"}, Words{"bench", "compile", "--peers"}})
    CHECK_THAT(sentence_of(words, 2), Contains("compile stands by itself"));
}

TEST_CASE("bench times milestones, and ours without fusion beside ours, and what makes no sense together is refused") {
  const Finished run = vitrine_run({"bench", "xor", "--ungrouped", "--threads", "1", "--repeats", "2"});
  REQUIRE(run.status == 0);
  CHECK(line_of(run.out, "xor vitrine auto 1").size() >= 8);
  CHECK(line_of(run.out, "xor ungrouped auto 1").size() >= 8);
  CHECK(line_of(run.out, "xor ms 1").size() >= 8);
  for (const Words& words : {Words{"bench", "xor", "--peers"}, Words{"bench", "W1a", "--peers", "--ungrouped"},
                             Words{"bench", "compile", "--ungrouped"}})
    CHECK(vitrine_run(words).status == 2);
}
