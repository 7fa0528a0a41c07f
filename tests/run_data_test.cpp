// `run --data`: a user's own images, sound and broken, through the real program.
#include <nlohmann/json.hpp>

#include "tests/idx_bytes.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

/// Pixels that repeat every 251, so that no two images are equal.
std::string pixels(std::size_t count) {
  std::string made;
  for (std::size_t i = 0; i < count * 784; ++i) made += static_cast<char>(i % 251);
  return made;
}
std::string images(std::uint32_t count) { return idx_bytes(8, {count, 28, 28}, pixels(count)); }
std::string labels(std::uint32_t count) {
  std::string made;
  for (std::uint32_t i = 0; i < count; ++i) made += static_cast<char>(i % 10);
  return idx_bytes(8, {count}, made);
}

/// Four sound files: 100 images to learn from, 30 to be tested on.
struct Data {
  Scratch scratch;
  std::string folder = (scratch / "data").string(), out = (scratch / "out").string();

  Data() {
    std::filesystem::create_directory(folder);
    with("train-images-idx3-ubyte", images(100));
    with("train-labels-idx1-ubyte", labels(100));
    with("t10k-images-idx3-ubyte", images(30));
    with("t10k-labels-idx1-ubyte", labels(30));
  }
  void with(const std::string& name, const std::string& bytes) const { put(folder + "/" + name, bytes); }
  void without(const std::string& name) const { std::filesystem::remove(folder + "/" + name); }
  std::vector<std::string> words() const { return {"run", "mlp", "--quick", "--data", folder, "--out", out}; }
  std::string refused() const {
    const std::string said = sentence_of(words(), 3);
    CHECK_FALSE(std::filesystem::exists(out));
    return said;
  }
};

}  // namespace

TEST_CASE("run reads a user's own images, plain or compressed, and exits 1 where nothing can be learned from them") {
  const Data data;
  data.without("train-images-idx3-ubyte");
  data.with("train-images-idx3-ubyte.gz", gzip_bytes(images(100)));
  auto words = data.words();
  words.insert(words.end(), {"--json", (data.scratch / "run.json").string()});
  const Finished run = vitrine_run(words);
  CHECK(run.status == 1);
  CHECK(is_plain(run.out + run.err));
  CHECK_THAT(run.out, Contains("gates (quick: lower thresholds)") && Contains("FAILED test accuracy") &&
                          Contains("tested on 30 images"));
  const auto written = nlohmann::json::parse(content_of(data.scratch / "run.json"));
  CHECK(written["holds"] == false);
  CHECK(written["gates"].size() == 11);
  CHECK(written["gates"][0]["holds"] == false);
}

TEST_CASE("one image to learn from and one to be tested on is not too few to run") {
  const Data data;
  data.with("train-images-idx3-ubyte", images(1));
  data.with("train-labels-idx1-ubyte", labels(1));
  data.with("t10k-images-idx3-ubyte", images(1));
  data.with("t10k-labels-idx1-ubyte", labels(1));
  const Finished run = vitrine_run(data.words());
  INFO(run.err);
  CHECK((run.status == 0 || run.status == 1));
  CHECK_THAT(run.out, Contains("training on 1 image:") && !Contains("nan"));
}

TEST_CASE("a missing data folder is told with the Debian package and --data") {
  const Scratch scratch;
  const std::string out = (scratch / "out").string();
  CHECK_THAT(sentence_of({"run", "mlp", "--quick", "--data", (scratch / "none").string(), "--out", out}, 3),
             Contains("dataset-fashion-mnist") && Contains("--data"));
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("broken images or labels are one sentence, exit code 3, and nothing is written") {
  struct Case {
    std::string file, bytes, says;
  };
  const std::string train = "train-images-idx3-ubyte", train_labels = "train-labels-idx1-ubyte";
  const std::string packed = gzip_bytes(images(100));
  std::string many_axes = images(100);
  many_axes[3] = 9;
  const std::vector<Case> cases{
      {train, images(100).substr(0, 5000), "truncated"},
      {train, images(100).substr(0, 2), "truncated"},
      {train, "", "truncated"},
      {train, images(100) + "x", "holds more than"},
      {train, idx_bytes(8, {4000000000u, 4000000000u, 4000000000u}, "x"), "announces"},
      {train, idx_bytes(8, {100, 28, 28}, pixels(10)), "truncated"},
      {train, idx_bytes(13, {100, 28, 28}, pixels(100)), "type 0x0d"},
      {train, many_axes, "9 axes"},
      {train, "\x89PNG\r\n\x1a\n image", "another kind of file"},
      {train, labels(100), "images have three"},
      {train, images(99), "99 images"},
      {train, idx_bytes(8, {100, 14, 56}, pixels(100)) + "x", "holds more than"},
      {train, idx_bytes(8, {100, 28, 27}, std::string(100 * 28 * 27, 'x')),
       "test images 28 x 28; use files that belong"},
      {"t10k-images-idx3-ubyte", idx_bytes(8, {30, 7, 7}, std::string(30 * 49, 'x')),
       "test images 7 x 7; use files that belong"},
      {train, packed, "compressed with gzip"},
      {train + ".gz", images(100), "not compressed"},
      {train + ".gz", packed.substr(0, packed.size() / 2), "truncated"},
      {train + ".gz", packed + "tail", "4 bytes follow"},
      {train_labels, labels(99), "100 images, each with one label"},
      {train_labels, idx_bytes(8, {100}, std::string(99, '\0') + '\x0a'), "label 10 for image 99"},
  };
  for (const Case& each : cases) {
    const Data data;
    // The other form of the same name is read first, so it goes.
    if (each.file.ends_with(".gz")) data.without(each.file.substr(0, each.file.size() - 3));
    data.with(each.file, each.bytes);
    CAPTURE(each.file, each.says);
    CHECK_THAT(data.refused(), Contains(each.says));
  }
}

TEST_CASE("images of another size than the model's are refused with both numbers") {
  const Data data;
  data.with("train-images-idx3-ubyte", idx_bytes(8, {100, 28, 27}, std::string(100 * 28 * 27, 'x')));
  data.with("t10k-images-idx3-ubyte", idx_bytes(8, {30, 28, 27}, std::string(30 * 28 * 27, 'x')));
  CHECK_THAT(data.refused(), Contains("28 x 27") && Contains("the model takes 784"));
}

TEST_CASE("a label that is no class is refused before training, with its place, also among the test images") {
  for (const char* file : {"train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"}) {
    const Data data;
    const std::uint32_t count = file[1] == 'r' ? 100 : 30;
    data.with(file, idx_bytes(8, {count}, std::string(count - 1, '\0') + '\xff'));
    CHECK_THAT(data.refused(), Contains(file) && Contains("label 255 for image " + std::to_string(count - 1)));
  }
}
