#include "tools/bisection.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <set>
#include <vector>

using namespace vitrine;

TEST_CASE("a bisection finds the first bad place wherever it is, in as few questions as halving takes") {
  for (std::size_t all = 1; all <= 130; ++all)
    for (std::size_t first = 1; first <= all; ++first) {
      CAPTURE(all, first);
      std::set<std::size_t> asked;
      const std::size_t found = first_bad(0, all, [&](std::size_t n) {
        REQUIRE((n > 0 && n < all));
        REQUIRE(asked.insert(n).second);
        return n >= first;
      });
      REQUIRE(found == first);
      REQUIRE(asked.size() <= static_cast<std::size_t>(std::bit_width(all - 1)));
    }
}

TEST_CASE("where a check fails on and off, a bisection still ends right behind a place where it holds") {
  constexpr std::size_t all = 12;
  for (std::size_t pattern = 0; pattern < std::size_t{1} << (all - 1); ++pattern) {
    // Place 0 is good and the last one bad, as the two first questions have found.
    const auto is_bad = [&](std::size_t n) { return n == all || (n > 0 && (pattern >> (n - 1) & 1)); };
    const std::size_t found = first_bad(0, all, is_bad);
    CAPTURE(pattern, found);
    REQUIRE(is_bad(found));
    REQUIRE_FALSE(is_bad(found - 1));
  }
}
