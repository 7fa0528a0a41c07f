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

/// What a session says that cannot go on from the file, whichever kind of error it is.
std::string refusal(small::Session& session, const std::filesystem::path& path) {
  try {
    session.load(path);
  } catch (const UsageError& error) {
    return error.what();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

/// The small model, its hidden layer one wider: the same name, the same options, other shapes.
struct Wider {
  static constexpr Axis hidden{"hidden", 4};
  using Up = Linear<small::pixel, hidden>;
  using Norm = BatchNorm2d<hidden>;
  using Layer = Linear<hidden, small::kind>;
  BOOST_HANA_DEFINE_STRUCT(Wider, (Up, up), (Norm, norm), (Layer, layer));
  Tensor<small::batch, small::kind> operator()(Tensor<small::batch, small::pixel> image) const {
    return layer(relu(norm(up(image))));
  }
};

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
  CHECK_THAT(said(), Contains("it is another training") && Contains("seed is \"6\" here and \"5\" there") &&
                         Contains("epochs is \"9\" here and \"3\" there") &&
                         Contains("without is \"layer\" here and none there") && !Contains("graph"));
  other.state.options = {{"seed", "5"}, {"epochs", "3"}, {std::string(step_option), "the graph b"}};
  CHECK_THAT(said(), Contains("training step is \"the graph b\" here and \"the graph a\" there"));
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
             Contains(R"("layer.weight" is f32[3, 3], this one has f32[3, 2])") &&
                 Contains(R"("layer.bias" is i32[2], this one has f32[2])") &&
                 Contains(R"("training/adam.m:layer.bias" is missing, this one has f32[2])") &&
                 Contains(R"(this one has no "training/momentum:up", which is u8[1])"));
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
      {[](TensorFile& f) { f.metadata["epoch"] = "-1"; }, "'epoch' in its metadata is not a whole number: \"-1\""},
      {[](TensorFile& f) { f.metadata["position"] = "18446744073709551616"; }, "'position' in its metadata is not"},
      {[](TensorFile& f) { f.metadata["epoch"] = ""; }, "is not a whole number: \"\""},
      {[](TensorFile& f) { f.metadata["model"] = "xor"; }, R"(it is a training of "xor" and not of "small")"},
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

TEST_CASE("a training of a model of the same name with another hidden size is told every shape that differs") {
  const Scratch scratch;
  small::Session saved;
  saved.state.options[std::string(step_option)] = "the graph a";
  saved.save(scratch / "state");
  const Graph wider = trace_classifier<Wider>("small", "image");
  Pool pool(1);
  States states(5);
  const Program program = compiled(training_step(wider, saved.optimizer), states, pool);
  const auto before = all_of(states);
  auto options = saved.state.options;
  options[std::string(step_option)] = "the graph b";  // as the command line would have it
  const std::string said = input_error_of([&] { load_training((scratch / "state").string(), wider, states, options); });
  for (const char* each :
       {R"("up.weight" is f32[3, 3], this one has f32[3, 4])", R"("up.bias" is f32[3], this one has f32[4])",
        R"("layer.weight" is f32[3, 2], this one has f32[4, 2])",
        R"("training/adam.m:layer.weight" is f32[3, 2], this one has f32[4, 2])"})
    CHECK_THAT(said, Contains(each));
  CHECK_THAT(said, !Contains("layer.bias\" is") && !Contains("the graph a"));
  CHECK(all_of(states) == before);
  // Other options and another name do not hide the shapes either.
  options["seed"] = "6";
  CHECK_THROWS_WITH(load_training((scratch / "state").string(), wider, states, options),
                    Contains("seed is \"6\" here") && Contains(R"("up.bias" is f32[3], this one has f32[4])"));
  CHECK_THROWS_WITH(
      load_training((scratch / "state").string(), trace_classifier<Wider>("wider", "image"), states, options),
      Contains(R"(of "small" and not of "wider")") && Contains(R"("up.bias" is f32[3], this one has f32[4])"));
}

TEST_CASE("however much differs, a sentence names a dozen, counts the rest and hides no control character") {
  const Scratch scratch;
  const std::filesystem::path path = scratch / "state";
  const std::string wild = "a\x1b[31m\nvitrine: ok";
  const auto check = [&](const std::string& said, const std::string& rest) {
    CHECK(std::ranges::none_of(said, [](char c) { return c == '\x1b' || c == '\n'; }));
    CHECK_THAT(said, Contains(R"(\x1b[31m\x0avitrine: ok)") && Contains(rest));
    CHECK(said.size() < 3000);
  };
  small::Session session;
  put_changed(path, [&](TensorFile& file) {
    for (int i = 0; i < 500; ++i) file.tensors[wild + std::to_string(i)] = {DType::u8, {1}, {std::byte{0}}};
  });
  check(refusal(session, path), "; and 488 more; name a file");
  check(input_error_of([&] { load_parameters(path.string(), session.model, session.states); }), "; and 488 more; load");
  put_changed(path, [&](TensorFile& file) {
    for (int i = 0; i < 500; ++i) file.metadata["option " + wild + std::to_string(i)] = wild;
  });
  check(refusal(session, path), "; and 488 more; go on");
  for (const char* key : {"model", "epoch"}) {
    put_changed(path, [&](TensorFile& file) { file.metadata[key] = wild; });
    check(refusal(session, path), key == std::string("model") ? "not of" : "not a whole number");
  }
}
