// `profile` as a user runs it: every step once, shares that add up, figures that agree with each other, a picture.
#include <nlohmann/json.hpp>
#include <set>

#include "compiler/compile.hpp"
#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tests/well_formed.hpp"
#include "tests/xml_texts.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

/// tanh(x) is read by what leads to the second product, and by what follows it: not one step.
const std::string two_products = R"(graph "two products" {
  input %x : f32[batch 64, in 64]
  input %label : i32[batch 64]
  state %w : f32[in 64, out 64] = normal(0.1)
  state %v : f32[out 64, in 64] = normal(0.1)
  %2 = matmul(%x, %w) : f32[batch 64, out 64]
  %3 = tanh(%2) : f32[batch 64, out 64]
  %4 = matmul(%3, %v) : f32[batch 64, in 64]
  %5 = add(%4, %x) : f32[batch 64, in 64]
  %6 = cross_entropy(%5, %label) : f32[batch 64]
  %7 = mean(%6) : f32[]
  %8 = mul(%w, 0.5) : f32[in 64, out 64]
  output y = %5
  output loss = %7
  update %w = %8
}
)";

nlohmann::json json_of(const std::filesystem::path& path) { return nlohmann::json::parse(content_of(path)); }

/// The program, with limits kept in a folder that the tests share: they are measured once.
Finished profile_run(Words words, std::string_view input = {}) {
  static const Scratch cache;
  const Variable folder("XDG_CACHE_HOME", cache.folder().string());
  words.insert(words.begin(), "profile");
  return vitrine_run(words, input);
}

}  // namespace

TEST_CASE("profile lists every step once, with shares that add up to 1 and rates that follow from time and work") {
  const Scratch scratch;
  const std::string out = (scratch / "out").string(), json = (scratch / "copy.json").string();
  const Finished run = profile_run({"xor", "--repeats", "2", "--threads", "1", "--out", out, "--json", json});
  INFO(run.out << run.err);
  REQUIRE(run.status == 0);
  CHECK(run.err.empty());
  CHECK(is_plain(run.out));
  CHECK(content_of(json) == content_of(scratch / "out" / "profile.json"));
  const auto made = json_of(json);
  CHECK(made["model"] == "xor");
  CHECK(made["graph"] == "train");
  CHECK(made["threads"] == 1);
  CHECK(made["runs"] > 1);
  for (const char* key : {"run_us", "watched_run_us", "steps_us", "clock_ns"}) CHECK(made[key] > 0);
  CHECK(made["limits"]["gflop_s"] > 0);
  CHECK(made["limits"]["levels"].size() == 3);
  double shares = 0, total = 0;
  std::set<std::size_t> numbers, nodes;
  for (const auto& step : made["steps"]) {
    CAPTURE(step.dump());
    CHECK(numbers.insert(step["step"].get<std::size_t>()).second);
    for (const auto& node : step["nodes"])
      CHECK((step["what"] == "copy" || nodes.insert(node["id"].get<std::size_t>()).second));
    CHECK_FALSE(step["what"].get<std::string>().empty());
    CHECK_FALSE(step["kernel"].get<std::string>().empty());
    CHECK_FALSE(step["reason"].get<std::string>().empty());
    CHECK(step["predicted_us"] > 0);
    CHECK(step["limit_us"] >= 0);
    const double us = step["measured_us"],
                 bytes = step["bytes_read"].get<double>() + step["bytes_written"].get<double>();
    if (us > 0) {
      CHECK(step["gb_s"].get<double>() == Approx(bytes / us / 1e3));
      CHECK(step["gflop_s"].get<double>() == Approx(step["flop"].get<double>() / us / 1e3));
      CHECK(step["share_of_limit"].get<double>() == Approx(step["limit_us"].get<double>() / us));
    }
    CHECK((step["bound_by"] == "compute" || step["bound_by"] == "memory"));
    shares += step["share"].get<double>();
    total += us;
  }
  CHECK(shares == Approx(1));
  CHECK(total == Approx(made["steps_us"].get<double>()));
  CHECK(numbers.size() + made["steps_at_load"].get<std::size_t>() == *numbers.rbegin() + 1);
}

TEST_CASE("profile of a text says what each step is, needs and is limited by, and which fusion was refused") {
  const Scratch scratch;
  const std::string out = (scratch / "out").string();
  const Finished run = profile_run({"-", "--repeats", "1", "--threads", "1", "--top", "2", "--out", out}, two_products);
  INFO(run.out << run.err);
  REQUIRE(run.status == 0);
  const auto made = json_of(scratch / "out" / "profile.json");
  // As the compiler cuts it.
  Graph graph = parse(two_products, "two products");
  optimize(graph);
  const Plan plan = compile(graph, CpuTarget(best_isa()));
  REQUIRE(made["steps"].size() + made["steps_at_load"].get<std::size_t>() == plan.steps.size());
  for (const auto& step : made["steps"])
    CHECK(step["kernel"] == plan.steps[step["step"].get<std::size_t>()].choice.kernel);
  const auto first = made["steps"][0];
  CHECK(first["what"] == "matmul + tanh");
  CHECK(first["flop"] == 2.0 * 64 * 64 * 64 + 64 * 64);
  CHECK(first["bytes_read"] == 2 * 64 * 64 * 4);
  CHECK(first["bytes_written"] == 64 * 64 * 4);
  CHECK_THAT(run.out, Contains("two products: ") && Contains("matmul + tanh") && Contains("who runs it, and why:\n") &&
                          Contains("rank correlation") && Contains("above their limits: ") && Contains("other step"));
  CHECK_THAT(run.out, Contains(first["reason"].get<std::string>()));
  const auto kept = [&] {
    for (const auto& step : made["steps"])
      if (step["phase"] == "forward" && step["what"] == "mul") return step;
    return nlohmann::json();
  }();
  REQUIRE(kept.is_object());
  CHECK(kept["module"] == "w");
}

TEST_CASE("a refused fusion has both its nodes as data, and what it would have saved") {
  const Scratch scratch;
  // A softmax reads relu(x) and feeds another, which leads the step of what reads relu(x) too.
  const std::string graph = R"(graph between {
  input %x : f32[batch 512, in 512]
  %1 = relu(%x) : f32[batch 512, in 512]
  %2 = softmax(%1) : f32[batch 512, in 512]
  %3 = softmax(%2) : f32[batch 512, in 512]
  %4 = mul(%1, %3) : f32[batch 512, in 512]
  output y = %4
}
)";
  const Finished run =
      profile_run({"-", "--repeats", "1", "--threads", "1", "--out", (scratch / "out").string()}, graph);
  INFO(run.out << run.err);
  REQUIRE(run.status == 0);
  const auto made = json_of(scratch / "out" / "profile.json");
  REQUIRE(made["refused_fusions"].size() >= 1);
  bool found = false;
  double before = std::numeric_limits<double>::infinity();
  for (const auto& refused : made["refused_fusions"]) {
    CAPTURE(refused.dump());
    CHECK(refused["saves_us"] > 0);
    CHECK(refused["saves_us"] <= before);
    before = refused["saves_us"];
    CHECK(refused["from_step"] != refused["to_step"]);
    CHECK_FALSE(refused["reason"].get<std::string>().empty());
    if (refused["producer"] != 1) continue;
    found = true;
    CHECK(refused["consumer"] == 4);
    CHECK(refused["bytes_read"] == 512 * 512 * 4);
    CHECK(refused["bytes_kept"] == 0);  // the first softmax reads it too
    CHECK_THAT(run.out, Contains("of %1, step ") && Contains(refused["reason"].get<std::string>()));
  }
  CHECK(found);
}

TEST_CASE("profile's picture is well-formed, and names the machine's roofs and its most expensive steps") {
  const Scratch scratch;
  REQUIRE(profile_run({"mlp", "--repeats", "1", "--out", (scratch / "out").string()}).status == 0);
  const std::string picture = content_of(scratch / "out" / "roofline.svg");
  CHECK(malformed(picture) == "");
  std::string words;
  for (const std::string& text : texts(read_xml(picture), "text")) words += text + "\n";
  CHECK_THAT(words, Contains("multiply-adds") && Contains("L2 ") && Contains("L3 ") && Contains("memory ") &&
                        Contains("contraction") && Contains("up: matmul") && Contains("up (gradient): matmul"));
}

TEST_CASE("profile finds whole numbers that every op takes, and leaves the model in use to --step forward") {
  const Scratch scratch;
  const std::string out = (scratch / "out").string();
  for (const char* step : {"train", "forward"}) {
    const Finished run = profile_run({"mlp", "--step", step, "--repeats", "1", "--out", out});
    INFO(run.out << run.err);
    CHECK(run.status == 0);
    CHECK(json_of(scratch / "out" / "profile.json")["graph"] == step);
    CHECK_THAT(run.out, Contains("mlp, step " + std::string(step) + ": "));
  }
  CHECK_THAT(sentence_of({"profile", "W1a", "--step", "forward"}, 2), Contains("training step of 'bench'"));
  CHECK_THAT(sentence_of({"profile", "mpl"}, 2), Contains("did you mean 'mlp'?"));
  CHECK_THAT(sentence_of({"profile", "mlp", "--repeats", "0"}, 2), Contains("--repeats takes a whole number from 1"));
}
