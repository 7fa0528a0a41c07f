// The layers of a transformer against the same arithmetic by hand, in double.
#include <catch2/catch.hpp>

#include "compiler/specialize.hpp"
#include "tests/small_language.hpp"
#include "vitrine/layers/positions.hpp"
#include "vitrine/layers/transformer_block.hpp"

using namespace vitrine;

namespace {

constexpr Axis batch{"batch", 2}, place{"time", 5}, token{"token", 7}, width{"width", 8}, head{"head", 4}, kv{"kv", 2},
    wide{"wide", 6};
using Stream = Tensor<batch, place, width>;

/// Rows of numbers.
struct Table {
  std::size_t width;
  std::vector<double> x;
  std::size_t rows() const { return x.size() / width; }
  double& operator()(std::size_t row, std::size_t i) { return x[row * width + i]; }
  double operator()(std::size_t row, std::size_t i) const { return x[row * width + i]; }
};

Table times(const Table& a, const Table& b) {
  Table made{b.width, std::vector<double>(a.rows() * b.width)};
  for (std::size_t row = 0; row < a.rows(); ++row)
    for (std::size_t k = 0; k < a.width; ++k)
      for (std::size_t i = 0; i < b.width; ++i) made(row, i) += a(row, k) * b(k, i);
  return made;
}
/// Every number with the one in its place; a table of one row has it in each.
template <class Each> Table with(Table a, const Table& b, Each each) {
  for (std::size_t row = 0; row < a.rows(); ++row)
    for (std::size_t i = 0; i < a.width; ++i) a(row, i) = each(a(row, i), b(b.rows() == 1 ? 0 : row, i));
  return a;
}
Table plus(const Table& a, const Table& b) { return with(a, b, std::plus<>()); }
double gelu_by_hand(double x) {
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
}

/// Each row less its mean, over its deviation; the mean counts as 0 where rows are not centered.
Table normed(Table x, bool centered) {
  for (std::size_t row = 0; row < x.rows(); ++row) {
    double mean = 0, square = 0;
    for (std::size_t i = 0; centered && i < x.width; ++i) mean += x(row, i) / static_cast<double>(x.width);
    for (std::size_t i = 0; i < x.width; ++i) square += (x(row, i) - mean) * (x(row, i) - mean);
    const double deviation = std::sqrt(square / static_cast<double>(x.width) + 1e-5);
    for (std::size_t i = 0; i < x.width; ++i) x(row, i) = (x(row, i) - mean) / deviation;
  }
  return x;
}

/// For every head: softmax(q k / sqrt(each)) v, a place reading itself and the places of its text before it.
Table attended(const Table& q, const Table& k, const Table& v, bool to_all = false) {
  const std::size_t each = q.width / head.size, sharing = q.width / k.width;
  Table made{q.width, std::vector<double>(q.x.size())};
  for (std::size_t row = 0; row < q.rows(); ++row)
    for (std::size_t h = 0; h < head.size; ++h) {
      const std::size_t first = row / place.size * place.size, last = to_all ? first + place.size : row + 1;
      const std::size_t at = h / sharing * each;
      std::vector<double> share;
      double sum = 0;
      for (std::size_t j = first; j < last; ++j) {
        double score = 0;
        for (std::size_t e = 0; e < each; ++e) score += q(row, h * each + e) * k(j, at + e);
        share.push_back(std::exp(score / std::sqrt(static_cast<double>(each))));
        sum += share.back();
      }
      for (std::size_t j = first; j < last; ++j)
        for (std::size_t e = 0; e < each; ++e) made(row, h * each + e) += share[j - first] / sum * v(j, at + e);
    }
  return made;
}

/// The pairs of every head turned by their place.
Table turned(Table x, std::size_t each) {
  for (std::size_t row = 0; row < x.rows(); ++row)
    for (std::size_t i = 0; i < x.width; i += 2) {
      const double power = static_cast<double>(i % each) / static_cast<double>(each);
      const double angle = static_cast<double>(row % place.size) / std::pow(10000.0, power);
      const double a = x(row, i), b = x(row, i + 1);
      x(row, i) = a * std::cos(angle) - b * std::sin(angle);
      x(row, i + 1) = a * std::sin(angle) + b * std::cos(angle);
    }
  return x;
}

/// A layer as a whole model.
template <class Layer> struct Only {
  BOOST_HANA_DEFINE_STRUCT(Only, (Layer, layer));
  Stream operator()(Stream x) const { return layer(x); }
};

/// What a layer makes of some numbers, and those numbers.
template <class Layer> struct Tried {
  Graph graph = trace<Only<Layer>>("layer", "x");
  Named given = some_leaves(graph);
  Table x = leaf("x");

  /// "query.weight", as rows along its last axis.
  Table operator[](const std::string& parameter) const { return leaf("layer." + parameter); }
  Table linear(const Table& in, const std::string& name) const {
    const Table y = times(in, (*this)[name + ".weight"]);
    return graph.find("layer." + name + ".bias") ? plus(y, (*this)[name + ".bias"]) : y;
  }
  Table norm(const Table& in, const std::string& name, bool centered) const {
    const Table y = with(normed(in, centered), (*this)[name + ".gain"], std::multiplies<>());
    return centered ? plus(y, (*this)[name + ".bias"]) : y;
  }
  Table self_attention(const Table& in, const std::string& prefix = "", bool to_all = false) const {
    return linear(
        attended(linear(in, prefix + "query"), linear(in, prefix + "keys"), linear(in, prefix + "values"), to_all),
        prefix + "merged");
  }
  Table rotary_attention(const Table& in, const std::string& prefix = "") const {
    constexpr std::size_t each = width.size / head.size;
    return linear(attended(turned(linear(in, prefix + "query"), each), turned(linear(in, prefix + "keys"), each),
                           linear(in, prefix + "values")),
                  prefix + "merged");
  }
  Table feed_forward(const Table& in, const std::string& prefix = "") const {
    Table h = linear(in, prefix + "up");
    for (double& each : h.x) each = gelu_by_hand(each);
    return linear(h, prefix + "down");
  }
  Table gated(const Table& in, const std::string& prefix = "") const {
    const auto silu_times = [](double gate, double up) { return gate / (1 + std::exp(-gate)) * up; };
    return linear(with(linear(in, prefix + "gate"), linear(in, prefix + "up"), silu_times), prefix + "down");
  }

  /// The layer's result by definition, and of the compiled program, are these numbers.
  void is(const Table& wanted) const {
    const auto exact = reference_on(graph, given).at("y"), fast = run_on(graph, given).at("y");
    REQUIRE(exact.size() == wanted.x.size());
    double largest = 0;
    for (const double each : wanted.x) largest = std::max(largest, std::abs(each));
    CHECK(largest > 0.05);  // numbers that say something
    for (std::size_t i = 0; i < exact.size(); ++i) {
      CAPTURE(i);
      CHECK(std::abs(exact[i] - wanted.x[i]) < 1e-6 * (1 + largest));  // scales and formulas hold constants in f32
      CHECK(std::abs(fast[i] - wanted.x[i]) < 1e-5 * (1 + largest));
    }
  }

 private:
  Table leaf(const std::string& name) const { return {graph.find(name).type().shape[-1].size, of_leaf(name, given)}; }
};

struct Embeds {
  using Tokens = Embedding<token, width>;
  BOOST_HANA_DEFINE_STRUCT(Embeds, (Tokens, tokens));
  Stream operator()(Indices<batch, place> text) const { return tokens(text); }
};
struct Reads {
  using Tokens = Embedding<token, width>;
  BOOST_HANA_DEFINE_STRUCT(Reads, (Tokens, tokens));
  Tensor<batch, place, token> operator()(Stream x) const { return tokens.scores(x); }
};
struct Placed {
  using Positions = LearnedPositions<place, width>;
  BOOST_HANA_DEFINE_STRUCT(Placed, (Positions, positions));
  Stream operator()(Stream x) const { return x + positions(); }
};
struct Waves {
  BOOST_HANA_DEFINE_STRUCT(Waves);
  Stream operator()(Stream x) const { return x + sinusoidal_positions<place, width>(); }
};

}  // namespace

TEST_CASE("an embedding picks a row for each token") {
  const Graph graph = trace<Embeds>("embeds", "text");
  const Named given = some_leaves(graph);
  const auto y = run_on(graph, given).at("y");
  const auto &text = of_leaf("text", given), &weight = of_leaf("tokens.weight", given);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t row = static_cast<std::size_t>(text[i / width.size]);
    CHECK(y[i] == static_cast<double>(static_cast<float>(weight[row * width.size + i % width.size])));
  }
}

TEST_CASE("an embedding's gradient adds up the rows of a token that repeats, in the order of the text") {
  Graph graph = trace<Embeds>("embeds", "text");
  const Value y = graph.outputs()[0].second;
  graph.output("loss", sum(y * graph.input("dy", y.type())));
  graph = with_gradients(graph);
  // In this order the sum of floats is 0, in another 1.
  std::vector<double> dy(batch.size * place.size * width.size, 0.0);
  dy[1 * width.size] = 1e8, dy[3 * width.size] = 1, dy[6 * width.size] = -1e8;
  dy[2 * width.size + 3] = 5;
  Named given{{"tokens.weight", std::vector<double>(token.size * width.size, 1.0)},
              {"text", {0, 4, 2, 4, 1, 0, 4, 3, 3, 3}},
              {"dy", dy}};
  for (const int threads : {1, 2}) {
    const auto d = run_on(graph, given, threads).at("d tokens.weight");
    CHECK(d[4 * width.size] == 0);
    CHECK(d[2 * width.size + 3] == 5);
    CHECK(std::ranges::count(d, 0.0) == std::ssize(d) - 1);
  }
  CHECK(reference_on(graph, given).at("d tokens.weight")[4 * width.size] == 1);
}

TEST_CASE("an embedding read the other way scores each token by its row") {
  const Graph graph = trace<Reads>("reads", "x");
  std::vector<double> x(batch.size * place.size * width.size, 0.0), weight(token.size * width.size);
  x[3 * width.size + 2] = 2;
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<double>(i);
  const auto scores = run_on(graph, {{"x", x}, {"tokens.weight", weight}}).at("y");
  for (std::size_t i = 0; i < scores.size(); ++i)
    CHECK(scores[i] == (i / token.size == 3 ? 2 * weight[i % token.size * width.size + 2] : 0));
}

TEST_CASE("learned positions add a row for each place, and a shorter text takes the first of them") {
  const Graph whole = trace<Placed>("placed", "x"), part = specialize(whole, std::array{Axis{"time", 3}});
  CHECK(part.find("positions.weight").type() == whole.find("positions.weight").type());
  for (const Graph& graph : {whole, part}) {
    std::vector<double> x(graph.find("x").type().shape.elements(), 0.5), weight(place.size * width.size);
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<double>(i);
    const auto y = run_on(graph, {{"x", x}, {"positions.weight", weight}}).at("y");
    const std::size_t rows = x.size() / batch.size;
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(y[i] == 0.5 + static_cast<double>(i % rows));
  }
}

TEST_CASE("sinusoidal positions are waves of lengths from 2 pi to 10000 times that, for any time") {
  const Graph whole = trace<Waves>("waves", "x");
  for (const Graph& graph : {whole, specialize(whole, std::array{Axis{"time", 300}})}) {
    const auto y = run_on(graph, {{"x", std::vector<double>(graph.find("x").type().shape.elements(), 0.0)}}).at("y");
    const std::size_t rows = y.size() / batch.size;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double t = static_cast<double>(i % rows / width.size);
      const std::size_t column = i % width.size;
      const double angle = t / std::pow(10000.0, static_cast<double>(column / 2 * 2) / width.size);
      REQUIRE(std::abs(y[i] - (column % 2 == 0 ? std::sin(angle) : std::cos(angle))) < 1e-6 * (2 + angle));
    }
  }
}

TEST_CASE("self-attention is a softmax of products by hand, over what came before or over all") {
  const Tried<SelfAttention<place, width, head>> causal_made;
  causal_made.is(causal_made.self_attention(causal_made.x));
  const Tried<SelfAttention<place, width, head, everywhere>> all_made;
  all_made.is(all_made.self_attention(all_made.x, "", true));
  CHECK_FALSE(all_made.graph.find("layer.keys.bias"));
}

TEST_CASE("rotary attention turns queries and keys by their place, and heads share keys and values") {
  const Tried<RotaryAttention<place, width, head, kv>> shared;
  CHECK(shared["keys.weight"].width == kv.size * width.size / head.size);
  shared.is(shared.rotary_attention(shared.x));
  const Tried<RotaryAttention<place, width, head>> alone;
  alone.is(alone.rotary_attention(alone.x));
}

TEST_CASE("feed-forward layers by hand") {
  const Tried<FeedForward<width, wide>> plain;
  plain.is(plain.feed_forward(plain.x));
  const Tried<GatedFeedForward<width, wide>> gated;
  gated.is(gated.gated(gated.x));
}

TEST_CASE("a block adds what attention and its feed-forward layer make to what runs past them") {
  const Tried<GptBlock<place, width, head>> gpt;
  const Table h = plus(gpt.x, gpt.self_attention(gpt.norm(gpt.x, "before_attention", true), "attention."));
  gpt.is(plus(h, gpt.feed_forward(gpt.norm(h, "before_mlp", true), "mlp.")));

  const Tried<LlamaBlock<place, width, head, kv, wide>> llama;
  const Table k = plus(llama.x, llama.rotary_attention(llama.norm(llama.x, "before_attention", false), "attention."));
  llama.is(plus(k, llama.gated(llama.norm(k, "before_mlp", false), "mlp.")));
}
