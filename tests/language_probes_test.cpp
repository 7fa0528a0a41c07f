// The questions asked of every language model, put to small ones of which the answer is known; the mean loss of a text;
// and what a generator writes.
#include "tools/language_probes.hpp"

#include <catch2/catch.hpp>

#include "compiler/specialize.hpp"
#include "tests/small_language.hpp"
#include "tools/text_generator.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/cumulative_sum.hpp"
#include "vitrine/ops/one_hot.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

using Tokens = std::vector<std::int32_t>;

/// A GPT that may lack positions or attention, or look everywhere.
template <bool placed, bool attends, Looks looks> struct Reader {
  using Stream = Tensor<small::batch, small::time, small::width>;
  using Embedded = Embedding<small::token, small::width>;
  using Positions = LearnedPositions<small::time, small::width>;
  using Blocks = std::array<GptBlock<small::time, small::width, small::head, looks>, 2>;
  using Scores = UnbiasedLinear<small::width, small::token>;
  BOOST_HANA_DEFINE_STRUCT(Reader, (Embedded, tokens), (Positions, positions), (Blocks, blocks), (Scores, scores));
  Tensor<small::batch, small::time, small::token> operator()(Indices<small::batch, small::time> text) const {
    Stream x = tokens(text);
    if constexpr (placed) x = x + positions();
    if constexpr (attends)
      for (const auto& block : blocks) x = block(x);
    return scores(x);
  }
};
template <bool placed, bool attends, Looks looks> Graph reader() {
  return trace_language_model(Reader<placed, attends, looks>{}, "reader");
}

/// One block without positions, which cannot know in which order it read.
struct BagOfWords {
  using Stream = Tensor<small::batch, small::time, small::width>;
  using Embedded = Embedding<small::token, small::width>;
  using Only = GptBlock<small::time, small::width, small::head>;
  using Scores = UnbiasedLinear<small::width, small::token>;
  BOOST_HANA_DEFINE_STRUCT(BagOfWords, (Embedded, tokens), (Only, block), (Scores, scores));
  Tensor<small::batch, small::time, small::token> operator()(Indices<small::batch, small::time> text) const {
    Stream x = tokens(text);
    x = block(x);
    return scores(x);
  }
};
Graph bag_of_words() { return trace_language_model(BagOfWords{}, "bag"); }

Tokens some_text(std::size_t count) {
  Tokens made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back(static_cast<std::int32_t>((i * i + i / 3) % small::token.size));
  return made;
}

/// A model with parameters as they begin, and a text to ask it with.
struct Asked {
  Graph forward;
  Tokens text = some_text(41);
  Pool pool{2};
  States states{3};
  TextProgram whole{forward, small::batch.size, small::time.size, states, pool};  // makes the states

  explicit Asked(Graph graph) : forward(std::move(graph)) {}
  Probed probed() { return {forward, text, states, pool}; }
  /// Parameters and these tokens, in double.
  Named given(const Tokens& token, const Tokens& next) const {
    Named made{{"token", {token.begin(), token.end()}}, {"next", {next.begin(), next.end()}}};
    for (const std::string& name : states.names()) {
      const auto bytes = states.bytes(name);
      const auto* const from = reinterpret_cast<const float*>(bytes.data());
      made.emplace_back(name, std::vector<double>(from, from + bytes.size() / sizeof(float)));
    }
    return made;
  }
  Tokens window(std::size_t first, std::size_t count = small::time.size) const {
    const auto from = text.begin() + static_cast<std::ptrdiff_t>(first);
    return {from, from + static_cast<std::ptrdiff_t>(count)};
  }
};

}  // namespace

TEST_CASE("no score of a causal model changes with a later token, and many of one that looks everywhere do") {
  Asked causal_reader(reader<true, true, causal>()), seer(reader<true, true, everywhere>());
  const Causality none = probe_causality(causal_reader.probed()), many = probe_causality(seer.probed());
  // Of places 0 to t for every t but the last.
  constexpr std::size_t compared = small::token.size * small::time.size * (small::time.size - 1) / 2;
  CHECK(none.compared == compared);
  CHECK(none.changed == 0);
  CHECK(none.most == 0);
  CHECK(many.compared == compared);
  CHECK(many.changed > compared / 2);
  CHECK(many.most > 1e-3);
}

TEST_CASE("the same token everywhere looks the same at every place without positions, and otherwise with them") {
  Asked with(reader<true, true, causal>()), without(reader<false, true, causal>());
  CHECK(probe_positions(with.probed()) > 0.1);
  CHECK(probe_positions(without.probed()) < 1e-5);  // sums of other lengths round otherwise
}

TEST_CASE(
    "neighbours that change places move the scores of a model with positions, turned ones too, and of no bag of "
    "words") {
  Asked with(reader<true, true, causal>()), alone(reader<true, false, causal>()), bag(bag_of_words()),
      turned(small::llama());
  CHECK(probe_order(with.probed()) > 1e-2);
  CHECK(probe_order(turned.probed()) > 1e-4);
  CHECK(probe_positions(turned.probed()) < 1e-5);
  CHECK(probe_order(alone.probed()) == 0);
  CHECK(probe_order(bag.probed()) < 1e-5);
}

TEST_CASE("a token some places back moves the scores of a model with attention and of no other") {
  Asked with(reader<true, true, causal>()), without(reader<true, false, causal>());
  CHECK(probe_context(with.probed()) > 1e-2);
  CHECK(probe_context(without.probed()) == 0);
}

TEST_CASE("attention maps are the weights by which the values of a place are mixed") {
  for (const auto forward : {small::gpt, small::llama, small::grouped_llama}) {
    Asked asked(forward());
    const std::vector<AttentionMap> maps = attention_maps(asked.probed());
    REQUIRE(maps.size() == 2);
    CHECK(maps[0].module == "blocks.0.attention");
    CHECK(maps[1].module == "blocks.1.attention");
    const Graph one = specialize(asked.forward, std::array{Axis{"batch", 1}});
    const auto values = evaluate<double>(one, leaves<double>(one, asked.given(asked.window(0), asked.window(1))));
    std::size_t at = 0;
    constexpr std::size_t T = small::time.size;
    for (Value node : one.topological()) {
      if (!as<Attention>(node)) continue;
      const AttentionMap& map = maps[at++];
      const std::size_t heads = node.type().shape[-3].size, each = small::width.size / heads;
      REQUIRE(map.heads == heads);
      REQUIRE(map.time == T);
      REQUIRE(map.weights.size() == heads * T * T);
      const auto made = numbers<double>(values, node), v = numbers<double>(values, node.operands()[2]);
      const std::size_t sharing = map.heads * T * each / v.size();
      for (std::size_t h = 0; h < map.heads; ++h)
        for (std::size_t i = 0; i < T; ++i) {
          const double* const row = &map.weights[(h * T + i) * T];
          double sum = 0;
          std::vector<double> mixed(each);
          for (std::size_t j = 0; j < T; ++j) {
            CHECK((j <= i ? row[j] > 0 : row[j] == 0));
            sum += row[j];
            for (std::size_t e = 0; e < each; ++e) mixed[e] += row[j] * v[(h / sharing * T + j) * each + e];
          }
          CHECK(sum == Approx(1));
          for (std::size_t e = 0; e < each; ++e)
            CHECK(mixed[e] == Approx(made[(h * T + i) * each + e]).epsilon(1e-4).margin(1e-5));
        }
    }
  }
  Asked without(reader<true, false, causal>());
  CHECK(attention_maps(without.probed()).empty());
}

TEST_CASE("the entropy of attention is 1 where all alike are looked at, 0 where one is, and 1 of none") {
  constexpr std::size_t T = 16;
  AttentionMap even{"even", 1, T, causal, std::vector<double>(T * T)}, one = even;
  for (std::size_t i = 0; i < T; ++i) {
    for (std::size_t j = 0; j <= i; ++j) even.weights[i * T + j] = 1 / static_cast<double>(i + 1);
    one.weights[i * T] = 1;
  }
  CHECK(mean_entropy({even}) == Approx(1));
  CHECK(mean_entropy({one}) == 0);
  CHECK(mean_entropy({}) == 1);
}

TEST_CASE("the mean loss is that of every window by itself, whatever is run together") {
  Asked asked(small::gpt());
  const Graph one = specialize(asked.forward, std::array{Axis{"batch", 1}});
  for (const std::size_t tokens : {9u, 16u, 17u, 24u, 25u, 33u, 41u}) {
    double sum = 0;
    const std::size_t windows = (tokens - 1) / small::time.size;
    for (std::size_t w = 0; w < windows; ++w)
      sum += reference_on(one, asked.given(asked.window(w * small::time.size), asked.window(w * small::time.size + 1)))
                 .at("loss")[0];
    CAPTURE(tokens);
    MeanLoss mean(asked.forward, std::span(asked.text).first(tokens), asked.states, asked.pool);
    const double first = mean();
    CHECK(first == Approx(sum / static_cast<double>(windows)).epsilon(1e-5));
    CHECK(mean() == first);
  }
  for (const std::size_t tokens : {0u, 1u, 8u})
    CHECK_THROWS_WITH(MeanLoss(asked.forward, std::span(asked.text).first(tokens), asked.states, asked.pool),
                      Contains("the held-out tenth of the text has " + std::to_string(tokens) + " tokens") &&
                          Contains("use a longer text"));
}

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

TEST_CASE("a graph that is no language model is told what one is") {
  Graph graph("other");
  graph.output("y", graph.input("token", f32<2, 3>));
  CHECK_THAT(complaint<UsageError>([&] { text_axes(graph); }), Contains("'other' is no language model"));
  Graph nameless("nameless");
  const Value token = nameless.input("token", i32<2, 3>), weight = nameless.state("w", f32<4, 5>);
  nameless.output("y", gather(weight, token, 0));
  CHECK_THAT(complaint<UsageError>([&] { text_axes(nameless); }), Contains("without a name; name them"));
}
