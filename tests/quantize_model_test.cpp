// A small language model held beside itself, in f32 and in few bits, and given bits back where it loses too much.
#include <catch2/catch.hpp>

#include "tests/small_language.hpp"
#include "tools/quantize/quantize_text.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

/// A GPT of some hundred parameters, large enough that its guesses differ, and texts of every length that it sees.
struct Beside {
  Graph forward = small::gpt();
  Pool pool{2};
  States states{3};
  std::vector<TokenText> texts{{1, 2, 3, 4, 5, 6, 0, 1, 2}, {3, 1}, {6, 5, 4, 3}, {2, 2, 2, 2, 2, 2, 2, 2, 2}};

  Beside() {
    TextProgram made(forward, 1, 8, states, pool);  // makes the states
    for (const std::string& name : states.names()) {
      if (states.type(name).dtype != DType::f32) continue;
      const auto bytes = states.bytes(name);
      auto* const numbers = reinterpret_cast<float*>(bytes.data());
      std::mt19937 random(7);
      for (std::size_t i = 0; i < bytes.size() / sizeof(float); ++i)
        numbers[i] += static_cast<float>(random() % 2001) / 2000.f - .5f;
    }
  }
  TextSubject subject() { return TextSubject("small", forward, states, pool, texts, "texts"); }
};

constexpr auto quietly = [](std::size_t) {};

}  // namespace

TEST_CASE("a model beside itself loses nothing") {
  Beside model;
  TextComparison comparison(model.forward, model.states, model.pool, model.texts);
  const Quality same = comparison.measure(model.forward, model.states, quietly);
  CHECK(same.groups == 4);
  CHECK(same.rows == 8 + 1 + 3 + 8);
  CHECK(same.loss_before == same.loss_after);
  CHECK(same.loss_difference.mean == 0);
  CHECK(same.loss_difference.error == 0);
  CHECK(same.divergence.mean == 0);
  CHECK(same.same_top.mean == 1);
  CHECK(same.perplexity_change() == 0);
  CHECK(comparison.glance(model.forward, model.states) == 0);
}

TEST_CASE("the loss that is compared is the model's own, and what fills a short text up does not count") {
  Beside model;
  const auto of = [&](std::vector<TokenText> texts) {
    return TextComparison(model.forward, model.states, model.pool, std::move(texts))
        .measure(model.forward, model.states, quietly);
  };
  const TokenText& text = model.texts[0];
  TextProgram program(model.forward, 1, 8, model.states, model.pool);
  program.run(std::span(text).first(8), std::span(text).subspan(1));
  CHECK(of({text}).loss_before == Approx(static_cast<double>(program.loss())).epsilon(1e-5));
  const Quality alone = of({model.texts[1]}), beside = of({model.texts[1], text}), whole = of({text});
  CHECK(beside.loss_before == Approx((alone.loss_before + 8 * whole.loss_before) / 9).epsilon(1e-5));
  CHECK_THROWS_WITH(of({{1}}), Contains("a text to measure on has 1 tokens"));
  CHECK_THROWS_WITH(of({TokenText(10, 1)}), Contains("has 10 tokens, and the model sees 1 to 8"));
  CHECK_THROWS_WITH(of({}), Contains("there is no text to measure on"));
}

TEST_CASE("fewer bits lose more, and each weight's part of it is told") {
  Beside model;
  const TextSubject subject = model.subject();
  const auto in = [&](const char* scheme) { return quantize_model(subject.subject(), scheme_named(scheme), {}, true); };
  const QuantizedOutcome eight = in("int8"), four = in("int4,group=8,ends=int4");
  CHECK(eight.quality.divergence.mean > 0);
  CHECK(four.quality.divergence.mean > 10 * eight.quality.divergence.mean);
  CHECK(eight.returned.empty());
  CHECK(eight.weights.size() == quantizable_weights(model.forward).size());
  double shares = 0;
  for (const WeightReport& weight : eight.weights) {
    CAPTURE(weight.name);
    shares += weight.share;
    CHECK(weight.decibels > 30);
    CHECK(weight.divergence >= 0);
    CHECK(weight.bytes < weight.shape.elements() * sizeof(float));
  }
  CHECK(shares == Approx(100));
  CHECK(std::ranges::is_sorted(eight.weights, std::greater{}, &WeightReport::share));
  CHECK(eight.bytes_after < eight.bytes_before);
  CHECK(eight.speed_before > 0);
}

TEST_CASE("what misses its budget gets bits back, the weight that loses most for each byte first, until it holds") {
  Beside model;
  const TextSubject subject = model.subject();
  const QuantizationScheme scheme = scheme_named("int4,group=8,ends=int4");
  const auto within = [&](double limit, bool may_return = true) {
    return quantize_model(subject.subject(), scheme, {{Measure::kl, limit}}, may_return);
  };
  const double kl = within(1).quality.divergence.mean;
  const QuantizedOutcome some = within(kl / 3);
  REQUIRE_FALSE(some.returned.empty());
  CHECK(some.holds());
  CHECK(some.quality.divergence.mean <= kl / 3);
  CHECK_FALSE(some.model->formats().empty());
  CHECK(some.returned[0].from.precision == Precision::int4);
  CHECK(some.returned[0].to.precision == Precision::int8);
  for (const Returned& back : some.returned) CHECK(back.bytes > 0);
  for (std::size_t i = 0; i + 1 < some.returned.size(); ++i)
    CHECK(some.returned[i].quality.divergence.mean > kl / 3);  // not one more than it takes
  // The first to come back lost at least as much for each byte as any other did to begin with.
  const QuantizedOutcome begin = within(1);
  const auto worth = [&](const WeightReport& weight) {
    return weight.share / static_cast<double>(weight.shape.elements());
  };
  const auto first = std::ranges::find(begin.weights, some.returned[0].weight, &WeightReport::name);
  REQUIRE(first != begin.weights.end());
  for (const WeightReport& weight : begin.weights) CHECK(worth(weight) <= 1.5 * worth(*first));

  const QuantizedOutcome all = within(0);  // nothing but f32 loses nothing
  CHECK(all.holds());
  CHECK(all.model->formats().empty());
  CHECK(all.quality.divergence.mean == 0);
  CHECK(all.returned.size() == 2 * quantizable_weights(model.forward).size());
  const QuantizedOutcome none = within(0, false);
  CHECK_FALSE(none.holds());
  CHECK(none.returned.empty());
}

TEST_CASE("a weight that holds no number is refused by name") {
  Beside model;
  reinterpret_cast<float*>(model.states.bytes("tokens.weight").data())[5] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(ModelInFewBits(model.forward, scheme_named("int8"), model.states, model.pool),
                    Contains("tokens.weight"));
}
