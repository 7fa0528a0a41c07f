// How sure a measured number is, two models' scores by hand, and --budget as numbers.
#include <catch2/catch.hpp>
#include <cmath>

#include "tools/quantize/bounds.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

std::string usage_error_of(const std::vector<std::string>& budget, bool classifies) {
  try {
    parse_bounds(budget, classifies, "quantize");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("McNemar's test gives the numbers of the binomial distribution") {
  CHECK(Flips{.lost = 0, .gained = 0}.p() == Approx(1));
  CHECK(Flips{.lost = 1, .gained = 1}.p() == Approx(1));
  CHECK(Flips{.lost = 5, .gained = 15}.p() == Approx(2 * 21700 / 1048576.));  // 1 + 20 + 190 + 1140 + 4845 + 15504
  CHECK(Flips{.lost = 15, .gained = 5}.p() == Approx(2 * 21700 / 1048576.));
  CHECK(Flips{.lost = 10, .gained = 0}.p() == Approx(2 / 1024.));
  CHECK(Flips{.lost = 3000, .gained = 3000}.p() == Approx(1));
  CHECK(Flips{.lost = 2900, .gained = 3100}.p() == Approx(0.0102).epsilon(0.02));
}

TEST_CASE("a mean over groups knows that what is in one group is alike") {
  const Estimate each = mean_over({{1, 1}, {2, 1}, {3, 1}, {4, 1}});
  CHECK(each.mean == Approx(2.5));
  CHECK(each.error == Approx(std::sqrt(5. / 3 / 4)));  // deviation of 1 to 4, over the root of how many
  const Estimate alike = mean_over({{100, 100}, {200, 100}, {300, 100}, {400, 100}});
  CHECK(alike.mean == Approx(2.5));
  CHECK(alike.error == Approx(each.error));  // a hundred times as many, and not surer
  CHECK(mean_over({}).mean == 0);
  CHECK(mean_over({{3, 2}}).error == 0);
  CHECK(p_value({1.959964, 1}) == Approx(0.05));
  CHECK(p_value({-1.959964, 1}) == Approx(0.05));
  CHECK(p_value({0, 0}) == 1);
  CHECK(p_value({1, 0}) == 0);
}

TEST_CASE("two models' scores are compared as by hand") {
  Pool pool(2);
  const auto logs = [](std::vector<double> p) {
    std::vector<float> made;
    for (const double x : p) made.push_back(static_cast<float>(std::log(x) + 3));  // scores need not be normalized
    return made;
  };
  const std::vector<float> before = logs({.5, .25, .25, .1, .8, .1}), after = logs({.25, .5, .25, .1, .8, .1});
  const std::vector<std::int32_t> truth{0, 2};
  ScoreComparison comparison(2, 3, pool);
  comparison.run(before.data(), after.data(), truth.data());
  const RowDifference moved = comparison.row(0), same = comparison.row(1);
  CHECK(moved.loss_before == Approx(std::log(2)));
  CHECK(moved.loss_after == Approx(std::log(4)));
  CHECK(moved.divergence == Approx(.25 * std::log(2)));  // .5 log 2 + .25 log .5
  CHECK(moved.top_before == 0);
  CHECK(moved.top_after == 1);
  CHECK(same.divergence == 0.f);
  CHECK(same.loss_before == same.loss_after);
  CHECK(same.top_before == 1);

  QualitySums sums;
  sums.begin_group();
  sums.add(moved, 0);
  sums.begin_group();
  sums.add(same, 2);
  const Quality quality = sums.result();
  CHECK(quality.groups == 2);
  CHECK(quality.same_top.mean == Approx(.5));
  CHECK(quality.flips.lost == 1);
  CHECK(quality.flips.gained == 0);
  CHECK(quality.accuracy_before() == Approx(50));
  CHECK(quality.accuracy_after() == Approx(0));
  CHECK(quality.loss_difference.mean == Approx(std::log(2) / 2));
  CHECK(quality.perplexity_change() == Approx(100 * (std::sqrt(2.) - 1)));
  CHECK(quality.divergence.mean == Approx(.125 * std::log(2)));
}

TEST_CASE("a budget is read, and holds or does not") {
  const std::vector<Bound> bounds = parse_bounds({"perplexity=0.1%,kl=1e-3", "top1=98.8%"}, false, "quantize");
  REQUIRE(bounds.size() == 3);
  CHECK(bounds[0].text() == "perplexity=0.1%");
  CHECK(bounds[1].text() == "kl=0.001");
  CHECK(bounds[2].text() == "top1=98.8%");
  Quality quality{.rows = 1, .loss_before = 1, .loss_after = 1.0005, .divergence = {.001, 0}, .same_top = {.99, 0}};
  CHECK(all_hold(bounds, quality));
  quality.loss_after = 1.002;
  CHECK_FALSE(bounds[0].holds(quality));
  quality.loss_after = 0.5;  // better is no loss
  CHECK(bounds[0].holds(quality));
  quality.same_top.mean = .98;
  CHECK_FALSE(bounds[2].holds(quality));
  const Bound accuracy = parse_bounds({"accuracy=0.2"}, true, "quantize").at(0);
  quality = {.rows = 1000, .right_before = 900, .right_after = 898};
  CHECK(accuracy.holds(quality));
  quality.right_after = 897;
  CHECK_FALSE(accuracy.holds(quality));
}

TEST_CASE("a budget that is none is refused with what would be one") {
  CHECK_THAT(usage_error_of({"perplexty=1%"}, false),
             Contains("there is no measure 'perplexty'; did you mean 'perplexity'?; take perplexity=0.1%, kl=1e-3"));
  CHECK_THAT(usage_error_of({"perplexity=1"}, false), Contains("perplexity is given in %"));
  CHECK_THAT(usage_error_of({"kl=1%"}, false), Contains("'1%' is no number from 0 up"));
  CHECK_THAT(usage_error_of({"kl=-1"}, false), Contains("'-1' is no number from 0 up"));
  CHECK_THAT(usage_error_of({"kl=nan"}, false), Contains("is no number"));
  CHECK_THAT(usage_error_of({"kl"}, false), Contains("'' is no number"));
  CHECK_THAT(usage_error_of({""}, false), Contains("there is no measure ''"));
  CHECK_THAT(usage_error_of({"kl=1,"}, false), Contains("there is no measure ''"));
  CHECK_THAT(usage_error_of({"top1=101%"}, false), Contains("no more than 100 %"));
  CHECK_THAT(usage_error_of({"accuracy=1"}, false), Contains("accuracy is not measured of a model that writes text"));
  CHECK_THAT(usage_error_of({"perplexity=1%"}, true),
             Contains("perplexity is not measured of a model that classifies") && Contains("accuracy=0.2"));
}
