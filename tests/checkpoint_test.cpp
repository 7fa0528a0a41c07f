// A whole training as a file: what is in it, who may read it, and what is said to whoever may not.
#include "tools/checkpoint.hpp"

#include <catch2/catch.hpp>

#include "runtime/tensor_file.hpp"
#include "tests/small_training.hpp"
#include "tools/parameter_file.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

/// A file of a training after one epoch, its content changed before it is written again.
template <class Change> void put_changed(const std::filesystem::path& path, Change&& change) {
  small::Session session;
  session.train(small::Points(), 1);
  session.save(path);
  TensorFile file = read_tensor_file(path);
  change(file);
  write_tensor_file(path, file);
}
std::map<std::string, std::vector<std::byte>> all_of(const States& states) {
  std::map<std::string, std::vector<std::byte>> found;
  for (const std::string& name : states.names()) found[name] = {states.bytes(name).begin(), states.bytes(name).end()};
  return found;
}

}  // namespace

TEST_CASE("a saved training has parameters, the model's own states, moments, counters, losses and place") {
  const Scratch scratch;
  small::Session session;
  session.train(small::Points(), 1);
  session.save(scratch / "state");
  const TensorFile file = read_tensor_file(scratch / "state");
  for (const char* name :
       {"layer.weight", "layer.bias", "norm.running_mean", "random.seed", "random.step", "training/adam.m:layer.weight",
        "training/adam.v:layer.bias", "training/optimizer.step", "training/losses"})
    CHECK(file.tensors.contains(name));
  CHECK(file.tensors.size() == session.states.names().size() + 1);
  CHECK(file.tensors.at("random.step").bytes[0] == std::byte{3});  // three batches
  CHECK(file.metadata.at("model") == "small");
  CHECK(file.metadata.at("epoch") == "1");
  CHECK(file.metadata.at("position") == "0");
  CHECK(file.metadata.at("option seed") == "5");
}

TEST_CASE("loading a training gives back every state and the rest") {
  const Scratch scratch;
  small::Session saved, loaded;
  saved.train(small::Points(), 2);
  saved.save(scratch / "state");
  CHECK_FALSE(all_of(loaded.states) == all_of(saved.states));
  loaded.load(scratch / "state");
  CHECK(all_of(loaded.states) == all_of(saved.states));
  CHECK(loaded.state.cursor == saved.state.cursor);
  CHECK(loaded.state.losses == saved.state.losses);
  loaded.save(scratch / "again");
  CHECK(content_of(scratch / "again") == content_of(scratch / "state"));
}

TEST_CASE("parameters are loaded from a whole training as from parameters, and nothing else is") {
  const Scratch scratch;
  small::Session saved, from_training, from_parameters;
  saved.train(small::Points(), 1);
  saved.save(scratch / "training");
  save_parameters((scratch / "parameters").string(), saved.model, saved.states);
  load_parameters((scratch / "training").string(), saved.model, from_training.states);
  load_parameters((scratch / "parameters").string(), saved.model, from_parameters.states);
  const auto training = all_of(from_training.states), fresh = all_of(small::Session().states);
  CHECK(training == all_of(from_parameters.states));
  CHECK(training.at("layer.weight") == all_of(saved.states).at("layer.weight"));
  CHECK(training.at("adam.m:layer.weight") == fresh.at("adam.m:layer.weight"));
}

TEST_CASE("a training with other options is told all that differ, and the states stay") {
  const Scratch scratch;
  small::Session saved, other;
  saved.state.options[std::string(step_option)] = "the graph a";
  saved.save(scratch / "state");
  const auto before = all_of(other.states);
  const auto said = [&] {
    try {
      other.load(scratch / "state");
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  other.state.options = {
      {"seed", "6"}, {"epochs", "9"}, {"without", "layer"}, {std::string(step_option), "the graph b"}};
  CHECK_THAT(said(), Contains("it is another training") && Contains("seed is 6 here and 5 there") &&
                         Contains("epochs is 9 here and 3 there") && Contains("without is layer here and none there") &&
                         !Contains("graph"));
  other.state.options = {{"seed", "5"}, {"epochs", "3"}, {std::string(step_option), "the graph b"}};
  CHECK_THAT(said(), Contains("training step is the graph b here and the graph a there"));
  CHECK(all_of(other.states) == before);
}

TEST_CASE("a file with other tensors is told every name, shape and type that differs, and the states stay") {
  const Scratch scratch;
  const std::filesystem::path path = scratch / "state";
  put_changed(path, [](TensorFile& file) {
    file.tensors["layer.weight"] = {DType::f32, {3, 3}, std::vector<std::byte>(36)};
    file.tensors["layer.bias"].dtype = DType::i32;
    file.tensors.erase("training/adam.m:layer.bias");
    file.tensors["training/momentum:up"] = {DType::u8, {1}, {std::byte{0}}};
  });
  small::Session session;
  const auto before = all_of(session.states);
  CHECK_THAT(input_error_of([&] { session.load(path); }),
             Contains("'layer.weight' is f32[3, 3], this one has f32[3, 2]") &&
                 Contains("'layer.bias' is i32[2], this one has f32[2]") &&
                 Contains("'training/adam.m:layer.bias' is missing, this one has f32[2]") &&
                 Contains("this one has no 'training/momentum:up', which is u8[1]"));
  CHECK(all_of(session.states) == before);
  CHECK_THAT(input_error_of([&] { load_parameters(path.string(), session.model, session.states); }),
             Contains("not the parameters of small") && Contains("the model has f32[3, 2]") && !Contains("momentum"));
  CHECK(all_of(session.states) == before);
}

TEST_CASE("what is no training of this model is refused with a sentence that says why") {
  struct Case {
    std::function<void(TensorFile&)> change;
    std::string says;
  };
  const std::vector<Case> cases{
      {[](TensorFile& f) { f.metadata.erase("epoch"); }, "it holds no training to go on with"},
      {[](TensorFile& f) { f.metadata["epoch"] = "-1"; }, "'epoch' in its metadata is not a whole number: '-1'"},
      {[](TensorFile& f) { f.metadata["position"] = "18446744073709551616"; }, "'position' in its metadata is not"},
      {[](TensorFile& f) { f.metadata["epoch"] = ""; }, "is not a whole number: ''"},
      {[](TensorFile& f) { f.metadata["model"] = "xor"; }, "it is a training of 'xor' and not of 'small'"},
      {[](TensorFile& f) { f.tensors.erase("training/losses"); }, "has no 'training/losses'"},
      {[](TensorFile& f) {
         f.tensors["training/losses"].sizes = {3, 1};
       },
       "has no 'training/losses' f32[batches]"},
      {[](TensorFile& f) { f.tensors["training/losses"].dtype = DType::i32; }, "has no 'training/losses'"},
  };
  for (const Case& each : cases) {
    const Scratch scratch;
    put_changed(scratch / "state", each.change);
    small::Session session;
    CHECK_THAT(input_error_of([&] { session.load(scratch / "state"); }), Contains(each.says));
  }
}

TEST_CASE("the first element that is no number is named") {
  small::Session session;
  CHECK(not_finite(session.states).empty());
  const std::vector<float> bias{1, std::numeric_limits<float>::quiet_NaN()};
  session.states.set("layer.bias", std::as_bytes(std::span(bias)));
  CHECK(not_finite(session.states) == "element 1 of 'layer.bias' is nan");
}
