#pragma once
// A training of some milliseconds for tests of saving and going on: ten examples, and every kind of state: parameters,
// Adam's moments, counters of steps and of random numbers, running means.
#include <cstring>

#include "compiler/optimizers.hpp"
#include "compiler/specialize.hpp"
#include "tests/scratch.hpp"
#include "tools/compiled.hpp"
#include "tools/training.hpp"
#include "vitrine/layers/batch_norm.hpp"
#include "vitrine/layers/dropout.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/trace.hpp"

namespace vitrine {

namespace small {

constexpr Axis batch{"batch", 4}, pixel{"pixel", 3}, hidden{"hidden", 3}, kind{"kind", 2};

struct Model {
  using Up = Linear<pixel, hidden>;
  using Norm = BatchNorm2d<hidden>;
  using Layer = Linear<hidden, kind>;
  BOOST_HANA_DEFINE_STRUCT(Model, (Up, up), (Norm, norm), (Layer, layer));
  Tensor<batch, kind> operator()(Tensor<batch, pixel> image) const {
    Tensor<batch, hidden> h = relu(norm(up(image)));
    Tensor<batch, hidden> some = Dropout<0.25f>{}(h);
    return layer(some);
  }
};

inline Graph forward() { return trace_classifier<Model>("small", "image"); }

/// Ten points of two kinds. One of them may be spoiled.
class Points : public Dataset {
 public:
  float spoiled = 0;               // what example 7 has as its number 1, unless it is 0
  std::uint64_t spoiled_from = 0;  // from this epoch on
  std::size_t count() const override { return 10; }
  std::vector<Field> fields() const override { return {{"image", DType::f32, 3}, {"label", DType::i32, 1}}; }
  void fill(Batch& made) const override {
    for (std::size_t i = 0; i < made.count(); ++i) {
      const std::uint32_t example = made.examples()[i];
      made.integers("label")[i] = example % 2;
      for (std::size_t k = 0; k < 3; ++k)
        made.floats("image")[3 * i + k] =
            static_cast<float>((example * 7 + k * 5) % 11) / 5 - (example % 2 ? 1.f : 0.f);
      if (example == 7 && spoiled != 0 && made.before.epoch >= spoiled_from) made.floats("image")[3 * i + 1] = spoiled;
    }
  }
};

/// One process's worth of a training: states, programs, place.
struct Session {
  Optimizer optimizer;
  Graph model = forward();
  Pool pool;
  States states{5};
  Program full, rest;
  TrainingState state{.options = {{"seed", "5"}, {"epochs", "3"}}};

  explicit Session(int threads = 1, Optimizer by = Adam{.rate = {.rate = 0.1f, .cosine_steps = 9}})
      : optimizer(std::move(by)),
        pool(threads),
        full(compiled(training_step(model, optimizer), states, pool)),
        rest(compiled(training_step(specialize(model, std::array{Axis{"batch", 2}}), optimizer), states, pool)) {}

  void train(const Dataset& data, int epochs, const std::string& save = "", std::size_t most = 1000) {
    vitrine::train({.title = "small",
                    .model = model,
                    .data = data,
                    .batch = 4,
                    .epochs = epochs,
                    .seed = 5,
                    .save = save,
                    .log = -1,
                    .most = most},
                   {full, &rest, states}, state);
  }
  void save(const std::filesystem::path& path) const { save_training(path.string(), model, states, state); }
  void load(const std::filesystem::path& path) { state = load_training(path.string(), model, states, state.options); }
};

}  // namespace small

}  // namespace vitrine
