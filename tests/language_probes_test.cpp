// The questions asked of every language model, put to small ones of which the answer is known; the mean loss of a
// text.
#include "tools/language_probes.hpp"

#include <catch2/catch.hpp>

#include "compiler/specialize.hpp"
#include "tests/asked_model.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

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

TEST_CASE("a graph that is no language model is told what one is") {
  Graph graph("other");
  graph.output("y", graph.input("token", f32<2, 3>));
  CHECK_THAT(complaint<UsageError>([&] { text_axes(graph); }), Contains("'other' is no language model"));
  Graph nameless("nameless");
  const Value token = nameless.input("token", i32<2, 3>), weight = nameless.state("w", f32<4, 5>);
  nameless.output("y", gather(weight, token, 0));
  CHECK_THAT(complaint<UsageError>([&] { text_axes(nameless); }), Contains("without a name; name them"));
}
