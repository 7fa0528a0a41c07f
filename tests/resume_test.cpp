// `run --save --resume --load --test` through the real program: killed and gone on with, with other options, without
// disk.
#include <sys/resource.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "runtime/tensor_file.hpp"
#include "tests/idx_bytes.hpp"
#include "tests/killed_program.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

/// Small images of an MLP's size, and the words to train on them: six epochs of sixteen batches, the last one smaller.
struct Training {
  Scratch scratch;
  std::string folder = scratch.folder().string();
  const Variable no_dot{"PATH", folder};  // pictures of graphs would be most of the time

  Training() {
    for (const auto& [prefix, count] : {std::pair("train", 1000u), std::pair("t10k", 50u)}) {
      std::string pixels, labels;
      for (std::uint32_t i = 0; i < count; ++i) {
        labels += static_cast<char>(i % 10);
        for (std::uint32_t p = 0; p < 784; ++p)
          pixels += static_cast<char>(p / 79 == i % 10 ? 200 + i % 50 : (i + p) % 40);
      }
      put(folder + "/" + prefix + "-images-idx3-ubyte", idx_bytes(8, {count, 28, 28}, pixels));
      put(folder + "/" + prefix + "-labels-idx1-ubyte", idx_bytes(8, {count}, labels));
    }
  }
  std::string file(const std::string& name) const { return (scratch / name).string(); }
  Words words(const Words& more) const {
    Words all{"run", "mlp", "--data", folder, "--out", file("out"), "--epochs", "6"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Finished run(const Words& more) const {
    const Finished done = vitrine_run(words(more));
    INFO(typed(words(more)) << "\n" << done.out << done.err);
    CHECK((done.status == 0 || done.status == 1));  // few images: the gate of accuracy may fail
    return done;
  }
};

nlohmann::json json_of(const std::string& file) { return nlohmann::json::parse(content_of(file)); }

std::size_t temporaries_in(const std::string& folder) {
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) found += entry.path().extension() == ".tmp";
  return found;
}

}  // namespace

TEST_CASE("a training killed again and again and resumed has the same bits and losses as one that ran through") {
  const Training training;
  const std::string whole = training.file("whole"), part = training.file("part");
  training.run({"--save", whole, "--threads", "1", "--json", training.file("whole.json")});
  CHECK(killed_behind(training.words({"--save", part, "--resume", "--threads", "2"}), "epoch 1: mean loss"));
  CHECK(killed_behind(training.words({"--save", part, "--resume", "--threads", "1"}), "epoch 3: mean loss"));
  CHECK(killed_behind(training.words({"--save", part, "--resume", "--threads", "2"}), "epoch 4: mean loss"));
  const Finished last =
      training.run({"--save", part, "--resume", "--threads", "2", "--json", training.file("part.json")});
  CHECK_THAT(last.out, Contains("going on from " + part + ": ") && Contains(" of 6"));
  CHECK_THAT(last.err, !Contains("epoch 4: mean loss"));
  CHECK(content_of(part) == content_of(whole));
  CHECK(json_of(training.file("part.json"))["epoch_loss"] == json_of(training.file("whole.json"))["epoch_loss"]);
  CHECK(json_of(training.file("part.json"))["accuracy"] == json_of(training.file("whole.json"))["accuracy"]);

  // Over is over: resumed once more, nothing changes.
  const Finished over = training.run({"--save", part, "--resume"});
  CHECK_THAT(over.out, Contains("6 epochs of 6"));
  CHECK(content_of(part) == content_of(whole));
}

TEST_CASE("resuming with other options is refused with what differs, and the file stays") {
  const Training training;
  const std::string state = training.file("state");
  const Finished first = training.run({"--save", state, "--resume"});
  CHECK_THAT(first.out, Contains(state + " is not there yet: training begins"));
  const std::string before = content_of(state);
  const auto said = [&](Words more) {
    more.insert(more.end(), {"--save", state, "--resume"});
    const Finished run = vitrine_run(training.words(more));
    CHECK(run.status == 2);
    return run.err;
  };
  CHECK_THAT(said({"--seed", "7"}),
             Contains("another training; seed is \"7\" here and \"1\" there; go on with the same"));
  CHECK_THAT(said({"--quick"}), Contains("quick is \"yes\" here and \"no\" there") && Contains("data is \"333 images"));
  CHECK_THAT(said({"--without", "up"}), Contains("without is \"up\" here and none there"));
  CHECK_THAT(said({"--load", state}), Contains("load is \"" + state + "\" here and none there"));
  put(training.folder + "/train-labels-idx1-ubyte", idx_bytes(8, {1000}, std::string(1000, '\1')));
  CHECK_THAT(said({}), Contains("data is \"1000 images"));
  Words longer{"run", "mlp", "--data", training.folder, "--epochs", "9", "--save", state, "--resume"};
  CHECK_THAT(vitrine_run(longer).err, Contains("epochs is \"9\" here and \"6\" there"));
  CHECK(content_of(state) == before);
}

TEST_CASE("flags of saving that make no sense together are refused") {
  CHECK_THAT(sentence_of({"run", "mlp", "--resume"}, 2), Contains("add --save FILE"));
  CHECK_THAT(sentence_of({"run", "mlp", "--test"}, 2), Contains("add --load FILE"));
  CHECK_THAT(sentence_of({"run", "mlp", "--test", "--load", "a", "--epochs", "3"}, 2), Contains("leave out --save"));
  CHECK_THAT(sentence_of({"run", "xor", "--save", "a", "--resume"}, 2), Contains("run xor: it does not take --resume"));
  CHECK_THAT(sentence_of({"run", "xor", "--test"}, 2), Contains("it does not take --test"));
}

TEST_CASE("a run with --test tells of a saved training what its run told, and trains nothing") {
  const Training training;
  const std::string state = training.file("state");
  training.run({"--save", state, "--json", training.file("trained.json")});
  const Words words{"run",
                    "mlp",
                    "--data",
                    training.folder,
                    "--out",
                    training.file("out2"),
                    "--test",
                    "--load",
                    state,
                    "--json",
                    training.file("tested.json")};
  const Finished test = vitrine_run(words);
  INFO(test.out << test.err);
  CHECK(json_of(training.file("tested.json"))["accuracy"] == json_of(training.file("trained.json"))["accuracy"]);
  CHECK_THAT(test.out, Contains("ok     loss by hand") && !Contains("training on") && !Contains("loss.svg"));
  CHECK_FALSE(std::filesystem::exists(training.file("out2") + "/loss.svg"));
}

TEST_CASE("a disk that is full while saving is one sentence, exit code 3, and the old file stays whole") {
  const Training training;
  const std::string state = training.file("state");
  training.run({"--save", state});
  const std::string before = content_of(state);
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const rlimit full{200'000, old.rlim_max};  // a state takes 1.2 MB
  setrlimit(RLIMIT_FSIZE, &full);
  const Finished run = vitrine_run(training.words({"--save", state}));
  setrlimit(RLIMIT_FSIZE, &old);
  CHECK(run.status == 3);
  CHECK_THAT(run.err, Contains("cannot write \"" + state + "\": File too large") && Contains("ulimit -f"));
  CHECK(content_of(state) == before);
  CHECK(temporaries_in(training.folder) == 0);
}

TEST_CASE("parameters that are no numbers are refused before training") {
  const Training training;
  const std::string state = training.file("state");
  training.run({"--save", state});
  TensorFile file = read_tensor_file(state);
  const float infinity = std::numeric_limits<float>::infinity();
  std::memcpy(file.tensors.at("down.bias").bytes.data() + 8, &infinity, sizeof infinity);
  write_tensor_file(state, file);
  const Finished run = vitrine_run(training.words({"--load", state}));
  CHECK(run.status == 3);
  CHECK_THAT(run.err, Contains(state + ": element 2 of 'down.bias' is inf"));
}
