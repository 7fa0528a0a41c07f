#include "tools/text/bigram.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
using Ids = std::vector<std::int32_t>;

TEST_CASE("a bigram counts pairs, with what is added to each") {
  const Ids tokens{0, 1, 0, 1, 0, 2};  // 0: 1 twice, 2 once; 1: 0 twice
  const Bigram laplace(tokens, 3), half(tokens, 3, 0.5);
  CHECK(laplace.probability(0, 1) == Approx(3.0 / 6));
  CHECK(laplace.probability(0, 2) == Approx(2.0 / 6));
  CHECK(laplace.probability(0, 0) == Approx(1.0 / 6));
  CHECK(laplace.probability(2, 1) == Approx(1.0 / 3));  // 2 was never followed
  CHECK(half.probability(1, 0) == Approx(2.5 / 3.5));
  for (const std::int32_t token : {0, 1, 2}) {
    double sum = 0;
    for (const std::int32_t next : {0, 1, 2}) sum += half.probability(token, next);
    CHECK(sum == Approx(1));
  }
  CHECK(laplace.mean_loss(Ids{0, 1, 2}) == Approx(-(std::log(3.0 / 6) + std::log(1.0 / 5)) / 2));
}

TEST_CASE("a bigram refuses texts without pairs and numbers that are no ids") {
  CHECK_THAT(input_error_of([] { Bigram(Ids{0}, 3); }), Contains("a text of 1 tokens has no pair"));
  const Bigram counted(Ids{0, 1}, 2);
  CHECK_THAT(input_error_of([&] { counted.mean_loss({}); }), Contains("a text of 0 tokens has no pair"));
  CHECK_THROWS_AS(Bigram(Ids{0, 2}, 2), UsageError);
  CHECK_THROWS_AS(Bigram(Ids{0, -1}, 2), UsageError);
  CHECK_THROWS_AS(counted.mean_loss(Ids{0, 2}), UsageError);
  CHECK_THROWS_AS(counted.probability(2, 0), UsageError);
  for (const double added : {0.0, -1.0, std::nan(""), HUGE_VAL})
    CHECK_THROWS_AS(Bigram(Ids{0, 1}, 2, added), UsageError);
}
