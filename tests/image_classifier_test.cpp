// image_classifier beyond the milestones: other data by --data, images with channels, hooks, and the form that tests
// use.
#include "vitrine/image_classifier.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/idx_bytes.hpp"
#include "tests/scratch.hpp"
#include "vitrine/layers/batch_norm.hpp"
#include "vitrine/layers/dropout.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops/split.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

constexpr Axis batch{"batch", 8}, kind{"kind", 10}, flat{"flat", 3072}, pixel{"pixel", 784}, channel{"channel", 3},
    row{"row", 32}, column{"column", 32};

/// Grey images, with everything that is another in training than in use.
struct Grey {
  using Layer = Linear<pixel, kind>;
  using Norm = BatchNorm2d<kind>;
  BOOST_HANA_DEFINE_STRUCT(Grey, (Layer, layer), (Norm, norm));
  Tensor<batch, kind> operator()(Tensor<batch, pixel> image) const {
    Tensor<batch, kind> y = norm(layer(image));
    return Dropout<0.5f>{}(y);
  }
};

/// Colour images in planes.
struct Colour {
  using Layer = Linear<flat, kind>;
  BOOST_HANA_DEFINE_STRUCT(Colour, (Layer, layer));
  Tensor<batch, kind> operator()(Tensor<batch, channel, row, column> image) const {
    Tensor<batch, flat> numbers = vitrine::merge<flat, channel, row, column>(image);
    return layer(numbers);
  }
};

/// Sends what a run prints to nowhere while it lives, and hides `dot`: pictures of graphs would be most of the time.
class Quiet {
 public:
  Quiet() {
    if (const char* path = std::getenv("PATH")) path_ = path;
    ::setenv("PATH", "/nowhere", 1);
    std::fflush(stdout);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    for (const int i : {1, 2}) {
      kept_[i - 1] = ::dup(i);
      ::dup2(nowhere, i);
    }
    ::close(nowhere);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() {
    ::setenv("PATH", path_.c_str(), 1);
    std::fflush(stdout);
    for (const int i : {1, 2}) {
      ::dup2(kept_[i - 1], i);
      ::close(kept_[i - 1]);
    }
  }

 private:
  int kept_[2]{};
  std::string path_{};
};

void put_grey(const Scratch& scratch, std::uint32_t tests = 20) {
  for (const auto& [prefix, count] : {std::pair("train", 60u), std::pair("t10k", tests)}) {
    std::string pixels, labels;
    for (std::uint32_t i = 0; i < count; ++i) {
      labels += static_cast<char>(i % 10);
      for (std::uint32_t p = 0; p < 784; ++p) pixels += static_cast<char>(p / 79 == i % 10 ? 250 : (i * p) % 40);
    }
    put(scratch / (std::string(prefix) + "-images-idx3-ubyte"), idx_bytes(8, {count, 28, 28}, pixels));
    put(scratch / (std::string(prefix) + "-labels-idx1-ubyte"), idx_bytes(8, {count}, labels));
  }
}
void put_colour(const Scratch& scratch) {
  for (const char* file : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                           "data_batch_5.bin", "test_batch.bin"}) {
    std::string records;
    for (int i = 0; i < 20; ++i) {
      records += static_cast<char>(i % 10);
      for (int p = 0; p < 3072; ++p) records += static_cast<char>(p / 308 == i % 10 ? 250 : (i * p) % 40);
    }
    put(scratch / file, records);
  }
}

/// Runs a project on the images in a folder. What it prints is not looked at; its hooks see what it did.
bool run(const ImageClassifier& setup, const Scratch& scratch, RunOptions options = {}) {
  options.data = scratch.folder().string();
  options.out = (scratch / "out").string();
  options.threads = 1;
  const Quiet quiet;
  return image_classifier(setup).run(options);
}

ImageClassifier grey() {
  return {.name = "grey", .epochs = 3, .forward = [] { return trace_classifier<Grey>("grey", "image"); }};
}

}  // namespace

TEST_CASE("other data has its own graph, epochs and thresholds, chosen by what lies in the folder") {
  const Scratch here, there;
  put_grey(here);
  put_colour(there);
  std::vector<std::string> seen;
  ImageClassifier setup = grey();
  setup.check = [&](const TrainedClassifier& trained) { seen.push_back(trained.forward.name() + " on its own data"); };
  ImageClassifier colour{.data = "CIFAR-10", .epochs = 2, .flip = true, .pad = 4};
  colour.forward = [] { return trace_classifier<Colour>("colour", "image"); };
  colour.check = [&](const TrainedClassifier& trained) {
    seen.push_back(trained.forward.name() + " on " + std::to_string(trained.images.size() / trained.labels.size()) +
                   " numbers, first kind " + trained.kinds[0]);
  };
  setup.elsewhere = {colour};
  run(setup, here);
  run(setup, there);
  CHECK(seen == std::vector<std::string>{"grey on its own data", "colour on 3072 numbers, first kind airplane"});
  // What lint is shown of a run is the graph that the run trains.
  const auto traced = image_classifier(setup).forward_of_run;
  CHECK(traced({.data = here.folder().string()}).name() == "grey");
  CHECK(traced({.data = there.folder().string()}).name() == "colour");
  const Graph without = traced({.data = here.folder().string(), .without = {"layer.bias", "labels"}});
  CHECK(without.users(without.find("layer.bias")).empty());
}

TEST_CASE("tests, gates and hooks see the model in use: running means, no dropout, and states that stay") {
  const Scratch scratch;
  put_grey(scratch);
  int called = 0;
  ImageClassifier setup = grey();
  setup.check = [&](const TrainedClassifier& trained) {
    ++called;
    const auto weight = trained.parameters("layer.weight"), bias = trained.parameters("layer.bias"),
               gain = trained.parameters("norm.gain"), shift = trained.parameters("norm.bias"),
               mean = trained.parameters("norm.running_mean"), variance = trained.parameters("norm.running_variance");
    const std::vector<float> before(mean.begin(), mean.end());
    const std::vector<float> y = trained.evaluate(trained.forward, "y");
    REQUIRE(y.size() == trained.labels.size() * 10);
    double furthest = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t k = i % 10;
      double sum = static_cast<double>(bias[k]);
      for (std::size_t p = 0; p < 784; ++p)
        sum += static_cast<double>(trained.images[i / 10 * 784 + p]) * static_cast<double>(weight[p * 10 + k]);
      const double scale = static_cast<double>(gain[k]) / std::sqrt(static_cast<double>(variance[k]) + 1e-5);
      const double expected = (sum - static_cast<double>(mean[k])) * scale + static_cast<double>(shift[k]);
      furthest = std::max(furthest, std::abs(expected - static_cast<double>(y[i])));
    }
    CHECK(furthest < 1e-3);
    CHECK(std::ranges::equal(before, trained.parameters("norm.running_mean")));
    CHECK(std::ranges::any_of(before, [](float x) { return x != 0; }));
    trained.gate("a gate of the hook", false, "this", "that");
  };
  CHECK_FALSE(run(setup, scratch, {.json = (scratch / "run.json").string()}));
  CHECK(called == 1);
  const std::string json = content_of(scratch / "run.json");
  CHECK_THAT(json, Contains("a gate of the hook") && Contains("loss by the reference in double"));
  CHECK_THAT(json, !Contains("running_mean moved") && !Contains("random.seed"));  // they are not learned
}

TEST_CASE("behind every epoch the loss on the test images is measured by the model in use, written and drawn") {
  const Scratch scratch;
  put_grey(scratch, batch.size);  // all of them in the hook's batch
  double by_hand = 0;
  ImageClassifier setup = grey();
  setup.check = [&](const TrainedClassifier& trained) {
    const std::vector<float> y = trained.evaluate(trained.forward, "y");
    for (std::size_t i = 0; i < batch.size; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < 10; ++k) sum += std::exp(static_cast<double>(y[i * 10 + k]));
      const double right = static_cast<double>(y[i * 10 + static_cast<std::size_t>(trained.labels[i])]);
      by_hand += (std::log(sum) - right) / static_cast<double>(batch.size);
    }
  };
  run(setup, scratch, {.json = (scratch / "run.json").string()});
  const auto losses = nlohmann::json::parse(content_of(scratch / "run.json"))["epoch_test_loss"];
  REQUIRE(losses.size() == 3);
  CHECK(losses[2].get<double>() == Approx(by_hand).epsilon(1e-5));
  CHECK_THAT(content_of(scratch / "out/loss.svg"),
             Contains(">test images<") && Contains(fmt::format(">last: {:.4g}<", losses[2].get<double>())));
}

TEST_CASE("a part that is not learned is none to leave out") {
  const std::vector<std::string> parts = image_classifier(grey()).parts;
  CHECK(parts ==
        std::vector<std::string>{"layer", "layer.weight", "layer.bias", "norm", "norm.gain", "norm.bias", "labels"});
}

TEST_CASE("a quick run takes the part of the images that the project names") {
  const Scratch scratch;
  put_grey(scratch);
  ImageClassifier setup = grey();
  setup.quick_fraction = 0.5;
  run(setup, scratch, {.quick = true, .save = (scratch / "state").string()});
  CHECK_THAT(content_of(scratch / "state"), Contains("30 images (images)"));
}
