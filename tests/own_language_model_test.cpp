// README's one line for a language model of one's own.
#include <catch2/catch.hpp>

#include "vitrine/language_model.hpp"
#include "vitrine/models/gpt.hpp"

using namespace vitrine;

namespace {
constexpr Axis batch{"batch", 2}, period{"time", 8}, token{"token", 5}, width{"width", 4}, head{"head", 2};
}

TEST_CASE("a language model of one's own is a project in one call") {
  const Project mine = language_model<Gpt<batch, period, token, width, head, 1>>({.name = "mine"});
  CHECK(mine.name == "mine");
  CHECK(mine.resumes);
  CHECK(mine.generate);
  const Graph forward = mine.forward();
  CHECK(forward.name() == "mine");
  REQUIRE(forward.outputs().size() == 2);
  CHECK(forward.outputs()[0].second.type().shape == shape_of<batch, period, token>);
  CHECK(forward.outputs()[1].first == "loss");
  CHECK(forward.find("blocks.0.attention.query.weight"));
}
