// Attention by definition: the same from primitives, its derivatives, what a mask lets through, and its types.
#include <catch2/catch.hpp>

#include "compiler/print.hpp"
#include "compiler/specialize.hpp"
#include "compiler/verify.hpp"
#include "tests/attention_case.hpp"
#include "tests/derivative_law.hpp"
#include "tests/named_values.hpp"
#include "vitrine/error.hpp"
#include "vitrine/model.hpp"

using namespace vitrine;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// All outputs of a graph in double.
std::map<std::string, std::vector<double>> outputs_of(const Graph& graph, const Values<double>& leaves) {
  const Values<double> values = evaluate<double>(graph, leaves);
  std::map<std::string, std::vector<double>> made;
  for (const auto& [name, v] : graph.outputs()) made[name] = numbers<double>(values, v);
  return made;
}

std::string shapes(const AttentionCase& c) {
  return (Sentence{} << c.query << c.key << c.value << (c.looks.causal ? " causal " : " ") << c.looks.window).str();
}

/// One head of two numbers: keys (1, 0), (2, 0), (3, 0) and values 10, 20, 30.
Named three_keys() { return {{"q", {1, 0, 1, 0, 1, 0}}, {"k", {1, 0, 2, 0, 3, 0}}, {"v", {10, 20, 30}}}; }
const AttentionCase three{shape_of<1, 3, 2>, shape_of<1, 3, 2>, shape_of<1, 3, 1>, causal, 1.f};

std::vector<double> attend(const AttentionCase& c, const Named& given, const char* output = "out") {
  Graph graph("attend");
  const Value q = graph.input("q", {DType::f32, c.query}), k = graph.input("k", {DType::f32, c.key}),
              v = graph.input("v", {DType::f32, c.value});
  graph.output("out", emit(Attention{c.scale, c.looks.causal, c.looks.window}, {q, k, v}));
  graph.output("logsumexp", emit(AttentionLogsumexp{c.scale, c.looks.causal, c.looks.window}, {q, k, v}));
  return outputs_of(graph, leaves<double>(graph, given)).at(output);
}

}  // namespace

TEST_CASE("attention by hand: softmax of what is looked at, times the values") {
  const double e = std::exp(1.0);
  const auto out = attend(three, three_keys());
  CHECK(out[0] == Approx(10));
  CHECK(out[1] == Approx((10 + 20 * e) / (1 + e)));
  CHECK(out[2] == Approx((10 + 20 * e + 30 * e * e) / (1 + e + e * e)));
  CHECK(attend(three, three_keys(), "logsumexp")[2] == Approx(3 + std::log(1 + 1 / e + 1 / e / e)));
  AttentionCase near = three;
  near.looks = causal.within(2);
  CHECK(attend(near, three_keys())[2] == Approx((20 + 30 * e) / (1 + e)));
  near.looks = everywhere.within(2);
  CHECK(attend(near, three_keys())[0] == Approx((10 + 20 * e) / (1 + e)));
}

TEST_CASE("the keys that a query looks at are those that its rule says, one by one") {
  for (const Looks looks : {everywhere, causal, everywhere.within(1), everywhere.within(3), causal.within(1),
                            causal.within(4), everywhere.within(100)})
    for (std::size_t keys = 0; keys < 9; ++keys)
      for (std::size_t i = 0; i < 12; ++i) {
        const auto [first, last] = looks.of(i, keys);
        REQUIRE(first <= last);
        REQUIRE(last <= keys);
        for (std::size_t j = 0; j < keys; ++j) {
          const std::int64_t far = std::abs(static_cast<std::int64_t>(i) - static_cast<std::int64_t>(j));
          const bool looked = (!looks.causal || j <= i) && (looks.window == 0 || far < looks.window);
          CAPTURE(looks.causal, looks.window, keys, i, j);
          REQUIRE((j >= first && j < last) == looked);
        }
      }
}

TEST_CASE("attention, its logsumexp and all gradients are those of the same from primitives") {
  for (const AttentionCase& c : attention_cases()) {
    INFO(shapes(c));
    const Graph ops = attention_graph(c, false), primitives = attention_graph(c, true);
    const auto got = outputs_of(ops, attention_leaves<double>(ops)),
               wanted = outputs_of(primitives, attention_leaves<double>(primitives));
    for (const auto& [name, numbers] : wanted) {
      REQUIRE(got.at(name).size() == numbers.size());
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        CAPTURE(name, i, got.at(name)[i], numbers[i]);
        REQUIRE((got.at(name)[i] == numbers[i] || std::abs(got.at(name)[i] - numbers[i]) <= 1e-12));
      }
    }
  }
}

TEST_CASE("the gradients of attention's gradients are what central differences say, for each kind of mask and heads") {
  const Shape shared = shape_of<1, 3, 2>, two = shape_of<2, 3, 2>;
  for (const AttentionCase& c :
       {AttentionCase{two, two, two}, AttentionCase{two, shared, shared, causal},
        AttentionCase{two, two, two, everywhere.within(2)},
        AttentionCase{shape_of<2, 1, 2, 2>, shape_of<2, 1, 3, 2>, shape_of<2, 1, 3, 1>},
        AttentionCase{shape_of<2, 1, 4, 1>, shape_of<2, 1, 2, 1>, shape_of<2, 1, 2, 1>, everywhere.within(2)}}) {
    INFO(shapes(c));
    const std::vector<Type> in{{DType::f32, c.query}, {DType::f32, c.key}, {DType::f32, c.value}};
    const Graph graph = loss_of_gradients(loss_of(Attention{c.scale, c.looks.causal, c.looks.window}, in));
    REQUIRE(derivative_disagreement(graph, random_leaves(graph, 11)) == "");
  }
}

TEST_CASE("scores of any size do not overflow") {
  for (const double size : {30.0, 1000.0, 1e15}) {
    AttentionCase c{shape_of<2, 6, 3>, shape_of<2, 6, 3>, shape_of<2, 6, 2>, causal};
    const Graph graph = attention_graph(c, false);
    for (const auto& [name, numbers] : outputs_of(graph, attention_leaves<double>(graph, size)))
      for (const double x : numbers) {
        CAPTURE(size, name);
        REQUIRE(std::isfinite(x));
      }
  }
}

TEST_CASE("a query that looks at no key reads 0, and its logsumexp is -infinity") {
  AttentionCase c{shape_of<1, 4, 1>, shape_of<1, 2, 1>, shape_of<1, 2, 1>, everywhere.within(2), 1.f};
  const Named given{{"q", {1, 1, 1, 1}}, {"k", {1, 1}}, {"v", {5, 7}}};
  CHECK(attend(c, given) == std::vector<double>{6, 6, 7, 0});
  CHECK(attend(c, given, "logsumexp")[3] == -inf);
  c = {shape_of<1, 1, 1>, shape_of<1, 0, 1>, shape_of<1, 0, 1>};
  CHECK(attend(c, {{"q", {1}}, {"k", {}}, {"v", {}}}) == std::vector<double>{0});
}

TEST_CASE("what a query does not look at cannot touch it, but where it looks NaN and infinity stay") {
  const double bad[] = {std::numeric_limits<double>::quiet_NaN(), inf, -inf};
  const auto clean = attend(three, three_keys());
  for (const double x : bad) {
    Named given = three_keys();
    given[1].second[4] = x;  // the last key
    auto out = attend(three, given);
    CHECK(out[0] == clean[0]);
    CHECK(out[1] == clean[1]);
    CHECK(std::isnan(out[2]) == (x != -inf));
    given = three_keys();
    given[2].second[1] = x;  // the middle value
    out = attend(three, given);
    CHECK(out[0] == clean[0]);
    CHECK_FALSE(std::isfinite(out[1]));
  }
}

TEST_CASE("a traced graph of attention is specialized to other sizes of batch and time") {
  constexpr Axis batch{"batch", 3}, head{"head", 4}, kv{"kv", 2}, step{"time", 6}, each{"each", 4};
  Graph graph("traced");
  const Tensor<batch, head, step, each> q(graph.input("q", f32<batch, head, step, each>));
  const Tensor<batch, kv, step, each> k(graph.input("k", f32<batch, kv, step, each>)),
      v(graph.input("v", f32<batch, kv, step, each>));
  const Tensor<batch, head, step, each> turned = rotary<Pairs::halves>(q, iota<step>());
  const Tensor<batch, head, step, each> y = attention<causal.within(3)>(turned, k, v);
  graph.output("y", y.value);
  graph.output("primitives",
               attention_from_primitives(turned.value, k.value, v.value, causal.within(3), attention_scale(4)).out);
  const Graph small = specialize(graph, std::array{Axis{"batch", 2}, Axis{"time", 5}, Axis{"key", 5}});
  verify(small);
  CHECK((Sentence{} << output_of(small, "y").type()).str() == "f32[batch 2, head 4, time 5, each 4]");
  const auto made = outputs_of(small, attention_leaves<double>(small));
  for (std::size_t i = 0; i < made.at("y").size(); ++i) REQUIRE(made.at("y")[i] == Approx(made.at("primitives")[i]));
}

TEST_CASE("attention<...> is the op that its looks and the size of a head say") {
  Graph graph("front end");
  const Value x = graph.input("x", f32<2, 8, 16>);
  const auto attributes = [](Value v) { return *as<Attention>(v); };
  CHECK(attributes(attention(x, x, x)) == Attention{0.25f, false, 0});
  CHECK(attributes(attention<causal>(x, x, x)) == Attention{0.25f, true, 0});
  CHECK(attributes(attention<causal.within(4)>(x, x, x)) == Attention{0.25f, true, 4});
  CHECK(attributes(attention<everywhere, 2.f>(x, x, x)) == Attention{2.f, false, 0});
}

TEST_CASE("attention says which axes do not fit") {
  const auto said = [](Type q, Type k, Type v, Looks looks = everywhere) {
    return attention_type("attention", q, k, v, looks).why.str();
  };
  constexpr Type x = f32<4, 6, 8>;
  CHECK(said(x, x, x) == "");
  CHECK(said(f32<6, 8>, x, x).starts_with("attention: wants query f32[..., head, time, each]"));
  CHECK(said(x, i32<4, 6, 8>, x).starts_with("attention: wants query"));
  CHECK(said(x, f32<3, 6, 8>, f32<3, 6, 8>) ==
        "attention: query axis 4 is no multiple of key axis 3 in [4, 6, 8] and [3, 6, 8]; as many heads share each key "
        "and value");
  CHECK(said(x, x, f32<2, 6, 8>).starts_with("attention: heads of key and value differ"));
  CHECK(said(x, x, f32<4, 5, 8>).starts_with("attention: positions of key and value differ"));
  CHECK(said(x, f32<4, 6, 7>, x).starts_with("attention: the last axes of query and key differ"));
  CHECK(said(f32<2, 4, 6, 8>, f32<3, 4, 6, 8>, f32<2, 4, 6, 8>).starts_with("attention: batch axes differ"));
  CHECK(said(x, f32<4, 5, 8>, f32<4, 5, 8>, causal) ==
        "attention: causal attention wants as many keys as queries, got 6 and 5");
  CHECK(said(x, x, x, everywhere.within(-1)) == "attention: a window of -1 is not 0 or more");
  const Inferred wrong = attention_gradient_type("attention_key_gradient", {x, x, x, x, f32<4, 5>, x}, causal, 1);
  CHECK(wrong.why.str().find("makes f32[4, 6, 8] and the logsumexp f32[4, 6]") != std::string::npos);
}
