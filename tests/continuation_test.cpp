// A graph that goes on from what it kept makes, bit for bit, the rows that the whole graph makes.
#include <catch2/catch.hpp>

#include "tests/continued_rows.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

using small::batch, small::token, small::width;
constexpr Axis step = small::time, key{"key", step.size}, pair{"pair", 4};

Value attended(Value x, Looks looks) {
  const Value q = reshape<batch, 1, step, width>(x), k = emit(Rename{shape_of<batch, 1, key, width>}, {q});
  return reshape<batch, step, width>(emit(Attention{0.5f, looks.causal, looks.window}, {q, k, k}));
}
/// Each place with the one before it.
Value shifted(Value x) { return slice<1, 0, 8>(pad<1, 1, 0>(x)); }
/// Along the time three places wide, as wide as it can be without seeing what is to come.
Value convolved(Value x) {
  const Value filter = x.graph->state("filter", f32<3, 1, width, 8>);
  return reshape<batch, step, width>(conv2d(pad<1, 2, 0, 0.5f>(reshape<batch, step, 1, width>(x)), filter));
}
Value rotated(Value x) { return emit(Rotary{100.f, false, false}, {x, emit(*x.graph, Iota{step})}); }
Value sinusoidal(Value x) {
  Graph& graph = *x.graph;
  const auto angle = [&] {
    const Value place = reshape<step, 1>(cast<DType::f32>(emit(graph, Iota{step})));
    return place * exp(cast<DType::f32>(emit(graph, Iota{pair})) * -0.3f);
  };
  return x +
         reshape<step, width>(concat<-1>(reshape<step, pair, 1>(sin(angle())), reshape<step, pair, 1>(cos(angle()))));
}

}  // namespace

TEST_CASE("whatever looks back only goes on with the same bits") {
  const std::vector<std::pair<const char*, std::function<Value(Value)>>> layers{
      {"a window", [](Value x) { return attended(x, causal.within(3)); }},
      {"two windows", [](Value x) { return attended(attended(x, causal.within(5)), causal.within(2)); }},
      {"a window and all", [](Value x) { return attended(attended(x, causal), causal.within(2)); }},
      {"a shift", [](Value x) { return shifted(x) - x; }},
      {"two shifts", [](Value x) { return shifted(relu(shifted(x))) + x; }},
      {"a convolution", convolved},
      {"a shifted convolution", [](Value x) { return relu(convolved(shifted(x))) + shifted(x); }},
      {"a running sum", [](Value x) { return cumulative_sum<step>(x) * 0.25f; }},
      {"a running sum before", [](Value x) { return relu(cumulative_sum<step, true>(relu(x))) + x; }},
      {"waves of places", [](Value x) { return attended(sinusoidal(x), causal); }},
      {"a table of places that is turned before it is read",
       [](Value x) {
         const Value table = gather(x.graph->state("w", f32<Axis{"place", 9}, width>), emit(*x.graph, Iota{step}));
         return attended(x + transpose(flip<0>(transpose(table))), causal);
       }},
      {"a table of places that is cut to length",
       [](Value x) {
         const Value table = x.graph->state("w", f32<Axis{"place", 9}, width>);
         return attended(x + emit(Rename{shape_of<step, width>}, {slice<0, 1, 9>(table)}), causal);
       }},
      {"a mean so far",
       [](Value x) {
         const Value count = cast<DType::f32>(emit(*x.graph, Iota{step})) + 1.f;
         return cumulative_sum<step>(x) / reshape<step, 1>(count);
       }},
  };
  for (const auto& [name, layer] : layers) {
    const Graph forward = layer_of(name, layer);
    CAPTURE(name);
    each_way_to_go_on([&](std::size_t sequences, const auto& chunks, bool uneven) {
      const Compared made = compare(forward, sequences, 8, chunks, uneven);
      CHECK(made.rows == sequences * 8);
      CHECK(made.differ == 0);
    });
  }
}

TEST_CASE("GPT and Llama token by token or by chunks have the whole graph's bits at every position") {
  for (const Graph& forward : {small::gpt(), small::llama(), small::grouped_llama()})
    for (const std::size_t batch : {1u, 4u}) {
      CAPTURE(forward.name(), batch);
      for (const auto& chunks : std::vector<std::vector<std::size_t>>{{1}, {4}, {4, 1, 1}, {8}}) {
        CAPTURE(chunks);
        const Compared made = compare(forward, batch, 8, chunks);
        CHECK(made.rows == batch * 8);
        CHECK(made.differ == 0);
      }
      const Compared uneven = compare(forward, batch, 8, {4, 1}, true);
      CHECK(uneven.rows == batch * 8);
      CHECK(uneven.differ == 0);
    }
}

TEST_CASE("a window is kept in a ring and goes on for as long as anybody likes") {
  const Graph forward = layer_of(
      "windows", [](Value x) { return attended(rotated(attended(x, causal.within(40))) - x, causal.within(3)); });
  const Graph full = in_use(forward, 2, 300);
  for (const auto& chunks : std::vector<std::vector<std::size_t>>{{1}, {16, 4, 1}, {16}}) {
    CAPTURE(chunks);
    const Compared made = compare(forward, 2, 300, chunks);
    CHECK(made.rows == 600);
    CHECK(made.differ == 0);
  }
  ContinuationReport report;
  continuation(full, {.rows = 1, .most_rows = 16}, &report);
  CHECK(report.endless);
  REQUIRE(report.kept.size() == 2);
  for (const Kept& each : report.kept) {
    CHECK(each.what == Kept::What::ring);
    CHECK(each.rows == 64);
  }
}

TEST_CASE("the last row alone has the bits that it has among all") {
  for (const Graph& forward : {small::gpt(), small::grouped_llama(),
                               layer_of("sums", [](Value x) { return relu(cumulative_sum<1>(shifted(x))); })}) {
    CAPTURE(forward.name());
    const Graph full = in_use(forward, 2, 8);
    Pool pool(1);
    std::array<States, 2> states;
    std::vector<std::unique_ptr<Continuing>> both;
    for (const bool last : {false, true}) {
      both.push_back(std::make_unique<Continuing>(full, states[last], pool, ContinuationOptions{.last_only = last}));
      compiled(full, states[last], pool);  // makes the states
      fill(full, states[last]);
    }
    for (std::int32_t at : {0, 4}) {
      const std::vector<std::vector<std::int32_t>> given{{1, 2, 3, 4}, {5, 6, 0}};
      const std::vector<std::int32_t> position{at, at};
      const std::vector<float> all = both[0]->run(given, position, 4), last = both[1]->run(given, position, 4);
      const std::size_t wide = last.size() / 2;
      CHECK(std::memcmp(&all[3 * wide], &last[0], wide * sizeof(float)) == 0);
      CHECK(std::memcmp(&all[6 * wide], &last[wide], wide * sizeof(float)) == 0);
    }
  }
}

TEST_CASE("a sequence begins anew at position 0 whatever was kept") {
  const Graph full = in_use(
      layer_of("all that is kept", [](Value x) { return convolved(cumulative_sum<step>(attended(x, causal))); }), 1, 8);
  Pool pool(1);
  States states;
  compiled(full, states, pool);
  fill(full, states);
  Continuing going_on(full, states, pool, {.last_only = false});
  const std::vector<float> first = going_on.run({{1, 2, 3}}, {0}, 4);
  going_on.run({{4, 5, 6, 0}}, {3}, 4);
  const std::vector<float> again = going_on.run({{1, 2, 3}}, {0}, 4);
  CHECK(std::memcmp(first.data(), again.data(), 3 * 8 * sizeof(float)) == 0);
}

TEST_CASE("a model that sees what is to come is refused with node and axis and help") {
  const auto refusal = [](const std::function<Value(Value)>& layer) {
    const Graph full = in_use(layer_of("model", layer), 3, 8);
    return complaint<UsageError>([&] { continuation(full, {}); });
  };
  const auto contains = [](const std::string& text, std::initializer_list<const char*> parts) {
    for (const char* part : parts) {
      CAPTURE(text, part);
      CHECK(text.find(part) != std::string::npos);
    }
  };
  contains(refusal([](Value x) { return attended(x, everywhere); }),
           {"= attention(", "sees what is to come along time", "attention<causal>"});
  contains(refusal([](Value x) { return attended(x, everywhere.within(2)); }), {"= attention(", "to come along time"});
  contains(refusal([](Value x) { return x - mean<step>(x, keep_axes); }), {"= mean(", "to come along time"});
  contains(refusal([](Value x) { return attended(flip<step>(x), causal); }), {"= flip(", "to come along time"});
  contains(refusal([](Value x) { return softmax<step>(x); }), {"to come along time"});
  contains(refusal([](Value x) { return slice<1, 1, 9>(pad<1, 0, 1>(x)) + x; }), {"to come along time"});
  contains(refusal([](Value x) { return cumulative_sum<step>(x) * emit(*x.graph, InverseSize{shape_of<step>}); }),
           {"= inverse_size(", "how long the time is", "iota counts"});
  contains(refusal([](Value x) { return x + x.graph->state("w", f32<step, width>); }), {"%w has an axis time"});
  contains(refusal([](Value x) {
             return reshape<small::batch, step, width>(relu(reshape<Axis{"row", 24}, width>(x)));
           }),
           {"merges the axis"});
}

TEST_CASE("a full cache and a foreign token are told in one sentence") {
  const Graph full = in_use(small::llama(), 1, 8);
  Pool pool(1);
  States states;
  compiled(full, states, pool);
  Continuing going_on(full, states, pool, {});
  going_on.run({{1, 2, 3, 4}}, {0}, 4);
  CHECK(complaint<InputError>([&] { going_on.run({{1, 2, 3, 4}}, {6}, 4); }).find("is full") != std::string::npos);
  CHECK(complaint<InputError>([&] { going_on.run({{7}}, {4}, 1); }).find("index 7") != std::string::npos);
  CHECK(complaint<InputError>([&] { going_on.run({{1}}, {-1}, 1); }).find("-1") != std::string::npos);
}

TEST_CASE("with the fast provider what goes on is as near to the whole as two ways to add up are") {
  if (!onednn_missing().empty()) WARN("oneDNN is not here: only our own products are compared");
  const Provider fast = onednn_missing().empty() ? Provider::onednn : Provider::automatic;
  for (const Graph& forward : {small::gpt(), small::llama(), small::grouped_llama()}) {
    CAPTURE(forward.name());
    for (const auto& chunks : std::vector<std::vector<std::size_t>>{{1}, {4, 1, 1}}) {
      const Compared made = compare_in_use(in_use(forward, 4, 8), 4, 8, chunks, false, 16, 2, inference_pipeline, fast);
      CHECK(made.rows == 32);
      CHECK(made.most < 1e-5);
    }
  }
}

TEST_CASE("sequences that share a position or stand one place off do not have these bits") {
  const auto differing = [](const Graph& forward, const std::function<void(std::vector<std::int32_t>&)>& misplace) {
    const Graph full = in_use(forward, 4, 8);
    return compare_in_use(full, 4, 8, {4, 1}, true, 16, 2, inference_pipeline, Provider::own, misplace).differ;
  };
  for (const Graph& forward : {small::gpt(), small::llama()}) {
    CAPTURE(forward.name());
    CHECK(differing(forward, [](auto&) {}) == 0);
    CHECK(differing(forward, [](auto& position) {
            std::fill(position.begin(), position.end(), *std::ranges::min_element(position));
          }) > 0);
    CHECK(differing(forward, [](auto& position) {
            for (auto& p : position) p = std::max(p - 1, 0);
          }) > 0);
  }
}
