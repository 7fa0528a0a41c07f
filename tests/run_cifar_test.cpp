// `run cnn --data` with colour images: the network, its parts and its gates are those of the data.
#include "tests/cifar_bytes.hpp"
#include "tests/run_program.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

/// Images by the dozen: enough for every gate but the accuracy's to be asked, and one batch, so that a run is short.
struct Photographs {
  Scratch scratch;
  Variable no_dot{"PATH", scratch.folder().string()};  // pictures of graphs would be most of the time

  Photographs() { put_batches(scratch.folder(), 20); }
  std::vector<std::string> words(std::vector<std::string> more) const {
    const std::string out = (scratch / "out").string();
    more.insert(more.begin(), {"run", "cnn", "--quick", "--data", scratch.folder().string(), "--out", out});
    return more;
  }
};

}  // namespace

TEST_CASE("each part of the network for colour images can be left out, and a gate of its own says so") {
  const Photographs images;
  for (const std::string part : {"first", "first_norm", "second_norm"}) {
    const Finished run = vitrine_run(images.words({"--without", part}));
    INFO(part << "\n" << run.out << run.err);
    CHECK(run.status == 1);
    const std::vector<std::string> learned =
        part == "first" ? std::vector<std::string>{".weight"} : std::vector<std::string>{".gain", ".bias"};
    for (const std::string& of : learned) CHECK_THAT(run.out, Contains("FAILED " + part + of + " moved"));
    CHECK_THAT(run.out, Contains("ok     third.weight moved"));
  }
  for (const std::string part : {"first_norm.gain", "second_norm.bias", "third.bias", "second.weight"}) {
    const Finished run = vitrine_run(images.words({"--without", part}));
    INFO(part << "\n" << run.out << run.err);
    CHECK(run.status == 1);
    CHECK_THAT(run.out, Contains("FAILED " + part + " moved") && Contains("ok     fourth.weight moved"));
  }
}

TEST_CASE("a part of the network for other images is none of this one, and nothing is trained intact") {
  const Photographs images;
  CHECK_THAT(sentence_of(images.words({"--without", "first.bias"}), 2),
             Contains("--without first.bias: the model cnn has no such part") &&
                 Contains("parts: first, first.weight, ") && Contains("first_norm.gain"));
  CHECK_FALSE(std::filesystem::exists(images.scratch / "out"));
  CHECK_THAT(
      sentence_of({"run", "cnn", "--quick", "--without", "first_norm", "--out", (images.scratch / "out").string()}, 2),
      Contains("--without first_norm: the model cnn has no such part") && !Contains("norm.gain"));
  CHECK_FALSE(std::filesystem::exists(images.scratch / "out"));
  CHECK_THAT(sentence_of({"run", "cnn", "--without", "frist_norm"}, 2), Contains("did you mean 'first_norm'?"));
}
