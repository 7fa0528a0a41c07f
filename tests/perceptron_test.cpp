// The perceptron as a user runs it: what it learns, what it cannot, what each part is for, and its rule by itself.
#include <nlohmann/json.hpp>

#include "milestones/01_perceptron/by_hand.hpp"
#include "runtime/tensor_file.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tests/xml_texts.hpp"
#include "tools/image.hpp"
#include "tools/signed_maps.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

/// Without `dot`, where the pictures of the graphs are not looked at: they are most of the time.
Finished quick(const Scratch& scratch, Words more = {}) {
  const Variable no_dot("PATH", scratch.folder().string());
  more.insert(more.begin(), {"run", "perceptron", "--quick", "--out", (scratch / "out").string()});
  return vitrine_run(more);
}

HostTensor numbers(const std::vector<std::size_t>& sizes, const std::vector<float>& elements) {
  const auto bytes = std::as_bytes(std::span(elements));
  return {DType::f32, sizes, {bytes.begin(), bytes.end()}};
}
std::vector<float> floats(const HostTensor& tensor) {
  const auto* begin = reinterpret_cast<const float*>(tensor.bytes.data());
  return {begin, begin + tensor.bytes.size() / sizeof(float)};
}

}  // namespace

TEST_CASE("the intact perceptron learns boots, fails at shirts, holds every gate and draws what it names") {
  const Scratch scratch;
  const Finished run =
      vitrine_run({"run", "perceptron", "--quick", "--out", (scratch / "out").string(), "--json",
                   (scratch / "run.json").string(), "--save", (scratch / "boots.safetensors").string()});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(is_plain(run.out + run.err));
  CHECK_THAT(run.out, Contains("all 14 gates hold\n") && !Contains("FAILED") && Contains("(quick: "));
  for (const char* file : {"weights.svg", "mistakes.svg", "accuracy.svg", "answers.svg", "traced.svg", "traced.png",
                           "compiled.svg", "compiled.png", "memory.svg", "compiled.vit", "passes.txt"}) {
    CAPTURE(file);
    CHECK(std::filesystem::exists(scratch / "out" / file));
    CHECK(std::filesystem::file_size(scratch / "out" / file) > 100);
  }
  CHECK_FALSE(std::filesystem::exists(scratch / "out" / "gradients.svg"));  // the rule is no gradient
  const auto said = nlohmann::json::parse(content_of(scratch / "run.json"));
  CHECK(said["lessons"][0]["name"] == "trouser against ankle boot");
  CHECK(said["lessons"][0]["accuracy"].back() >= 99);
  CHECK(said["lessons"][1]["name"] == "shirt against pullover");
  for (const double accuracy : said["lessons"][1]["accuracy"]) CHECK(accuracy < 90);
  CHECK(said["lessons"][1]["mistakes"].back() > 1200);
  CHECK(said["gates"].size() == 14);
  // Pixels are 0 or 1 and steps are 1, so what was learned is whole numbers.
  const TensorFile saved = read_tensor_file((scratch / "boots.safetensors").string());
  for (float w : floats(saved.tensors.at("weight"))) CHECK(w == std::floor(w));
}

TEST_CASE("every part of the perceptron that is left out fails the gates that it is there for") {
  const std::vector<std::pair<std::string, Words>> cases{
      {"weight", {"1958: it tells trouser against ankle boot", "trouser: weight moved", "shirt: the rule by hand"}},
      {"bias", {"trouser: bias moved", "shirt: bias moved", "trouser: the rule by hand", "shirt: the rule by hand"}},
      {"update", {"1958: it tells trouser against ankle boot", "it stops making mistakes", "trouser: weight moved"}},
      {"threshold", {"it stops making mistakes", "trouser: the rule by hand", "shirt: xW + b by hand"}},
      {"labels", {"1958: it tells trouser against ankle boot", "it stops making mistakes"}},
      {"shirt", {"it cannot tell sneaker against pullover", "it goes on making mistakes"}}};
  Words parts;
  for (const auto& [part, gates] : cases) {
    parts.push_back(part);
    const Scratch scratch;
    const Finished run = quick(scratch, {"--without", part});
    INFO("--without " << part << "\n" << run.out << run.err);
    CHECK(run.status == 1);
    CHECK(is_plain(run.out));
    const std::string verdict = run.out.substr(std::min(run.out.find(" gates FAILED: "), run.out.size()));
    for (const std::string& gate : gates) {
      CHECK_THAT(run.out, Contains("  FAILED " + gate + ": "));
      CHECK_THAT(verdict, Contains(gate));
    }
    CHECK(std::filesystem::exists(scratch / "out" / "weights.svg"));  // what went wrong can be looked at
  }
  const Scratch scratch;
  REQUIRE(vitrine_run({"list", "--json", (scratch / "list.json").string()}).status == 0);
  for (const auto& project : nlohmann::json::parse(content_of(scratch / "list.json")))
    if (project["name"] == "perceptron") CHECK(std::ranges::is_permutation(project["parts"].get<Words>(), parts));
}

TEST_CASE("the perceptron's graph shows its rule at every point of the pipeline and runs as text") {
  for (const Words& words : {Words{"show", "perceptron"}, Words{"show", "perceptron", "--step", "forward"},
                             Words{"show", "perceptron", "--after", "group_elementwise"}}) {
    const Finished shown = vitrine_run(words);
    INFO(typed(words) << "\n" << shown.out << shown.err);
    CHECK(shown.status == 0);
    CHECK_THAT(shown.out, Contains("update %weight = ") && Contains("update %bias = ") && Contains("greater("));
    CHECK_THAT(shown.out, !Contains("@gradient"));
  }
  // An image that should be 1 and is taken for 0: each pixel that is on, and the bias, go up by 1.
  const Scratch scratch;
  const std::string text = (scratch / "rule.vit").string(), in = (scratch / "in.safetensors").string();
  REQUIRE(vitrine_run({"show", "perceptron", "-o", text}).status == 0);
  std::vector<float> x(784), before(784), want(784);
  for (std::size_t p = 0; p < 784; ++p) {
    x[p] = p % 3 == 0;
    before[p] = p % 2 ? -1.f : 0.f;
    want[p] = before[p] + x[p];
  }
  TensorFile file;
  file.tensors = {{"x", numbers({1, 784}, x)},
                  {"target", numbers({1, 1}, {1})},
                  {"weight", numbers({784, 1}, before)},
                  {"bias", numbers({1}, {4})}};
  write_tensor_file(in, file);
  for (const Words& way : {Words{}, Words{"--reference"}}) {
    const std::string out = (scratch / "out.safetensors").string();
    Words words{"exec", text, "--inputs", in, "-o", out};
    words.insert(words.end(), way.begin(), way.end());
    const Finished ran = vitrine_run(words);
    INFO(typed(words) << "\n" << ran.out << ran.err);
    REQUIRE(ran.status == 0);
    const auto made = read_tensor_file(out).tensors;
    CHECK(floats(made.at("weight")) == want);
    CHECK(floats(made.at("bias")) == std::vector<float>{5});
    CHECK(floats(made.at("loss")) == std::vector<float>{1});
    CHECK(floats(made.at("s")) == std::vector<float>{-127});  // 131 pixels are on and weigh -1; the bias is 4
  }
}

TEST_CASE("the perceptron learns the same from the same seed, another way from another") {
  const auto weights = [](const std::string& seed, const std::string& threads) {
    const Scratch scratch;
    const std::string file = (scratch / "saved").string();
    CHECK(quick(scratch, {"--epochs", "1", "--seed", seed, "--threads", threads, "--save", file}).status == 1);
    return floats(read_tensor_file(file).tensors.at("weight"));
  };
  const auto one = weights("1", "1");
  CHECK(weights("1", "2") == one);
  CHECK_FALSE(weights("2", "1") == one);
}

TEST_CASE("the perceptron says what it cannot do with --load, or with images of another size") {
  const Scratch scratch;
  const std::string out = (scratch / "out").string();
  CHECK_THAT(sentence_of({"run", "perceptron", "--load", "somewhere", "--out", out}, 2), Contains("--load"));
  CHECK_THAT(sentence_of({"run", "perceptron", "--data", (scratch / "none").string(), "--out", out}, 3),
             Contains("none"));
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("the rule by hand on four images of two pixels is the one of the paper") {
  // Pixel 0 says yes, pixel 1 no. In any order, two mistakes teach all of it: an answer 0 while nothing is known, and
  // the bias that this left behind.
  const ImageSet set{4, 1, 1, 2, {255, 0, 0, 255, 255, 0, 0, 255}, {7, 3, 7, 3}};
  const TwoClasses pictures(set, 7, 3);
  CHECK(pictures.count == 4);
  CHECK(pictures.pixels == std::vector<float>{1, 0, 0, 1, 1, 0, 0, 1});
  CHECK(pictures.targets == std::vector<float>{1, 0, 1, 0});
  const LearnedByHand learned = rule_by_hand(pictures, 3, 1);
  CHECK(learned.weight == std::vector<std::int64_t>{1, -1});
  CHECK(learned.bias == 0);
  REQUIRE(learned.mistakes.size() == 3);
  CHECK(learned.mistakes[0] + learned.mistakes[1] == 2);
  CHECK(learned.mistakes[2] == 0);
}

TEST_CASE("two classes leave the others out, and a pixel is on from brighter than half") {
  const ImageSet set{3, 1, 1, 2, {127, 128, 9, 9, 0, 255}, {1, 5, 9}};
  const TwoClasses pictures(set, 1, 9);
  CHECK(pictures.count == 2);
  CHECK(pictures.pixels == std::vector<float>{0, 1, 0, 1});
  CHECK(pictures.targets == std::vector<float>{1, 0});
  CHECK(pictures.grey == std::vector<std::uint8_t>{127, 128, 0, 255});
}

TEST_CASE("signed maps name both sides and both ends, and are well-formed for zeros, infinities and hostile names") {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<SignedMap> maps{{"first", "boots", "trousers", 2, 2, {-4, 0, 1, 2}},
                                    {"</svg> & <b>", "a", "b", 1, 3, {0, 0, 0}},
                                    {"third", "a", "b", 1, 3, {infinity, -infinity, 7}}};
  const std::string svg = signed_maps("what it wants", maps);
  const auto words = texts(read_xml(svg), "text");
  for (const char* word :
       {"what it wants", "first", "for boots", "for trousers", "-4", "0", "4", "-7", "7", "</svg> & <b>"}) {
    CAPTURE(word);
    CHECK(std::ranges::find(words, word) != words.end());
  }
  // Below zero is blue and above vermillion, each as deep as its end of the bar.
  const std::vector<SignedMap> two{{"two", "a", "b", 1, 2, {-3, 3}}};
  const Image blue_and_vermillion{2, 1, {0x00, 0x72, 0xb2, 0xd5, 0x5e, 0x00}};
  CHECK_THAT(signed_maps("two", two), Contains(base64(png(enlarged(blue_and_vermillion, 308)))));
  CHECK(svg.find("for boots") < svg.find("for trousers"));
  CHECK(signed_maps("what it wants", maps) == svg);
  CHECK_NOTHROW(read_xml(signed_maps("none", {})));
  const std::vector<SignedMap> short_of_one{{"x", "a", "b", 2, 2, {1, 2, 3}}};
  CHECK_THROWS_WITH(signed_maps("x", short_of_one), Contains("3 numbers do not fill 2 rows of 2"));
}
