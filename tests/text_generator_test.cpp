// What a generator writes, with a cache and without, held against the whole model behind every token.
#include "tools/text_generator.hpp"

#include <catch2/catch.hpp>

#include "tests/asked_model.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using Catch::Contains;

TEST_CASE("the greedy text is the argmax of the whole model behind every token, and its window slides") {
  Asked asked(small::gpt());
  TextGenerator generator(asked.forward, asked.states, asked.pool, TextGenerator::Cache::none);
  CHECK(generator.context() == small::time.size);
  for (const std::size_t length : {1u, 5u, 8u, 11u}) {
    Tokens text = asked.window(2, length), written;
    generator.write(text, 12, {.temperature = 0}, [&](std::int32_t token) { written.push_back(token); });
    REQUIRE(written.size() == 12);
    TextProgram whole(asked.forward, 1, small::time.size, asked.states, asked.pool);
    for (const std::int32_t token : written) {
      const std::size_t seen = std::min(text.size(), small::time.size);
      Tokens window(text.end() - static_cast<std::ptrdiff_t>(seen), text.end());
      window.resize(small::time.size, 3);  // whatever stands behind is not seen
      whole.run(window);
      const auto scores = whole.output("y").subspan((seen - 1) * small::token.size, small::token.size);
      CHECK(token == std::ranges::max_element(scores) - scores.begin());
      text.push_back(token);
    }
  }
}

TEST_CASE("behind its context a generator's window slides by one token at a time") {
  // A model that says again what stands first in its window, whatever follows: a text as long as its context comes
  // back, over and over. With a window one token shorter it would come back one token earlier, with one that does not
  // slide the first token would, for ever.
  constexpr Axis place{"time", 20}, kind{"token", 23};
  Graph forward("repeats");
  const Value text = forward.input("token", i32<small::batch, place>);
  const Value at = emit(Cast{DType::f32}, {emit(forward, Iota{place})});
  const Value counts = emit(Reshape{shape_of<place, 1>}, {where(greater(at, 0.f), at * 0.f, 1.f)});
  forward.output("y", emit(CumulativeSum{1, false, false}, {emit(OneHot{kind}, {text}) * counts}));
  const Value next = forward.input("next", i32<small::batch, place>);
  forward.output("loss", emit(Mean{Shape{}}, {emit(Cast{DType::f32}, {next})}));
  Pool pool(1);
  States states(1);
  TextGenerator generator(forward, states, pool, TextGenerator::Cache::none);
  REQUIRE(generator.context() == place.size);
  for (const std::size_t length : {20u, 31u}) {
    Tokens seen;
    for (std::size_t i = 0; i < length; ++i) seen.push_back(static_cast<std::int32_t>(i * 5 % kind.size));
    const Tokens prompt = seen;
    generator.write(prompt, 45, {.temperature = 0}, [&](std::int32_t token) {
      CHECK(token == seen[seen.size() - place.size]);
      seen.push_back(token);
    });
    CHECK(seen.size() == length + 45);
  }
  // As long as all fits the window begins where the text does.
  Tokens written;
  generator.write({4, 9, 2}, 18, {.temperature = 0}, [&](std::int32_t token) { written.push_back(token); });
  CHECK(written == Tokens{4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4});
}

/// The likeliest tokens behind a text by the whole model, which nothing was derived from, while all fits.
static Tokens argmax_of_the_whole(Asked& asked, Tokens text, std::size_t count) {
  TextProgram whole(asked.forward, 1, small::time.size, asked.states, asked.pool);
  Tokens made;
  for (std::size_t i = 0; i < count; ++i) {
    Tokens window = text;
    window.resize(small::time.size, 3);
    whole.run(window);
    const auto scores = whole.output("y").subspan((text.size() - 1) * small::token.size, small::token.size);
    made.push_back(static_cast<std::int32_t>(std::ranges::max_element(scores) - scores.begin()));
    text.push_back(made.back());
  }
  return made;
}

TEST_CASE("with a cache the text is the same, until it is full and goes on from its last half or stops") {
  for (const Graph& model : {small::gpt(), small::llama(), small::grouped_llama()}) {
    CAPTURE(model.name());
    Asked asked(model);
    const auto written = [&](TextGenerator::Cache cache, WhenFull when_full, Tokens prompt, std::size_t count) {
      TextGenerator generator(asked.forward, asked.states, asked.pool, cache, when_full);
      CHECK((generator.cache() != nullptr) == (cache == TextGenerator::Cache::automatic));
      CHECK(generator.why_not().empty());
      Tokens made;
      generator.write(std::move(prompt), count, {.temperature = 0}, [&](std::int32_t token) { made.push_back(token); });
      return made;
    };
    constexpr auto with = TextGenerator::Cache::automatic, without = TextGenerator::Cache::none;
    for (const std::size_t length : {1u, 3u, 5u, 8u}) {
      const Tokens prompt = asked.window(2, length);
      const std::size_t room = small::time.size + 1 - length;  // the last of them is not read
      CHECK(written(with, WhenFull::refill, prompt, room) == written(without, WhenFull::refill, prompt, room));
      CHECK(written(with, WhenFull::refill, prompt, room) == argmax_of_the_whole(asked, prompt, room));
      CHECK(written(with, WhenFull::stop, prompt, 30).size() == room);
      // What comes next is as if the text began with the last half.
      Tokens text = prompt;
      const Tokens all = written(with, WhenFull::refill, prompt, room + 2);
      text.insert(text.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(room));
      const Tokens half(text.end() - static_cast<std::ptrdiff_t>(small::time.size / 2), text.end());
      CHECK(written(without, WhenFull::refill, half, 2) ==
            Tokens(all.begin() + static_cast<std::ptrdiff_t>(room), all.end()));
    }
  }
}

TEST_CASE("a model that sees what is to come writes without a cache and says why") {
  Asked asked(small::gpt());
  Graph forward("mean");
  const Value text = forward.input("token", i32<small::batch, small::time>);
  const Value rows = gather(forward.state("rows", f32<small::token, small::token.size>), text);
  forward.output("y", emit(Rename{shape_of<small::batch, small::time, small::token>},
                           {rows - mean<small::time>(rows, keep_axes)}));
  TextGenerator generator(forward, asked.states, asked.pool);
  CHECK(generator.cache() == nullptr);
  CHECK_THAT(generator.why_not(), Contains("= mean(") && Contains("along time"));
}

TEST_CASE("a generator writes the same text for one seed and another for another") {
  Asked asked(small::llama());
  TextGenerator generator(asked.forward, asked.states, asked.pool);
  const auto written = [&](std::uint64_t seed) {
    Tokens made;
    generator.write({1, 2}, 40, {.temperature = 2, .seed = seed}, [&](std::int32_t token) { made.push_back(token); });
    return made;
  };
  CHECK(written(1) == written(1));
  CHECK_FALSE(written(1) == written(2));
}

TEST_CASE("a generator refuses nothing to go on from and tokens that the model has not") {
  Asked asked(small::gpt());
  TextGenerator generator(asked.forward, asked.states, asked.pool);
  const auto said = [&](Tokens prompt) {
    return complaint<InputError>([&] { generator.write(std::move(prompt), 1, {}, [](std::int32_t) { FAIL(); }); });
  };
  CHECK_THAT(said({}), Contains("nothing to go on from; give a prompt of one token or more"));
  CHECK_THAT(said({1, 7, 2}), Contains("7 is no token of the model's 7"));
  CHECK_THAT(said({-1}), Contains("-1 is no token of the model's 7"));
  CHECK_NOTHROW(generator.write({6}, 0, {}, [](std::int32_t) { FAIL(); }));
}
