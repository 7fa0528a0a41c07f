// Optimizers against a loop written here in double.
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/compile.hpp"
#include "compiler/parameter_groups.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "tests/linear_regression.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using namespace vitrine::linear_regression;

namespace {

/// The gradient of mean((x w + b - t)^2) by hand.
Row gradient_by_hand(const Row& p, const Batch& given) {
  Row g(p.size(), 0.0);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t o = 0; o < out; ++o) {
      double error = p[in * out + o] - given.t[r * out + o];
      for (std::size_t k = 0; k < in; ++k) error += given.x[r * in + k] * p[k * out + o];
      error *= 2.0 / (rows * out);
      for (std::size_t k = 0; k < in; ++k) g[k * out + o] += error * given.x[r * in + k];
      g[in * out + o] += error;
    }
  return g;
}

/// `step(p, g, t)` changes the parameters by hand; the graph must agree after every run. Its constants are f32.
template <class ByHand> void check_against(const Optimizer& optimizer, ByHand step) {
  TrainingByReference steps = training(optimizer);
  Row p = joined(first_weight, first_bias);
  for (std::size_t run = 0; run < runs; ++run) {
    const Batch now = batch(run);
    steps.run({{"x", now.x}, {"t", now.t}});
    step(p, gradient_by_hand(p, now), static_cast<double>(run));
    const Row made = parameters(steps);
    for (std::size_t i = 0; i < p.size(); ++i) {
      CAPTURE(run, i);
      REQUIRE(made[i] == Approx(p[i]).epsilon(2e-6).margin(1e-7));
    }
  }
}

struct AdamByHand {
  double rate, decay;
  bool beside;
  Row m = Row(8, 0.0), v = Row(8, 0.0);
  void operator()(Row& p, const Row& gradient, double t) {
    const double beta1 = 0.9f, beta2 = 0.999f;
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double g = gradient[i] + (beside ? 0 : decay * p[i]);
      if (beside) p[i] *= 1 - rate * decay;
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      p[i] -= rate * (m[i] / (1 - std::pow(beta1, t + 1))) / (std::sqrt(v[i] / (1 - std::pow(beta2, t + 1))) + 1e-8);
    }
  }
};

double norm(const Row& g) {
  double sum = 0;
  for (double x : g) sum += x * x;
  return std::sqrt(sum);
}

}  // namespace

TEST_CASE("Nesterov's momentum with weight decay takes the steps of a loop by hand") {
  Row v(8, 0.0);
  check_against(Sgd{.momentum = 0.9f, .nesterov = true, .weight_decay = 0.05f}, [&](Row& p, const Row& g, double) {
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double decayed = g[i] + 0.05 * p[i];
      v[i] = 0.9 * v[i] + decayed;
      p[i] -= 0.1 * (decayed + 0.9 * v[i]);
    }
  });
}

TEST_CASE("Adam with an L2 penalty takes the steps of a loop by hand") {
  check_against(Adam{.rate = {.rate = 0.03f}, .weight_decay = 0.1f}, AdamByHand{0.03, 0.1, false});
}

TEST_CASE("AdamW takes the steps of a loop by hand") {
  check_against(AdamW{.rate = {.rate = 0.03f}, .weight_decay = 0.1f}, AdamByHand{0.03, 0.1, true});
}

TEST_CASE("AdamW's decay follows the rate of the update, as a loop by hand has it") {
  AdamByHand adam{0, 0.5, true};
  check_against(AdamW{.rate = {.rate = 0.03f, .cosine_steps = 20}, .weight_decay = 0.5f},
                [&](Row& p, const Row& g, double t) {
                  adam.rate = 0.03 * (1 + std::cos(3.14159265358979 * std::min(t / 20, 1.0))) / 2;
                  adam(p, g, t);
                });
}

TEST_CASE("clipping by the norm of all gradients takes the steps of a loop by hand, and leaves small ones alone") {
  std::size_t clipped = 0;
  check_against(Sgd{.clip = {.norm = 0.5f}}, [&](Row& p, const Row& g, double) {
    const double factor = std::min(1.0, 0.5 / (norm(g) + 1e-6));
    clipped += factor < 1;
    for (std::size_t i = 0; i < p.size(); ++i) p[i] -= 0.1 * factor * g[i];
  });
  CHECK(clipped > 0);
  CHECK(clipped < runs);
}

TEST_CASE("clipping by value takes the steps of a loop by hand") {
  check_against(Sgd{.clip = {.value = 0.125f}}, [&](Row& p, const Row& g, double) {
    for (std::size_t i = 0; i < p.size(); ++i) p[i] -= 0.1 * std::min(std::max(g[i], -0.125), 0.125);
  });
}

TEST_CASE("parameter groups learn at their own rate and decay as they say") {
  AdamByHand weights{0.03, 0.1, true}, biases{0.015, 0, true};
  const AdamW adam{
      .rate = {.rate = 0.03f}, .weight_decay = 0.1f, .groups = {{.match = "*.bias", .rate = 0.5f, .decay = false}}};
  check_against(adam, [&](Row& p, const Row& g, double t) {
    Row as_weights = p, as_biases = p;
    weights(as_weights, g, t), biases(as_biases, g, t);
    p = joined({as_weights.begin(), as_weights.begin() + 6}, {as_biases.begin() + 6, as_biases.end()});
  });
}

namespace {

/// Trains on k batches for each update, and on k batches at once, and holds the parameters against each other.
template <class Rule> void check_accumulation(const Rule& rule) {
  constexpr std::size_t k = 3;
  Rule small = rule;
  small.accumulate = k;
  TrainingByReference steps = training(small);

  Graph large("large");
  const Value x = large.input("x", f32<k * rows, in>), t = large.input("t", f32<k * rows, out>);
  const Value w = large.state("up.weight", f32<in, out>), b = large.state("up.bias", f32<out>);
  const Value error = matmul(x, w) + b - t;
  large.output("loss", mean(error * error));
  TrainingByReference at_once(training_step(large, rule), {{"up.weight", first_weight}, {"up.bias", first_bias}});

  for (std::size_t update = 0; update < 8; ++update) {
    Batch all;
    for (std::size_t i = 0; i < k; ++i) {
      const Row before = parameters(steps);
      const Batch now = batch(update * k + i);
      steps.run({{"x", now.x}, {"t", now.t}});
      all.x = joined(all.x, now.x), all.t = joined(all.t, now.t);
      CHECK((parameters(steps) == before) == (i + 1 < k));  // nothing moves before the last
    }
    at_once.run({{"x", all.x}, {"t", all.t}});
    if (steps.has("optimizer.step"))
      CHECK(steps.state("optimizer.step") == std::vector<double>{static_cast<double>(update + 1)});
    const Row a = parameters(steps), c = parameters(at_once);
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(c[i]).epsilon(1e-6).margin(1e-7));
  }
}

}  // namespace

TEST_CASE("accumulated gradients of k batches update as one batch k times as large does") {
  check_accumulation(Sgd{.momentum = 0.9f});  // the size of a gradient counts
  check_accumulation(AdamW{.rate = {.rate = 0.03f, .cosine_steps = 8}, .weight_decay = 0.1f, .clip = {.norm = 0.25f}});
}

TEST_CASE("a program updates as the reference does, run after run, with everything that an optimizer has") {
  const AdamW everything{.rate = {.rate = 0.03f, .cosine_steps = 9, .least = 0.001f, .warm_up_steps = 3},
                         .weight_decay = 0.1f,
                         .clip = {.norm = 0.25f, .value = 0.2f},
                         .accumulate = 2,
                         .groups = {{.match = "*.bias", .rate = 0.5f, .decay = false}}};
  TrainingByReference wanted = training(everything);
  std::vector<std::vector<std::byte>> first;
  for (const bool optimized : {false, true})
    for (const int threads : {1, 2}) {
      Graph step = training_step(linear(), everything);
      if (optimized) optimize(step);
      Pool pool(threads);
      States states(0);
      Program program(compile(step, CpuTarget(best_isa())), states, pool, best_isa());
      const auto set = [&](const std::string& name, const Row& numbers) {
        const std::vector<float> narrow(numbers.begin(), numbers.end());
        states.set(name, std::as_bytes(std::span(narrow)));
      };
      set("up.weight", first_weight), set("up.bias", first_bias);
      std::vector<float> x(rows * in), t(rows * out);
      program.bind_input("x", x.data());
      program.bind_input("t", t.data());
      for (std::size_t run = 0; run < runs; ++run) {
        const Batch now = batch(run);
        std::ranges::copy(now.x, x.begin());
        std::ranges::copy(now.t, t.begin());
        program.run();
        if (first.empty()) wanted.run({{"x", now.x}, {"t", now.t}});
      }
      std::vector<std::vector<std::byte>> made;
      for (const std::string& name : states.names())
        made.emplace_back(states.bytes(name).begin(), states.bytes(name).end());
      if (first.empty()) {
        first = made;
        for (const std::string name : {"up.weight", "up.bias"}) {
          const auto* numbers_made = reinterpret_cast<const float*>(states.bytes(name).data());
          for (std::size_t i = 0; i < wanted.state(name).size(); ++i)
            CHECK(static_cast<double>(numbers_made[i]) == Approx(wanted.state(name)[i]).epsilon(1e-4).margin(1e-5));
        }
      }
      CHECK(made == first);
    }
}

TEST_CASE("what is frozen stays, has no moments, and the rest learns") {
  const std::vector<std::string> frozen{"up.bias"};
  TrainingByReference steps = training(Adam{.groups = {{.match = "*.bias", .decay = false}}}, frozen);
  const Batch now = batch(0);
  steps.run({{"x", now.x}, {"t", now.t}});
  CHECK(steps.state("up.bias") == first_bias);
  CHECK(steps.state("up.weight") != first_weight);
  CHECK_FALSE(steps.has("adam.m:up.bias"));
  CHECK(steps.has("adam.m:up.weight"));
}

TEST_CASE("a pattern's * stands for any letters") {
  CHECK(matches("*.bias", "up.bias"));
  CHECK(matches("*.bias", "block.3.up.bias"));
  CHECK(matches("block.*.weight", "block.12.up.weight"));
  CHECK(matches("*", ""));
  CHECK(matches("a*b*c", "abbcbc"));
  CHECK_FALSE(matches("*.bias", "up.bias.copy"));
  CHECK_FALSE(matches("up", "up.bias"));
  CHECK_FALSE(matches("a*b*c", "acb"));
  CHECK_FALSE(matches("", "a"));
}

TEST_CASE("the first group that matches a parameter has it") {
  TrainingByReference steps = training(Sgd{.groups = {{.match = "up.weight", .rate = 0}, {.match = "*", .rate = 1}}});
  const Batch now = batch(0);
  steps.run({{"x", now.x}, {"t", now.t}});
  CHECK(steps.state("up.weight") == first_weight);
  CHECK(steps.state("up.bias") != first_bias);
}

TEST_CASE("an optimizer whose numbers make no sense says so") {
  const auto said = [](const Optimizer& optimizer) {
    return complaint<UsageError>([&] { training_step(linear(), optimizer); });
  };
  CHECK(said(Sgd{.groups = {{.match = "up.wieght"}}}) ==
        "optimizer: no parameter is named 'up.wieght', which a group is for; did you mean 'up.weight'?");
  CHECK(said(Sgd{.groups = {{.match = "*.gain"}}}) ==
        "optimizer: no parameter is named '*.gain', which a group is for; * stands for any letters, as in *.bias");
  CHECK_THAT(said(Sgd{.nesterov = true}), Catch::Contains("nesterov looks ahead along the momentum, which is 0"));
  CHECK_THAT(said(Sgd{.momentum = 1}), Catch::Contains("momentum is 1.000000, but it is a share from 0 to below 1"));
  CHECK_THAT(said(Adam{.beta2 = 1}), Catch::Contains("beta2 is 1.0"));
  CHECK_THAT(said(AdamW{.weight_decay = -1}), Catch::Contains("weight_decay is negative"));
  CHECK_THAT(said(Sgd{.clip = {.norm = -1}}), Catch::Contains("clip has a negative bound"));
  CHECK_THAT(said(Sgd{.accumulate = 0}), Catch::Contains("accumulate is 0, but gradients of 1 to"));
}
