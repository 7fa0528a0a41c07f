// Models in few bits: which weights there are, what they become, and that the graph computes with them what it says.
#include "compiler/quantization.hpp"

#include <catch2/catch.hpp>

#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/verify.hpp"
#include "tests/named_values.hpp"
#include "tools/compiled.hpp"
#include "tools/model_training.hpp"
#include "tools/quantized_states.hpp"
#include "vitrine/error.hpp"
#include "vitrine/vitrine.hpp"

using namespace vitrine;
using Catch::Matchers::Contains;

namespace {

constexpr Axis batch{"batch", 2}, time_axis{"time", 8}, token{"token", 19}, width{"width", 48}, head{"head", 2};
using Small = Gpt<batch, time_axis, token, width, head, 2>;
Graph gpt() { return trace_language_model(Small{}, "gpt"); }

std::size_t count(const Graph& graph, std::string_view op) {
  std::size_t found = 0;
  for (Value v : graph.topological()) found += v.op() && v.op()->name() == op;
  return found;
}

/// A model's scores for some tokens, by its definitions in double.
std::vector<double> by_definition(const Graph& graph, const States& states) {
  Values<double> values;
  std::int32_t next = 0;
  for (Value v : graph.topological()) {
    if (v.node().leaf == Leaf::state) {
      const auto bytes = states.bytes(v.node().name);
      auto& made = values[v.id];
      if (v.type().dtype != DType::f32) {
        made.assign(bytes.begin(), bytes.end());
        continue;
      }
      for (const float x : floats_in(bytes)) {
        const double as_double = x;
        const auto* from = reinterpret_cast<const std::byte*>(&as_double);
        made.insert(made.end(), from, from + sizeof as_double);
      }
    } else if (v.node().leaf == Leaf::input) {
      for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
        const std::int32_t index = (next += 7) % 19;
        const auto* from = reinterpret_cast<const std::byte*>(&index);
        values[v.id].insert(values[v.id].end(), from, from + sizeof index);
      }
    }
  }
  return numbers<double>(evaluate<double>(graph, values), output_of(graph, "y"));
}

std::vector<float> by_program(const Graph& graph, States& states, Pool& pool) {
  Program program = compiled(graph, states, pool, inference_pipeline);
  std::vector<std::vector<std::int32_t>> given;
  std::int32_t next = 0;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::input) {
      auto& made = given.emplace_back();
      for (std::size_t i = 0; i < v.type().shape.elements(); ++i) made.push_back((next += 7) % 19);
      program.bind_input(v.node().name, made.data());
    }
  program.run();
  const auto y = floats_in(program.output("y"));
  return {y.begin(), y.end()};
}

double noise_of(std::span<const double> wanted, std::span<const double> got) {
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    signal += wanted[i] * wanted[i], noise += (wanted[i] - got[i]) * (wanted[i] - got[i]);
  return std::sqrt(noise / signal);
}

}  // namespace

TEST_CASE("every weight of a model that products or tables read is found, with the axis that is added up") {
  const auto weights = quantizable_weights(gpt());
  REQUIRE(weights.size() == 2 + 2 * 6 + 1);
  for (const QuantizableWeight& weight : weights) {
    CAPTURE(weight.name);
    const bool table = weight.name == "tokens.weight" || weight.name == "positions.weight";
    CHECK(weight.axis == (table ? 1 : 0));
    CHECK(weight.end == (table || weight.name.starts_with("scores")));
  }
}

TEST_CASE("a table that is a head too is one weight, in groups along what both read alike") {
  Graph graph("tied");
  const Value table = graph.state("table", f32<Axis{"token", 5}, Axis{"width", 4}>),
              index = graph.input("index", i32<3>);
  const Value x = gather(table, index, 0);
  graph.output("y", matmul(x, transpose(table)));
  const auto weights = quantizable_weights(graph);
  REQUIRE(weights.size() == 1);
  CHECK(weights[0].axis == 1);
  CHECK(weights[0].end);
}

TEST_CASE("a weight that is read as plain numbers too, or along two axes, or changes, is none") {
  Graph graph("others");
  const Value x = graph.input("x", f32<4, 4>);
  const auto weight = [&](const char* name) { return graph.state(name, f32<4, 4>); };
  const Value plain = weight("plain"), twice = weight("twice"), learns = weight("learns"), good = weight("good");
  graph.output("y", matmul(x, plain) + plain + matmul(matmul(x, twice), transpose(twice)) + matmul(x, learns) +
                        matmul(matmul(x, good), good));
  graph.output("square", matmul(plain, plain));
  graph.update(learns, learns * 0.5f);
  const auto weights = quantizable_weights(graph);
  REQUIRE(weights.size() == 1);
  CHECK(weights[0].name == "good");
  CHECK_THAT(complaint<UsageError>([&] {
               quantized(graph, {{"plain", {}}}, 16);
             }),
             Contains("graph 'others' has no weight 'plain' that can be in few bits"));
}

TEST_CASE("schemes are read as they are written, and what is unknown is refused with what is near") {
  const QuantizationScheme int4 = scheme_named("int4");
  CHECK(int4.weights == WeightFormat{Precision::int4, 32, false, ScaleBy::squared_error});
  CHECK(int4.ends == WeightFormat{});
  CHECK(int4.row_bits == 16);
  CHECK(scheme_named("int4,group=128,symmetric,scale=maximum,ends=int4").weights ==
        WeightFormat{Precision::int4, 128, true, ScaleBy::maximum});
  CHECK(scheme_named("dynamic_int8").row_bits == 8);
  CHECK(scheme_named("dynamic_int8").weights.group == 0);
  CHECK(scheme_named("int8,cache=int8").cache);
  CHECK(int4.weights.bits() == 4 + 24. / 32);
  CHECK(int4.weights.str() == "int4, groups of 32, asymmetric, scales by squared error");
  const auto why = [](const char* text) { return complaint<UsageError>([&] { scheme_named(text); }); };
  CHECK_THAT(why("int9"), Contains("scheme 'int9': there is no 'int9'; did you mean 'int8'?"));
  CHECK_THAT(why("int8,symetric"), Contains("there is no 'symetric'; did you mean 'symmetric'?"));
  CHECK_THAT(why("int8,group=x"), Contains("there is no 'group=x'"));
  CHECK_THAT(why("int4,group=3"), Contains("groups of an even number and not 3"));
  CHECK_THAT(why("int8,group=512"), Contains("at most 256 codes"));
  CHECK_THAT(why("int8,group=0"), Contains("take group=32, 64 or 128, or rows=8"));
}

TEST_CASE("a model in few bits is the model but for its codes: the definitions, the passes and the program agree") {
  Pool pool(2);
  const Graph forward = gpt();
  States states(3);
  const std::vector<double> whole = [&] {
    by_program(forward, states, pool);  // makes the states
    Graph in_use(forward);
    optimize(in_use, passes_named("inference"));
    return by_definition(in_use, states);
  }();
  struct Case {
    const char* scheme;
    double most;  // noise over signal of the scores; an untrained model's
  };
  for (const auto& [name, most] :
       {Case{"int8", 0.02}, Case{"int4", 0.2}, Case{"int4,symmetric,scale=maximum,group=20", 0.3}, Case{"bf16", 0.006},
        Case{"dynamic_int8", 0.03}, Case{"int8,group=128,rows=8", 0.03}}) {
    CAPTURE(name);
    const QuantizationScheme scheme = scheme_named(name);
    const WeightFormats formats = formats_of(quantizable_weights(forward), scheme);
    const Graph made = quantized(forward, formats, scheme.row_bits);
    verify(made);
    States few;
    const auto errors = quantize_states(forward, formats, states, few, pool);
    CHECK(errors.size() == formats.size());
    const std::vector<double> defined = by_definition(made, few);
    const double lost = noise_of(whole, defined);
    CHECK(lost > 0);
    CHECK(lost < most);
    const std::vector<float> got = by_program(made, few, pool);
    CHECK(noise_of(defined, {std::vector<double>(got.begin(), got.end())}) <
          1e-4);  // a number between two codes may fall to either

    Graph compiled_graph(made);
    optimize(compiled_graph, inference_pipeline);
    const bool whole_numbers = std::string_view(name) != "bf16";
    CHECK(count(compiled_graph, "fake_quantize") == 0);
    CHECK((count(compiled_graph, "quantized_matmul") + count(compiled_graph, "quantized_matmul_asymmetric") > 0) ==
          whole_numbers);
    if (whole_numbers) CHECK(count(compiled_graph, "matmul") == 0);
    if (std::string_view(name) == "int4") {
      CHECK(count(compiled_graph, "quantized_matmul_asymmetric") == 2 * 6);
      CHECK(count(compiled_graph, "quantized_matmul") == 1);  // the head
      CHECK(count(compiled_graph, "dequantize") == 2);        // rows of the tables
    }
  }
}

TEST_CASE("weights that stay f32 are read as they are") {
  const Graph forward = gpt();
  WeightFormats formats = formats_of(quantizable_weights(forward), scheme_named("int8,ends=f32"));
  CHECK(formats.size() == 12);
  const Graph made = quantized(forward, formats, 16);
  CHECK(made.find("tokens.weight"));
  CHECK_FALSE(made.find("blocks.0.attention.query.weight"));
  CHECK(made.find("blocks.0.attention.query.weight.codes").type() ==
        (Type{DType::i8, shape_of<width, Axis{"mixed", 48}>}));
  CHECK(print(quantized(forward, {}, 16)) == print([&] {
          Graph in_use(forward);
          optimize(in_use, passes_named("inference,remove_unused"));
          return in_use;
        }()));
}
