// The training loop: stopped anywhere and gone on with it ends with the same bits, and numbers that are none stop it.
#include "tools/training.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/named_values.hpp"
#include "tests/small_training.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {
constexpr float infinity = std::numeric_limits<float>::infinity(), nan_number = std::numeric_limits<float>::quiet_NaN();
}

TEST_CASE("a training stopped after any batch, saved, and gone on with elsewhere ends with the same bits") {
  const Scratch scratch;
  const small::Points data;
  small::Session whole;
  whole.train(data, 3);
  CHECK(whole.state.losses.size() == 9);
  CHECK(whole.state.cursor == Cursor{3, 0});
  whole.save(scratch / "whole");
  const std::string expected = content_of(scratch / "whole");
  for (std::size_t stop = 0; stop <= 9; ++stop) {
    INFO("stopped after batch " << stop);
    small::Session first(stop % 2 == 0 ? 1 : 2), second(stop % 3 == 0 ? 2 : 1);
    first.train(data, 3, "", stop);
    CHECK(first.state.losses.size() == stop);
    first.save(scratch / "part");
    second.load(scratch / "part");
    second.train(data, 3);
    second.save(scratch / "end");
    CHECK(content_of(scratch / "end") == expected);
  }
}

TEST_CASE("a training stopped between the batches of one update goes on with the same bits") {
  const Scratch scratch;
  const small::Points data;
  const Optimizer by =
      Adam{.rate = {.rate = 0.1f}, .accumulate = 2};  // three batches an epoch: an update lies across two
  small::Session whole(1, by);
  whole.train(data, 2);
  for (std::size_t stop = 1; stop < 6; ++stop) {
    small::Session first(1, by), second(2, by);
    first.train(data, 2, "", stop);
    first.save(scratch / "part");
    second.load(scratch / "part");
    second.train(data, 2);
    for (const std::string& name : whole.states.names())
      CHECK(std::ranges::equal(whole.states.bytes(name), second.states.bytes(name)));
  }
}

TEST_CASE("the whole training is in the file at the end of every epoch, before it is said to be over") {
  const Scratch scratch;
  const small::Points data;
  small::Session one;
  one.train(data, 3, (scratch / "state").string(), 5);  // in the middle of the second epoch
  small::Session other;
  other.load(scratch / "state");
  CHECK(other.state.cursor == Cursor{1, 0});
  CHECK(other.state.losses.size() == 3);
  CHECK(std::ranges::equal(other.state.losses, std::span(one.state.losses).first(3)));
}

TEST_CASE("epoch losses are means over examples, the smaller last batch counting less") {
  const std::vector<float> losses{1, 2, 4, 8, 8, 8, 5};
  const std::vector<double> means = epoch_losses(losses, 10, 4);
  REQUIRE(means.size() == 2);  // the third epoch is not over
  CHECK(means[0] == Approx((4 * 1 + 4 * 2 + 2 * 4) / 10.));
  CHECK(means[1] == 8);
}

TEST_CASE("NaN or infinity in the data stops the training with epoch, batch, example and element, and the file stays") {
  for (const float spoiled : {nan_number, infinity, -infinity}) {
    const Scratch scratch;
    small::Points data;
    data.spoiled = spoiled;
    data.spoiled_from = 1;
    small::Session session;
    const std::string file = (scratch / "state").string();
    session.train(data, 1, file);
    const std::string sound = content_of(file);
    const std::string said = input_error_of([&] { session.train(data, 3, file); });
    INFO(said);
    CHECK_THAT(said, Contains("small: epoch 2, batch ") && Contains("element 1 of 'image' of example 7 is ") &&
                         Contains("mend the data") && Contains(file + " keeps the training after epoch 1"));
    CHECK(content_of(file) == sound);
  }
}

TEST_CASE("a loss that is not finite though its data are says so, and how to go on") {
  const Scratch scratch;
  const small::Points data;
  const std::string file = (scratch / "state").string();
  small::Session session(1, Sgd{.rate = {.rate = 3e38f}});
  const std::string said = complaint<CheckError>([&] { session.train(data, 3, file); });
  INFO(said);
  CHECK_THAT(said, Contains("small: epoch 1, batch ") && Contains("every number of the data is finite") &&
                       Contains("lower the rate") && Contains("run it with --debug-nans") && !Contains("keeps"));
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("a state that is not finite at the end of an epoch does not replace the sound file") {
  const Scratch scratch;
  const small::Points data;
  const std::string file = (scratch / "state").string();
  small::Session session;
  session.train(data, 1, file);
  const std::string sound = content_of(file);
  std::vector<float> moments(6, 0.f);
  moments[4] = infinity;  // the loss does not read it, and one step later the weight no longer changes
  session.states.set("adam.v:layer.weight", std::as_bytes(std::span(moments)));
  const std::string said = complaint<CheckError>([&] { session.train(data, 2, file); });
  CHECK_THAT(said, Contains("epoch 2, behind its last batch: element 4 of 'adam.v:layer.weight' is inf") &&
                       Contains("keeps the training after epoch 1"));
  CHECK(content_of(file) == sound);
}

TEST_CASE("a place that its losses contradict is refused") {
  const small::Points data;
  for (const Cursor cursor : {Cursor{0, 4}, Cursor{1, 0}, Cursor{0, 3}, Cursor{~std::uint64_t{0}, 0}}) {
    small::Session session;
    session.train(data, 1, "", 2);
    REQUIRE(session.state.cursor == Cursor{0, 8});
    session.state.cursor = cursor;
    CHECK_THAT(input_error_of([&] { session.train(data, 3); }), Contains("the file is damaged"));
  }
}
