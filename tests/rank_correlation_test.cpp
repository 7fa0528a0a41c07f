#include "tools/rank_correlation.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace vitrine;
using Numbers = std::vector<double>;

TEST_CASE("the rank correlation is 1 for what rises together, however it rises, and -1 for what falls") {
  const Numbers x{3, 1, 2, 10};
  CHECK(rank_correlation(x, Numbers{30, -5, 0, 1e9}) == Approx(1));
  CHECK(rank_correlation(x, Numbers{-30, 5, 0, -1e9}) == Approx(-1));
  CHECK(rank_correlation(x, x) == Approx(1));
}

TEST_CASE("the rank correlation is the one in the books") {
  // 1 - 6 sum d^2 / (n (n^2 - 1)), with the differences of ranks -4, 1, 1, 1, 1 and 0, -1, 1, -1, 1.
  CHECK(rank_correlation(Numbers{1, 2, 3, 4, 5}, Numbers{5, 1, 2, 3, 4}) == Approx(1 - 6.0 * 20 / 120));
  CHECK(rank_correlation(Numbers{1, 2, 3, 4, 5}, Numbers{10, 30, 20, 50, 40}) == Approx(1 - 6.0 * 4 / 120));
  // Equal numbers share a rank: 1.5, 1.5, 3 against 1, 2, 3.
  CHECK(rank_correlation(Numbers{7, 7, 9}, Numbers{1, 2, 3}) == Approx(0.8660254038));
  CHECK(rank_correlation(Numbers{1, 2, 3}, Numbers{7, 7, 9}) == Approx(0.8660254038));
}

TEST_CASE("there is no rank correlation where nothing varies") {
  CHECK_FALSE(rank_correlation(Numbers{}, Numbers{}));
  CHECK_FALSE(rank_correlation(Numbers{1}, Numbers{2}));
  CHECK_FALSE(rank_correlation(Numbers{1, 1, 1}, Numbers{1, 2, 3}));
  CHECK_FALSE(rank_correlation(Numbers{1, 2, 3}, Numbers{4, 4, 4}));
}
