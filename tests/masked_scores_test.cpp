// Attention in plain operations that no op knows, with a bias for each distance, goes on by its mask alone; a mask that
// lets anything through that is to come is named.
#include <catch2/catch.hpp>

#include "compiler/lint.hpp"
#include "compiler/specialize.hpp"
#include "tests/continued_rows.hpp"

using namespace vitrine;

namespace {

using small::batch, small::head, small::token, small::width;
constexpr Axis step = small::time, key{"key", step.size}, part{"part", 4}, apart{"apart", 15};
constexpr float inf = std::numeric_limits<float>::infinity();

Value counted(Value x, const Axis& along) { return cast<DType::f32>(emit(*x.graph, Iota{along})); }
Value places(Value x) { return reshape<step, 1>(counted(x, step)); }
Value keys(Value x) { return counted(x, key); }
Value later(Value x) { return greater(keys(x), places(x)); }
Value distance(Value x) { return keys(x) - places(x); }

/// Each head apart: what it makes of its scores and values, [batch, head, step, part].
using Mixing = std::function<Value(Value scores, Value values)>;
Value attended(Value x, const Mixing& mixing) {
  const Value split = emit(Permute{{0, 2, 1, 3}}, {reshape<batch, step, head, part>(x)});
  const Value k = emit(Rename{shape_of<batch, head, key, part>}, {split});
  const Value read = mixing(matmul(split, transpose(k)) * 0.5f, k * 0.75f);
  return reshape<batch, step, width>(emit(Permute{{0, 2, 1, 3}}, {read}));
}
Value shares_in_parts(Value s) {
  const Value e = exp(s - max<-1>(s, keep_axes));
  return e / sum<-1>(e, keep_axes);
}
Value slopes(Value x) { return reshape<head, 1, 1>(exp(counted(x, head) * -0.7f - 0.7f)); }
Value with_slopes(Value s) { return s + slopes(s) * distance(s); }
/// -inf or another number, to be added, where a mask is set.
Value added(Value mask, float number_there) {
  return where(mask, number(*mask.graph, number_there), number(*mask.graph, 0));
}
Value closed_to(Value s, Value mask) { return where(mask, -inf, s); }

const std::vector<std::pair<const char*, Mixing>> goes_on{
    {"a slope for each head", [](Value s, Value v) { return matmul(softmax(closed_to(with_slopes(s), later(s))), v); }},
    {"a slope for each head and an added mask",
     [](Value s, Value v) { return matmul(softmax(with_slopes(s) + added(later(s), -inf)), v); }},
    {"slopes and mask in one",
     [](Value s, Value v) { return matmul(softmax(s + (slopes(s) * distance(s) + added(later(s), -inf))), v); }},
    {"learned slopes",
     [](Value s, Value v) {
       const Value learned = s.graph->state("slopes", f32<head, 1, 1>);
       return matmul(softmax(closed_to(s + learned * distance(s), later(s))), v);
     }},
    {"a table by distance",
     [](Value s, Value v) {
       const Value table = s.graph->state("table", f32<head, apart>);
       const Value bias = gather<1>(table, cast<DType::i32>(places(s) - keys(s) + 7.f));
       return matmul(softmax(closed_to(s + bias, later(s))), v);
     }},
    {"a table by distance that is turned",
     [](Value s, Value v) {
       const Value table = s.graph->state("table", f32<apart, head>);
       const Value bias =
           emit(Permute{{2, 0, 1}}, {gather(table, cast<DType::i32>(maximum(places(s) - keys(s), 0.f)))});
       return matmul(softmax(closed_to(s + bias, later(s))), v);
     }},
    {"a softmax in parts",
     [](Value s, Value v) { return matmul(shares_in_parts(closed_to(with_slopes(s), later(s))), v); }},
    {"parts that are divided after the product",
     [](Value s, Value v) {
       const Value masked = with_slopes(s) + added(later(s), -inf), e = exp(masked - max<-1>(masked, keep_axes));
       return matmul(e, v) / sum<-1>(e, keep_axes);
     }},
    {"weights without a softmax",
     [](Value s, Value v) { return matmul(where(later(s), 0.f, relu(with_slopes(s))), v); }},
    {"a mask of ones and zeros",
     [](Value s, Value v) { return matmul(relu(s) * cast<DType::f32>(logical_not(later(s))), v); }},
    {"a window",
     [](Value s, Value v) {
       const Value far = greater(places(s) - keys(s), 2.5f);
       return matmul(softmax(closed_to(with_slopes(s), logical_or(later(s), far))), v);
     }},
};

std::string refusal(const Mixing& mixing, std::size_t capacity = 8) {
  const Graph full = in_use(layer_of("model", [&](Value x) { return attended(x, mixing); }), 3, capacity);
  return complaint<UsageError>([&] { continuation(full, {}); });
}
void check_holds(const std::string& text, std::initializer_list<const char*> wanted) {
  for (const char* each : wanted) {
    CAPTURE(text, each);
    CHECK(text.find(each) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("scores with a bias and a mask go on with the same bits, recognized or as they are written") {
  for (const auto& [name, mixing] : goes_on) {
    const Graph forward = layer_of(name, [&](Value x) { return attended(x, mixing); });
    CAPTURE(name);
    each_way_to_go_on([&](std::size_t sequences, const auto& chunks, bool uneven) {
      const Compared made = compare(forward, sequences, 8, chunks, uneven);
      CHECK(made.rows == sequences * 8);
      CHECK(made.differ == 0);
      const Graph as_written = specialize(forward, std::array{Axis{"batch", sequences}, Axis{"time", 8}});
      const Compared plain = compare_in_use(as_written, sequences, 8, chunks, uneven, 16, 2, default_pipeline);
      CHECK(plain.rows == sequences * 8);
      CHECK(plain.differ == 0);
    });
  }
}

TEST_CASE("scores with a bias go on over many keys, as far as there is room") {
  const Graph forward = layer_of("slopes", [](Value x) { return attended(x, goes_on[0].second); });
  for (const auto& chunks : std::vector<std::vector<std::size_t>>{{1}, {16, 4, 1}, {16}}) {
    CAPTURE(chunks);
    const Compared made = compare(forward, 2, 150, chunks, chunks.size() > 1);
    CHECK(made.rows == 300);
    CHECK(made.differ == 0);
  }
}

TEST_CASE("two layers of biased scores keep the keys and values of each and nothing of the scores") {
  const auto layer = [](Value x) {
    const auto one = [](Value each) { return attended(each, goes_on[0].second) + each; };
    return one(relu(one(x)));
  };
  const Graph forward = layer_of("two layers", layer);
  CHECK(compare(forward, 4, 8, {4, 1, 1}, true).differ == 0);
  ContinuationReport report;
  continuation(in_use(forward, 2, 8), {}, &report);
  REQUIRE(!report.kept.empty());
  for (const Kept& kept : report.kept) {
    CHECK(kept.what == Kept::What::rows);
    CHECK(kept.bytes_of_row == width.size * sizeof(float));
  }
}

TEST_CASE("a mask that lets through what is to come is refused by its node, what it holds and what to do") {
  const auto off_by = [](float n) {
    return [n](Value s, Value v) {
      return matmul(softmax(closed_to(with_slopes(s), greater(keys(s), places(s) + n))), v);
    };
  };
  check_holds(refusal(off_by(1)), {"= softmax(", "sees what is to come along time", "= greater(",
                                   "lets each place see the next one", "key > row"});
  check_holds(refusal(off_by(3)), {"= greater(", "lets each place see the 3 next ones"});
  check_holds(refusal([](Value s, Value v) {
                return matmul(softmax(with_slopes(s) + added(greater(keys(s), places(s) + 1.f), -inf)), v);
              }),
              {"= softmax(", "lets each place see the next one"});
  check_holds(refusal([](Value s, Value v) {
                return matmul(softmax(closed_to(with_slopes(s), greater(places(s), keys(s)))), v);
              }),
              {"= greater(", "keeps out what is past", "exchange"});
  check_holds(refusal([](Value s, Value v) { return matmul(softmax(where(later(s), -1e9f, with_slopes(s))), v); }),
              {"= where(", "holds -1e+09 ahead of each place and not -inf", "only nearly"});
  check_holds(refusal([](Value s, Value v) { return matmul(softmax(with_slopes(s) + added(later(s), -1e9f)), v); }),
              {"= where(", "holds -1e+09 ahead of each place and not -inf", "let it be -inf"});
  check_holds(
      refusal([](Value s, Value v) { return matmul(softmax(with_slopes(s)), v); }),
      {"= mul(", "holds numbers from 0.", "ahead of each place and not -inf", "where(key > row, -inf, scores)"});
  check_holds(refusal([](Value s, Value v) {
                return matmul(softmax(s + s.graph->state("slopes", f32<head, 1, 1>) * distance(s)), v);
              }),
              {"= add(", "may hold any number ahead of each place and not only -inf"});
  check_holds(refusal([](Value s, Value v) {
                const Value given = s.graph->state("given", boolean<key>);
                return matmul(softmax(closed_to(with_slopes(s), logical_and(later(s), given))), v);
              }),
              {"= logical_and(", "not known to be the same wherever a key is later than its row"});
  check_holds(refusal(goes_on[0].second, 2049), {"= greater(", "at most 4194304 elements"});
  check_holds(refusal([](Value s, Value v) { return matmul(relu(with_slopes(s)), v); }),
              {"= matmul(", "numbers from 0 to inf ahead of each place and not 0"});
  check_holds(
      refusal([](Value s, Value v) { return matmul(softmax(closed_to(with_slopes(s), later(s))), flip<key>(v)); }),
      {"sees what is to come along time"});
}

TEST_CASE("lint not_causal: scores with a bias count with their mask, and a mask that sees ahead is named") {
  const auto found = [](float last) {
    const Graph graph = layer_of("model", [&](Value x) {
      return attended(x, [&](Value s, Value v) {
        return matmul(softmax(closed_to(with_slopes(s), greater(keys(s), places(s) + last))), v);
      });
    });
    std::string text;
    for (const Finding& f : lint({graph, "time"})) text += sentence_of(f) + "\n";
    return text;
  };
  check_holds(found(1), {"lint not_causal: softmax (%", "= greater(", "lets each place see the next one"});
  CHECK(found(0) == "");
}
