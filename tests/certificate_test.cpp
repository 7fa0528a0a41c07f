#include "compiler/certificate.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "compiler/parse.hpp"
#include "compiler/print.hpp"
#include "tests/planted/planted_bug.hpp"
#include "tests/small_training.hpp"
#include "tools/certify.hpp"
#include "tools/small_values.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

constexpr const char* negated = R"(graph g {
  input %x : f32[4, 6]
  %1 = tanh(%x) : f32[4, 6]
  %2 = neg(%1) : f32[4, 6]
  output y = %2
})";

/// tanh(x) => something near it.
template <int parts_in_a_thousand> void near(Graph& graph, Rewriter& rewriter) {
  for (Value v : graph.topological())
    if (as<Tanh>(v) && is_used(v) && graph.end_of_ids() < 5)
      rewriter.replace(v, tanh(v.operands()[0] * (1.f + 0.001f * parts_in_a_thousand)), "tanh(x) => near it");
}

Certificate certificate_of(Graph graph, std::span<const Pass> passes) {
  Pool pool(1);
  const Values<float> leaves = small_values(graph, 1);
  return certify(graph, nullptr, passes, leaves, pool).certificate;
}

}  // namespace

TEST_CASE("a lossy pass is held to the tolerance that it states") {
  const auto passes_with = [](double tolerance, void (*run)(Graph&, Rewriter&)) {
    return std::array{
        Pass{.name = "near", .contract = Contract::lossy, .equation = "", .run = run, .tolerance = tolerance}};
  };
  const Certificate kept = certificate_of(parse(negated), passes_with(0.01, near<5>));
  CHECK(kept.holds());
  CHECK(kept.passes.at(0).trials > 0);
  CHECK(kept.passes.at(0).worst > 0.1);
  CHECK(kept.passes.at(0).worst <= 1);
  const Certificate broken = certificate_of(parse(negated), passes_with(0.001, near<50>));
  REQUIRE(broken.breaks.size() == 1);
  CHECK(broken.breaks[0].pass == "near");
  CHECK_THAT(broken.breaks[0].why, Catch::Contains("its pass allows 0.001"));
}

TEST_CASE("what only reorders is held to rounding, and what says exact to the bit") {
  const auto pass = [](Contract contract) {
    return std::array{Pass{.name = "near", .contract = contract, .equation = "", .run = near<5>}};
  };
  CHECK_FALSE(certificate_of(parse(negated), pass(Contract::reorders)).holds());
  CHECK_FALSE(certificate_of(parse(negated), pass(Contract::exact)).holds());
  CHECK(certificate_of(parse(negated), pass(Contract::changes)).holds());
}

TEST_CASE("a pass that makes what the verifier refuses is undone, and the others go on") {
  const auto break_off = [](Graph& graph, Rewriter& rewriter) {
    rewriter.replace(graph.find(2), transpose(graph.find(1)), "neg(x) => a transpose");
  };
  const std::array passes{Pass{.name = "breaks_off", .contract = Contract::exact, .equation = "", .run = break_off},
                          *std::ranges::find(every_pass, "group_elementwise", &Pass::name)};
  Graph graph = parse(negated);
  Pool pool(1);
  const Certificate made = certify(graph, nullptr, passes, small_values(graph, 1), pool).certificate;
  REQUIRE(made.breaks.size() == 1);
  CHECK(made.breaks[0].pass == "breaks_off");
  CHECK_THAT(made.breaks[0].why, Catch::Contains("changes f32[4, 6] into f32[6, 4]"));
  CHECK_THAT(print(graph), Catch::Contains("%2 = neg(%1) : f32[4, 6] @g1"));
}

TEST_CASE("every golden graph and a whole training step are certified") {
  const std::filesystem::path folder = std::filesystem::path(VITRINE_SOURCE) / "tests/golden";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".vit") continue;
    std::ifstream in(entry.path());
    std::string before;
    for (std::string line; std::getline(in, line) && line != "=>";) before += line + "\n";
    CAPTURE(entry.path().filename().string());
    for (const auto pipeline : {default_pipeline, inference_pipeline}) {
      const Certificate made = certificate_of(parse(before), pipeline);
      for (const Break& b : made.breaks) CHECK(b.pass + ": " + b.why == "");
    }
  }
  const Graph step = training_step(small::forward(), Adam{});
  for (const Break& b : certificate_of(step, default_pipeline).breaks) CHECK(b.pass + ": " + b.why == "");
}

TEST_CASE("the certificate of a graph is the same whenever it is made") {
  const Graph graph = parse(negated);
  const auto numbers = [&] { return json(certificate_of(graph, default_pipeline)); };
  CHECK(numbers() == numbers());
}
