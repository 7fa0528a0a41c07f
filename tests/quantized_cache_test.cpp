// What a language model keeps of a text, in eight bits.
#include "compiler/quantized_cache.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/verify.hpp"
#include "tests/small_language.hpp"
#include "tools/continued_text.hpp"
#include "tools/model_training.hpp"
#include "tools/text_program.hpp"
#include "vitrine/ops/quantize_rows.hpp"
#include "vitrine/ops/quantized_attention_at.hpp"
#include "vitrine/ops/write_rows.hpp"

using namespace vitrine;

namespace {

std::vector<std::int32_t> some_tokens(std::size_t count) {
  std::vector<std::int32_t> made(count);
  for (std::size_t i = 0; i < count; ++i) made[i] = static_cast<std::int32_t>(i * i % 7);
  return made;
}

double noise_of(std::span<const float> wanted, std::span<const float> got) {
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double w = wanted[i], off = w - static_cast<double>(got[i]);
    signal += w * w, noise += off * off;
  }
  return std::sqrt(noise / signal);
}

}  // namespace

TEST_CASE("keys and values in eight bits take a quarter of the memory and move the scores by little") {
  for (const Graph& forward : {small::gpt(), small::llama(), small::grouped_llama()}) {
    CAPTURE(forward.name());
    Pool pool(2);
    States states(4);
    ContinuedText whole(forward, states, pool), few(forward, states, pool, 256, true);
    const auto tokens = some_tokens(8);
    std::vector<float> wanted, got;
    for (std::size_t i = 0; i < tokens.size(); ++i) {  // one by one
      const auto one = std::span(tokens).subspan(i, 1);
      const auto a = whole.read(one), b = few.read(one);
      wanted.insert(wanted.end(), a.begin(), a.end());
      got.insert(got.end(), b.begin(), b.end());
    }
    const double lost = noise_of(wanted, got);
    CHECK(lost > 0);
    CHECK(lost < 0.02);
    // A row of each head: of 4 numbers, or 2, 4 bytes each, become codes and a scale of 2 bytes.
    const std::size_t each = forward.name() == "grouped" ? 2 : 4;
    CHECK(few.report().bytes_of_token() * 4 * each == whole.report().bytes_of_token() * (each + 2));
    // What it is measured by: the whole graph, keys and values rounded alike.
    TextProgram measured(with_rounded_keys_and_values(forward), 1, tokens.size(), states, pool);
    measured.run(tokens);
    CHECK(noise_of(measured.output("y"), got) < 1e-5);
    // A chunk of 4 and 4 tokens by the same caches gives the rows that single tokens gave.
    few.begin_anew();
    few.read(std::span(tokens).first(4));
    const auto chunked = few.read(std::span(tokens).subspan(4));
    CHECK(noise_of(std::span(got).last(chunked.size()), chunked) < 1e-5);
  }
}

TEST_CASE("what is not kept for attention stays f32, and a graph without caches stays as it is") {
  Graph graph("sum");
  const Value x = graph.input("x", f32<1, 2, 3>), position = graph.input("position", i32<1>),
              length = graph.input("length", i32<1>), kept = graph.state("kept:sum.1", f32<1, 6, 3>);
  const Value next = write_rows(kept, x, position, length, 1);
  graph.update(kept, next);
  graph.output("y", emit(SumTo{shape_of<1, 1, 3>}, {next}));
  CHECK(quantize_cache(graph) == 0);
  CHECK(graph.find("kept:sum.1"));
}

TEST_CASE("the kernel of attention to a cache in eight bits has the bits of attention to what its codes stand for") {
  for (const bool ring : {false, true})
    for (const int threads : {1, 2, 4}) {
      Graph graph("small"), dense("dense");
      const auto build = [&](Graph& g, bool few) {
        const Type codes{DType::i8, shape_of<2, 2, 128, 20>}, scales{DType::bf16, shape_of<2, 2, 128, 1>};
        const Value q = g.input("q", f32<2, 4, 3, 20>), p = g.input("p", i32<2>);
        const Value k = g.input("k", codes), ks = g.input("ks", scales), v = g.input("v", codes),
                    vs = g.input("vs", scales);
        const std::int64_t window = ring ? 64 : 0;
        const auto number = [](Value c, Value s) { return emit(Dequantize<false>{3, 20, 0}, {c, s}); };
        g.output("y", few ? emit(QuantizedAttentionAt{0.3f, window, ring}, {q, k, ks, v, vs, p})
                          : emit(AttentionAt{0.3f, window, ring}, {q, number(k, ks), number(v, vs), p}));
      };
      build(graph, true), build(dense, false);
      verify(graph);
      std::vector<float> query(2 * 4 * 3 * 20);
      std::vector<std::int8_t> keys(2 * 2 * 128 * 20), values(keys.size());
      std::vector<std::uint16_t> scales(2 * 2 * 128), value_scales(scales.size());
      std::mt19937 random(3);
      for (float& x : query) x = static_cast<float>(random() % 2000) / 1000.f - 1.f;
      for (std::size_t i = 0; i < keys.size(); ++i)
        keys[i] = static_cast<std::int8_t>(random()), values[i] = static_cast<std::int8_t>(random());
      for (std::size_t i = 0; i < scales.size(); ++i)
        scales[i] = to_bfloat16(static_cast<float>(random() % 100) * 1e-3f), value_scales[i] = scales[i];
      const std::vector<std::int32_t> positions{5, ring ? 300 : 100};
      const auto run = [&](const Graph& g) {
        Pool pool(threads);
        States states;
        Program program = compiled(g, states, pool, passes_named("remove_unused"), Provider::own);
        program.bind_input("q", query.data());
        program.bind_input("k", keys.data());
        program.bind_input("ks", scales.data());
        program.bind_input("v", values.data());
        program.bind_input("vs", value_scales.data());
        program.bind_input("p", positions.data());
        program.run();
        const auto y = program.output("y");
        return std::vector<std::byte>(y.begin(), y.end());
      };
      CHECK(run(graph) == run(dense));
    }
}

TEST_CASE("rows of a cache become the codes that dequantize reads, and one with NaN stays NaN") {
  std::vector<float> rows{127, -63.5f, 0.4f, 0, 0, 0, 1, std::numeric_limits<float>::infinity(), 2};
  std::vector<std::int8_t> codes(9);
  std::vector<std::uint16_t> scales(3);
  const std::array in{Buffer<float>{f32<3, 3>, rows.data()}};
  QuantizeRows{}.run(Buffers<float>(in), Buffer<float>{{DType::i8, shape_of<3, 3>}, codes.data()});
  RowScales{}.run(Buffers<float>(in), Buffer<float>{{DType::bf16, shape_of<3, 1>}, scales.data()});
  CHECK(codes == std::vector<std::int8_t>{127, -64, 0, 0, 0, 0, 0, 0, 0});
  CHECK(from_bfloat16(scales[0]) == 1);
  CHECK(scales[1] == 0);
  CHECK(std::isnan(from_bfloat16(scales[2])));
}
