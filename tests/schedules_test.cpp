// The rate of every update: of a loss whose gradient is 1, a weight falls by just the rate.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/training_by_reference.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

Graph sum_of_weights() {
  Graph graph("slope");
  graph.output("loss", sum(graph.state("w", f32<1>)));
  return graph;
}

std::vector<double> rates(const Schedule& schedule, std::size_t updates, std::int64_t accumulate = 1) {
  TrainingByReference steps(training_step(sum_of_weights(), Sgd{.rate = schedule, .accumulate = accumulate}), {});
  std::vector<double> made;
  for (std::size_t i = 0; i < updates * static_cast<std::size_t>(accumulate); ++i) {
    const double before = steps.state("w")[0];
    steps.run({});
    if (const double rate = before - steps.state("w")[0]; rate != 0 || accumulate == 1) made.push_back(rate);
  }
  return made;
}

void check_rates(const Schedule& schedule, const std::vector<double>& wanted, std::int64_t accumulate = 1) {
  const auto made = rates(schedule, wanted.size(), accumulate);
  REQUIRE(made.size() == wanted.size());
  for (std::size_t t = 0; t < wanted.size(); ++t) {
    CAPTURE(t);
    CHECK(made[t] == Approx(wanted[t]).epsilon(2e-6).margin(1e-9));
  }
}

double cosine(double from, double to, double t, double steps) {
  return to + (from - to) * (1 + std::cos(3.14159265358979 * std::min(t / steps, 1.0))) / 2;
}

}  // namespace

TEST_CASE("a constant rate stays, and nothing counts the steps") {
  check_rates({.rate = 0.25f}, std::vector<double>(20, 0.25));
  CHECK_FALSE(TrainingByReference(training_step(sum_of_weights(), Sgd{}), {}).has("optimizer.step"));
}

TEST_CASE("a cosine falls to its least rate and stays there") {
  std::vector<double> wanted;
  for (int t = 0; t < 26; ++t) wanted.push_back(cosine(0.5, 0.125, t, 20));
  check_rates({.rate = 0.5f, .cosine_steps = 20, .least = 0.125f}, wanted);
  CHECK(wanted.back() == 0.125);
}

TEST_CASE("a rate that drops is constant between the drops") {
  std::vector<double> wanted;
  for (int t = 0; t < 30; ++t) wanted.push_back(0.5 * std::pow(0.1, t / 7));
  check_rates({.rate = 0.5f, .drop_every = 7}, wanted);
  const auto made = rates({.rate = 0.5f, .drop_every = 7}, 15);
  CHECK(made[0] == Approx(made[6]).epsilon(1e-12));
  CHECK(made[6] > 5 * made[7]);
  CHECK(made[13] > 5 * made[14]);
}

TEST_CASE("a warm-up rises in a line to the rate, and what follows begins behind it") {
  std::vector<double> constant, falling, dropping;
  for (int t = 0; t < 25; ++t) {
    const bool warm = t < 5;
    constant.push_back(warm ? 0.5 * (t + 1) / 5 : 0.5);
    falling.push_back(warm ? 0.5 * (t + 1) / 5 : cosine(0.5, 0, t - 5, 16));
    dropping.push_back(warm ? 0.5 * (t + 1) / 5 : 0.5 * std::pow(0.25, (t - 5) / 6));
  }
  check_rates({.rate = 0.5f, .warm_up_steps = 5}, constant);
  check_rates({.rate = 0.5f, .cosine_steps = 16, .warm_up_steps = 5}, falling);
  check_rates({.rate = 0.5f, .drop_every = 6, .drop = 0.25f, .warm_up_steps = 5}, dropping);
}

TEST_CASE("a schedule counts updates, not the runs that accumulate for them") {
  std::vector<double> wanted;
  for (int t = 0; t < 10; ++t) wanted.push_back(0.5 * std::pow(0.1, t / 4));
  check_rates({.rate = 0.5f, .drop_every = 4}, wanted, 3);
}

TEST_CASE("a schedule that contradicts itself says so") {
  const auto said = [](const Schedule& schedule) {
    return complaint<UsageError>([&] { training_step(sum_of_weights(), Sgd{.rate = schedule}); });
  };
  CHECK_THAT(said({.cosine_steps = 5, .drop_every = 5}), Catch::Contains("give cosine_steps or drop_every, not both"));
  CHECK_THAT(said({.warm_up_steps = -1}), Catch::Contains("a number of steps is negative"));
  CHECK_THAT(said({.drop_every = 5, .drop = 0}), Catch::Contains("drop must be above 0"));
}
