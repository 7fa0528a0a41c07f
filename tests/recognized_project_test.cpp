// What a user sees of it: a project whose model is written in plain operations, by the commands.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "compiler/optimizers.hpp"
#include "compiler/print.hpp"
#include "tests/plain_model.hpp"
#include "tests/scratch.hpp"
#include "tools/commands/commands.hpp"
#include "tools/draw_graphs.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

const Projects projects{{.name = "plain", .forward = [] { return plain::model<plain::Marked>(); }, .optimizer = Sgd{}}};

/// Says nothing while it lives.
struct Quiet {
  int saved = dup(1);
  Quiet() {
    std::fflush(stdout);
    const int nothing = open("/dev/null", O_WRONLY);
    dup2(nothing, 1);
    close(nothing);
  }
  ~Quiet() {
    std::fflush(stdout);
    dup2(saved, 1);
    close(saved);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
};

}  // namespace

TEST_CASE("show has the forward graph behind each pass that recognizes, and the training step made of it") {
  const Scratch scratch;
  const std::string file = (scratch / "shown.vit").string();
  const auto shown = [&](const std::string& after, const std::string& before = "") {
    show(projects, {.model = "plain", .after = after, .before = before, .output = file});
    return content_of(file);
  };
  CHECK(shown("", "recognize_rows") == print(projects[0].forward()));
  CHECK_THAT(shown("recognize_rows"), Contains("= softmax(") && Contains("= layer_norm(") && Contains("= rms_norm(") &&
                                          !Contains("= attention(") && !Contains("@gradient"));
  CHECK_THAT(shown("recognize_cross_entropy"), Contains("= cross_entropy(") && !Contains("@gradient"));
  CHECK_THAT(shown("recognize_attention"), Contains("= attention(") && Contains("= cross_entropy("));
  CHECK_THAT(shown("group_elementwise"), Contains("= attention_query_gradient(") &&
                                             Contains("= cross_entropy_gradient(") && Contains("@gradient") &&
                                             !Contains("= log("));
}

TEST_CASE("certify holds recognition to its contract beside everything behind it") {
  const Scratch scratch;
  const std::string json = (scratch / "certificate.json").string();
  {
    const Quiet quiet;
    CertifyOptions certificate;
    certificate.model = "plain";
    certificate.common.json = json;
    REQUIRE(certify(projects, certificate) == 0);
  }
  const auto made = nlohmann::json::parse(content_of(json));
  CHECK(made["holds"] == true);
  std::map<std::string, std::size_t> rewrites;
  for (const auto& stage : made["stages"]) {
    rewrites[stage["stage"]] += stage["rewrites"].get<std::size_t>();
    if (stage["stage"].get<std::string>().starts_with("recognize")) {
      CHECK(stage["contract"] == "reorders");
      CHECK(stage["trials"] > 0);
    }
  }
  CHECK(rewrites["recognize_rows"] >= 4);
  CHECK(rewrites["recognize_cross_entropy"] == 1);
  CHECK(rewrites["recognize_attention"] == 1);
  for (const char* stage : {"gradients", "group_elementwise", "program"}) CHECK(rewrites[stage] > 0);
}

TEST_CASE("bisect of a training step begins before it is differentiated") {
  const Scratch scratch;
  const std::string json = (scratch / "bisect.json").string();
  const auto found = [&](const std::string& check) {
    const Quiet quiet;
    CHECK(bisect(projects, {.model = "plain", .check = check, .json = json}) == 0);
    return nlohmann::json::parse(content_of(json));
  };
  const auto attention = found("! grep -q 'attention_query_gradient' {}");
  CHECK(attention["pass"] == "recognize_attention");
  CHECK(attention["rule"] == "softmax(scale * q kT) v => attention(q, k, v)");
  const auto grouped = found("! grep -q '@g3' {}");
  CHECK(grouped["pass"] == "group_elementwise");
  CHECK(grouped["rewrite"] > attention["rewrite"]);
}

TEST_CASE("passes.txt begins with what was recognized before the gradients were made") {
  const Scratch scratch;
  Graph forward("small");
  const Value x = forward.input("x", f32<3, 4>) * forward.state("w", f32<4>, {Init::Rule::normal, 1.f});
  forward.output("loss", plain::Marked::loss(x, forward.input("label", i32<3>)));
  {
    const Quiet quiet;
    draw_graphs(scratch.folder(), forward, training_step(forward, Sgd{}));
  }
  const std::string passes = content_of((scratch / "passes.txt").string());
  CHECK(passes.starts_with("recognize_rows: x - max(x) - log(sum(exp(x - max(x)))) => log_softmax(x)"));
  CHECK_THAT(passes, Contains("\nrecognize_cross_entropy: ") && Contains("\ngroup_elementwise: "));
}
