// What is said of the elements along an axis that a value is made of is what a run shows: one element of an input is
// changed, and nothing else moves than was said.
#include "compiler/axis_dependence.hpp"

#include <catch2/catch.hpp>

#include "compiler/op_table.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
#include "tests/derivative_law.hpp"
#include "tests/op_example.hpp"
#include "tests/random_graph.hpp"
#include "tests/small_language.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

/// The index of element number n along an axis.
std::size_t index_along(const Shape& shape, int axis, std::size_t n) {
  for (int i = shape.rank() - 1; i > axis; --i) n /= shape[i].size;
  return n % shape[axis].size;
}

/// Whether element number n of a value may move where position `at` of what is followed does.
bool may_move(const MadeOf& made, const Shape& shape, std::size_t n, std::size_t at) {
  if (made.anything) return true;
  return std::ranges::any_of(made.along, [&](const Places& p) {
    const auto here = static_cast<std::ptrdiff_t>(index_along(shape, p.axis, n) / p.inner % p.size);
    const auto there = static_cast<std::ptrdiff_t>(at);
    return here + p.first <= there && there <= here + p.last;
  });
}

/// Changes every element of a leaf at one index of an axis: numbers get others, whole numbers and masks another of
/// those that the leaf holds, so that an index stays one.
void change(std::vector<std::byte>& bytes, const Type& type, int axis, std::size_t at) {
  const std::size_t size = stored_size<double>(type.dtype);
  const std::vector<std::byte> before = bytes;
  const std::size_t count = type.shape.elements();
  for (std::size_t i = 0; i < count; ++i) {
    if (index_along(type.shape, axis, i) != at) continue;
    if (type.dtype == DType::f32) {
      double x = 0;
      std::memcpy(&x, &bytes[i * size], size);
      x = x * 1.25 + 0.0625;
      std::memcpy(&bytes[i * size], &x, size);
    } else {
      for (std::size_t k = 0; k < count; ++k)
        if (std::memcmp(&before[k * size], &before[i * size], size) != 0) {
          std::memcpy(&bytes[i * size], &before[k * size], size);
          break;
        }
    }
  }
}

struct Counted {
  std::size_t moved = 0, stayed = 0;  // elements that may move, and that must not
};

/// Follows one axis of a leaf through a graph; empty, or what moved though it was said not to.
std::string disagreement(const Graph& graph, const Values<double>& leaves, Value leaf, int axis, Counted& seen) {
  const AxisDependence dependence(graph, leaf, axis);
  const Values<double> before = evaluate<double>(graph, leaves);
  for (std::size_t at = 0; at < leaf.type().shape[axis].size; ++at) {
    Values<double> changed = leaves;
    change(changed.at(leaf.id), leaf.type(), axis, at);
    Values<double> after;
    try {
      after = evaluate<double>(graph, changed);
    } catch (const InputError&) {
      continue;  // a number that was an index is none any more
    }
    for (Value v : graph.topological()) {
      const std::size_t size = stored_size<double>(v.type().dtype);
      for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
        const bool may = may_move(dependence.made_of(v), v.type().shape, i, at);
        const bool moved = std::memcmp(&before.at(v.id)[i * size], &after.at(v.id)[i * size], size) != 0;
        (may ? seen.moved : seen.stayed) += 1;
        if (moved && !may)
          return "element " + std::to_string(i) + " of %" + std::to_string(v.id) + " " +
                 std::string(v.op() ? v.op()->name() : "leaf") + " moves with position " + std::to_string(at);
      }
    }
  }
  return "";
}

/// Along every axis of every input and state.
std::string disagreement(const Graph& graph, const Values<double>& leaves, Counted& seen) {
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input && v.node().leaf != Leaf::state) continue;
    for (int axis = 0; axis < v.type().shape.rank(); ++axis)
      if (const std::string found = disagreement(graph, leaves, v, axis, seen); !found.empty())
        return found + ", followed from axis " + std::to_string(axis) + " of " + v.node().name;
  }
  return "";
}

constexpr Axis batch{"batch", 2}, step{"time", 5}, width{"width", 3}, row{"row", 10};

/// What is said of output "y" of a graph made of x [batch, step, width], once a run has agreed.
Dependence of_time(const std::function<Value(Value)>& build) {
  Graph graph("example");
  graph.output("y", build(graph.input("x", f32<batch, step, width>)));
  Counted seen;
  CHECK(disagreement(graph, random_leaves(graph, 3), seen) == "");
  return AxisDependence(graph, "time").of(graph.outputs()[0].second);
}

}  // namespace

TEST_CASE("no op's result moves along an axis where the op says that it does not") {
  Counted seen;
  for (const OpInfo* info : every_op()) {
    CAPTURE(info->doc.name);
    const Graph graph = example_graph(*info);
    for (std::uint32_t seed : {1u, 2u}) CHECK(disagreement(graph, random_leaves(graph, seed), seen) == "");
  }
  CHECK(seen.stayed > 1000);
}

TEST_CASE("of 200 random graphs nothing moves that was said to stay") {
  Counted seen;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    const RandomGraph random = random_graph(seed);
    Values<float> leaves;
    for (const auto& [name, bytes] : random.leaves) leaves[random.graph.find(name).id] = bytes;
    CHECK(disagreement(random.graph, widened(random.graph, leaves), seen) == "");
  }
  CHECK(seen.stayed > seen.moved / 10);
}

TEST_CASE("the four kinds of dependence, each as a run shows it") {
  const auto w = [](Value x) { return x.graph->state("w", f32<width, 3>); };
  CHECK(of_time([&](Value x) { return relu(matmul(x, w(x))); }) == Dependence::pointwise);
  CHECK(of_time([&](Value x) { return softmax(x); }) == Dependence::pointwise);
  CHECK(of_time([](Value x) { return cumulative_sum<step>(x); }) == Dependence::prefix);
  CHECK(of_time([](Value x) { return x - cumulative_sum<step, true>(x); }) == Dependence::prefix);
  CHECK(of_time([](Value x) { return cumulative_sum<step, false, true>(x); }) == Dependence::all);
  CHECK(of_time([](Value x) { return softmax<step>(x); }) == Dependence::all);
  CHECK(of_time([](Value x) { return x - mean<step>(x, keep_axes); }) == Dependence::all);
  CHECK(of_time([](Value x) { return flip<step>(x); }) == Dependence::all);
  CHECK(of_time([](Value x) { return emit(*x.graph, Iota{step}); }) == Dependence::constant);
}

TEST_CASE("a place that moves is followed: backwards it is past, forwards it is to come") {
  // Each place with the one before it, by a zero in front; and with the next one, by a zero behind.
  CHECK(of_time([](Value x) { return slice<1, 0, 5>(pad<1, 1, 0>(x)) + x; }) == Dependence::prefix);
  CHECK(of_time([](Value x) { return slice<1, 1, 6>(pad<1, 0, 1>(x)) + x; }) == Dependence::all);
  // There and back again is where it was.
  CHECK(of_time([](Value x) { return slice<1, 1, 6>(pad<1, 1, 0>(x)) * x; }) == Dependence::pointwise);
  // Windows of three places of an image that is one row: padded on both sides they see one place ahead.
  const auto filter = [](Value x) { return x.graph->state("f", f32<1, 3, 3, 3>); };
  const auto images = [](Value x) { return reshape<batch, 1, step, width>(x); };
  CHECK(of_time([&](Value x) { return conv2d<Extent{1, 1}, Extent{0, 1}>(images(x), filter(x)); }) == Dependence::all);
  CHECK(of_time([&](Value x) { return conv2d(pad<2, 2, 0>(images(x)), filter(x)); }) == Dependence::prefix);
  CHECK(of_time([&](Value x) { return max_pool2d<Extent{1, 2}, Extent{1, 1}>(images(x)); }) == Dependence::all);
}

TEST_CASE("time is followed through axes that are merged, permuted and given back") {
  const auto rows = [](Value x) { return reshape<row, width>(x); };
  const auto back = [](Value x) { return reshape<batch, step, width>(x); };
  CHECK(of_time([&](Value x) { return back(relu(rows(x))); }) == Dependence::pointwise);
  CHECK(of_time([&](Value x) { return back(softmax(rows(x))); }) == Dependence::pointwise);
  // Along the merged axis the rows before are other examples too: nothing can be said.
  CHECK(of_time([&](Value x) { return back(cumulative_sum<0>(rows(x))); }) == Dependence::all);
  CHECK(of_time([](Value x) { return transpose(cumulative_sum<-1>(transpose(x))); }) == Dependence::prefix);
}

TEST_CASE("attention sees what its mask lets it see, and a table of positions is no text") {
  const auto looking = [](Looks looks, bool rotary_too) {
    return of_time([&](Value x) {
      const Value q = reshape<batch, 1, step, width>(x),
                  k = emit(Rename{shape_of<batch, 1, Axis{"key", 5}, width>}, {q});
      const Value turned = rotary_too ? pad<3, 0, 1>(q) : q;
      if (rotary_too) return emit(Rotary{100.f, false, false}, {turned, emit(*x.graph, Iota{step})});
      return emit(Attention{0.5f, looks.causal, looks.window}, {q, k, k});
    });
  };
  CHECK(looking(causal, false) == Dependence::prefix);
  CHECK(looking(causal.within(2), false) == Dependence::prefix);
  CHECK(looking(causal.within(1), false) == Dependence::pointwise);
  CHECK(looking(everywhere, false) == Dependence::all);
  CHECK(looking(everywhere.within(2), false) == Dependence::all);
  CHECK(looking(everywhere, true) == Dependence::pointwise);
}

TEST_CASE("GPT and Llama are causal by their ops, and a run agrees for every value of them") {
  for (const Graph& graph : {small::gpt(), small::llama(), small::grouped_llama()}) {
    CAPTURE(graph.name());
    const AxisDependence dependence(graph, "time");
    CHECK(dependence.of(output_of(graph, "y")) == Dependence::prefix);
    CHECK(dependence.of(output_of(graph, "loss")) == Dependence::all);
    for (Value v : graph.topological())
      if (v.node().leaf == Leaf::state) CHECK(dependence.of(v) == Dependence::constant);
    Counted seen;
    const Value token = graph.find("token");
    CHECK(disagreement(graph, leaves<double>(graph, some_leaves(graph)), token, 1, seen) == "");
    CHECK(seen.stayed > 100);
  }
}

TEST_CASE("of what holds positions too, a table of them is pointwise along the time") {
  const Graph graph = small::gpt();
  const AxisDependence dependence(graph, "time", AxisDependence::From::positions);
  std::size_t counters = 0;
  for (Value v : graph.topological())
    if (v.op() && v.operands().empty() && !v.type().shape.empty()) {
      ++counters;
      CHECK(dependence.of(v) == Dependence::pointwise);
      for (Value user : graph.users(v)) CHECK(dependence.of(user) == Dependence::pointwise);
    }
  CHECK(counters == 1);
  CHECK(dependence.of(output_of(graph, "y")) == Dependence::prefix);
}

TEST_CASE("attention in plain operations is causal by its mask, and once it is recognized") {
  Graph graph = parse(R"(graph plain {
  input %x : f32[batch 2, time 5, width 4]
  %1 = iota() {along = time 5} : i32[time 5]
  %2 = cast(%1) {to = f32} : f32[time 5]
  %3 = reshape(%2) {to = [time 5, 1]} : f32[time 5, 1]
  %4 = rename(%x) {to = [batch 2, key 5, width 4]} : f32[batch 2, key 5, width 4]
  %5 = transpose(%4) : f32[batch 2, width 4, key 5]
  %6 = matmul(%x, %5) : f32[batch 2, time 5, key 5]
  %7 = mul(%6, 0.5) : f32[batch 2, time 5, key 5]
  %8 = rename(%2) {to = [key 5]} : f32[key 5]
  %9 = greater(%8, %3) : bool[time 5, key 5]
  %10 = where(%9, -inf, %7) : f32[batch 2, time 5, key 5]
  %11 = softmax(%10) : f32[batch 2, time 5, key 5]
  %12 = matmul(%11, %4) : f32[batch 2, time 5, width 4]
  output y = %12
})");
  CHECK(AxisDependence(graph, "time").of(output_of(graph, "y")) == Dependence::prefix);
  recognize(graph);
  CHECK(AxisDependence(graph, "time").of(output_of(graph, "y")) == Dependence::prefix);
}

namespace {

constexpr Axis key{"key", step.size};
constexpr float inf = std::numeric_limits<float>::infinity();
Value places(Value x) { return reshape<step, 1>(cast<DType::f32>(emit(*x.graph, Iota{step}))); }
Value keys(Value x) { return cast<DType::f32>(emit(*x.graph, Iota{key})); }
Value later(Value x) { return greater(keys(x), places(x)); }

/// What mixing makes of scores and values, each place's with all keys.
Dependence of_scores(const std::function<Value(Value scores, Value values)>& mixing, bool keys_before = false) {
  return of_time([&](Value x) {
    const Value from = keys_before ? slice<1, 0, 5>(pad<1, 1, 0>(x)) : x;
    const Value k = emit(Rename{shape_of<batch, key, width>}, {from});
    return mixing(matmul(x, transpose(k)) + (keys(x) - places(x)) * 0.25f, k);
  });
}

}  // namespace

TEST_CASE("a mask of what is to come is understood by the number that an op ignores, and a run agrees") {
  using Mixing = std::function<Value(Value, Value)>;
  const auto closed_to = [](Value s, Value mask) { return where(mask, -inf, s); };
  const auto added = [](Value mask, float n) { return where(mask, number(*mask.graph, n), number(*mask.graph, 0)); };
  const std::vector<Mixing> back_only{
      [&](Value s, Value v) { return matmul(softmax(closed_to(s, later(s))), v); },
      [&](Value s, Value v) { return matmul(softmax(s + added(later(s), -inf)), v); },
      [&](Value s, Value v) { return matmul(softmax(added(later(s), -inf) + s * 2.f - 1.f), v); },
      [&](Value s, Value v) { return matmul(exp(emit(LogSoftmax{}, {closed_to(s, later(s))})), v); },
      [&](Value s, Value v) { return matmul(transpose(transpose(softmax(closed_to(s, later(s))))), v); },
      [&](Value s, Value v) { return transpose(matmul(transpose(v), transpose(softmax(closed_to(s, later(s)))))); },
      [&](Value s, Value) { return sum<-1>(where(later(s), 0.f, s * s), keep_axes); },
      [&](Value s, Value) { return max<-1>(closed_to(s, later(s)), keep_axes); },
      [&](Value s, Value v) {
        const Value e = exp(closed_to(s, later(s)) - max<-1>(closed_to(s, later(s)), keep_axes));
        return matmul(e / sum<-1>(e, keep_axes), v);
      },
      [&](Value s, Value v) { return matmul(s * cast<DType::f32>(logical_not(later(s))), v); },
      [&](Value s, Value v) {
        const Value some = s.graph->state("some", boolean<batch, 1, key>);
        return matmul(where(logical_or(some, later(s)), 0.f, s), v);
      },
      [&](Value s, Value v) {
        const Value far = greater(places(s) - keys(s), 1.5f);
        return matmul(softmax(closed_to(s, logical_or(later(s), far))), v);
      },
      [&](Value s, Value v) {
        const Value rows = softmax(reshape<row, key>(closed_to(s, later(s))));
        return matmul(reshape<batch, step, key>(rows), v);
      },
      [&](Value s, Value v) {
        const Value moved = pad<1, 1, 0, -inf>(pad<2, 1, 0, -inf>(closed_to(s, later(s))));
        return matmul(softmax(slice<1, 1, 6>(slice<2, 1, 6>(moved))), v);
      }};
  for (std::size_t i = 0; i < back_only.size(); ++i) {
    CAPTURE(i);
    CHECK(of_scores(back_only[i]) == Dependence::prefix);
  }
  const auto one_more = [](Value s) { return greater(keys(s), places(s) + 1.f); };
  const std::vector<Mixing> ahead{
      [&](Value s, Value v) { return matmul(softmax(s), v); },
      [&](Value s, Value v) { return matmul(softmax(closed_to(s, one_more(s))), v); },
      [&](Value s, Value v) { return matmul(softmax(closed_to(s, greater(places(s), keys(s)))), v); },
      [&](Value s, Value v) { return matmul(softmax(s + added(later(s), -20.f)), v); },
      [&](Value s, Value v) { return matmul(softmax(where(later(s), 0.f, s)), v); },  // 0 is no -inf
      [&](Value s, Value v) { return matmul(where(one_more(s), 0.f, s), v); },
      [&](Value s, Value v) { return matmul(flip<-1>(softmax(closed_to(s, later(s)))), v); },
      [&](Value s, Value v) { return matmul(softmax(closed_to(s, later(s))), flip<key>(v)); },
      [&](Value s, Value v) {
        const Value rows = emit(Rename{shape_of<batch, step, width>}, {v});
        return matmul(transpose(softmax(closed_to(s, later(s)))), rows);
      },
      [&](Value s, Value v) { return matmul(transpose(softmax(transpose(closed_to(s, later(s))))), v); }};
  for (std::size_t i = 0; i < ahead.size(); ++i) {
    CAPTURE(i);
    CHECK(of_scores(ahead[i]) == Dependence::all);
  }
  // Keys that each come from the place before may be seen one further.
  CHECK(of_scores([&](Value s, Value v) { return matmul(softmax(closed_to(s, one_more(s))), v); }, true) ==
        Dependence::prefix);
  CHECK(of_scores([&](Value s, Value v) { return matmul(softmax(closed_to(s, greater(keys(s), places(s) + 2.f))), v); },
                  true) == Dependence::all);
}
