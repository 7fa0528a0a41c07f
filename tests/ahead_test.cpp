// What a mask in plain operations keeps out is told by the numbers that lie ahead of each place, and a run agrees.
#include "compiler/ahead.hpp"

#include <catch2/catch.hpp>

#include "compiler/op_table.hpp"
#include "tests/axis_law.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

using namespace law;

constexpr Axis key{"key", step.size};
constexpr float inf = std::numeric_limits<float>::infinity();
Value places(Value x) { return reshape<step, 1>(cast<DType::f32>(emit(*x.graph, Iota{step}))); }
Value keys(Value x) { return cast<DType::f32>(emit(*x.graph, Iota{key})); }
Value later(Value x) { return greater(keys(x), places(x)); }

/// What mixing makes of scores and values, each place's with all keys, which come from the place before or behind.
enum class Keys { before, there, behind };
Dependence of_scores(const std::function<Value(Value scores, Value values)>& mixing, Keys moved = Keys::there) {
  return of_time([&](Value x) {
    const Value from = moved == Keys::before   ? slice<1, 0, 5>(pad<1, 1, 0>(x))
                       : moved == Keys::behind ? slice<1, 1, 6>(pad<1, 0, 1>(x))
                                               : x;
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
  // Scores that are moved along the keys take their mask with them.
  CHECK(of_scores([&](Value s, Value v) {
          return matmul(softmax(slice<2, 1, 6>(pad<2, 0, 1, -inf>(closed_to(s, later(s))))), v);
        }) == Dependence::prefix);
  CHECK(of_scores([&](Value s, Value v) {
          return matmul(softmax(slice<2, 0, 5>(pad<2, 1, 0, -inf>(closed_to(s, later(s))))), v);
        }) == Dependence::all);
  // Keys that each come from the place before may be seen one further, those from the next one only up to before it.
  const auto weights_of = [&](auto mask) {
    return [mask](Value s, Value v) { return matmul(where(mask(s), 0.f, s), v); };
  };
  const auto two_more = [](Value s) { return greater(keys(s), places(s) + 2.f); };
  const auto own_too = [](Value s) { return greater_equal(keys(s), places(s)); };
  CHECK(of_scores(weights_of(one_more), Keys::before) == Dependence::prefix);
  CHECK(of_scores(weights_of(two_more), Keys::before) == Dependence::all);
  CHECK(of_scores(weights_of(own_too), Keys::behind) == Dependence::prefix);
  CHECK(of_scores(weights_of(later), Keys::behind) == Dependence::all);
}

namespace {

/// Without the last index along an axis.
ClosedValue shortened(const ClosedValue& whole, int axis) {
  const Shape& shape = whole.type.shape;
  ClosedValue made = ClosedValue::of({whole.type.dtype, shape.with(axis, Axis(shape[axis].size - 1))});
  for (std::size_t i = 0, to = 0; i < whole.size(); ++i)
    if (index_along(shape, axis, i) + 1 != shape[axis].size) made.buffer().reals()[to++] = whole.number(i);
  return made;
}
ClosedValue random_numbers(const Type& type, std::mt19937& random) {
  ClosedValue made = ClosedValue::of(type);
  for (std::size_t i = 0; i < made.size(); ++i)
    made.buffer().reals()[i] = static_cast<double>(random() % 1001) / 250 - 2;
  return made;
}
ClosedValue made_by(const Op& op, std::span<const ClosedValue> in) {
  std::vector<const ClosedValue*> given;
  std::vector<Type> types;
  for (const ClosedValue& each : in) given.push_back(&each), types.push_back(each.type);
  return applied(op, op.type(types).type, given);
}

}  // namespace

TEST_CASE("what an op says to ignore changes nothing: the result is that of an axis without it") {
  std::mt19937 random(1);
  std::set<std::string_view> held;
  for (const OpInfo* info : every_op()) {
    if (!info->ignores) continue;
    const ErasedExample example = info->example();
    const Op& op = example.op;
    const void* const attributes = op.attributes.get();
    const Type out = op.type(example.in).type;
    for (std::size_t k = 0; k < example.in.size(); ++k)
      for (int a = 0; a < example.in[k].shape.rank(); ++a) {
        if (!reach_of(op, k, a, example.in, out).anything()) continue;
        CAPTURE(info->doc.name, k, a);
        const Ignored ignored = *info->ignores(attributes, k, a, example.in, out);
        std::vector<ClosedValue> longer, shorter;
        for (std::size_t i = 0; i < example.in.size(); ++i) {
          const bool meets = static_cast<int>(i) == ignored.meets;
          const int axis = i == k ? a : ignored.at;
          Type type = example.in[i];
          if (i == k || meets) type.shape = type.shape.with(axis, Axis(type.shape[axis].size + 1));
          ClosedValue numbers = random_numbers(type, random);
          for (std::size_t n = 0; i == k && n < numbers.size(); ++n)
            if (index_along(type.shape, a, n) + 1 == type.shape[a].size) numbers.buffer().reals()[n] = ignored.number;
          shorter.push_back(i == k || meets ? shortened(numbers, axis) : numbers);
          longer.push_back(std::move(numbers));
        }
        const ClosedValue with = made_by(op, longer), without = made_by(op, shorter);
        if (ignored.axis < 0) {
          CHECK(with.bytes == without.bytes);
        } else {
          CHECK(shortened(with, ignored.axis).bytes == without.bytes);
          const Shape& shape = with.type.shape;
          for (std::size_t n = 0; n < with.size(); ++n)
            if (index_along(shape, ignored.axis, n) + 1 == shape[ignored.axis].size)
              CHECK(with.number(n) == ignored.makes);
        }
        held.insert(info->doc.name);
      }
  }
  CHECK(held == std::set<std::string_view>{"log_softmax", "matmul", "max_to", "softmax", "sum_to"});
}

TEST_CASE("the numbers ahead of each place are those that a mask holds there, from any distance on") {
  Graph graph("masks");
  const Value x = graph.input("x", f32<step, key>), distance = keys(x) - places(x);
  const Places rows{0, 1, 5}, columns{1, 1, 5};

  using R = NumberRange;
  const auto of = [&](Value v, std::ptrdiff_t by = 0) { return Ahead(graph).of(v, rows, columns, by); };
  CHECK(of(distance) == R{1, 4});
  CHECK(of(distance, -3) == R{-2, 4});
  CHECK(of(distance, 3) == R{4, 4});
  CHECK(of(later(x)) == R{1, 1});
  CHECK(of(later(x), -1) == R{0, 1});
  CHECK(of(x) == R{});
  CHECK(of(where(later(x), -1e9f, x)) == R{-1e9, -1e9});
  CHECK(of(x + where(later(x), -inf, distance)) == R{-inf, -inf});
  CHECK(of(x - where(later(x), inf, distance)) == R{-inf, -inf});
  CHECK(of(x * where(later(x), 0.f, distance)) == R{0, 0});
  CHECK(of(softmax(where(later(x), -inf, x))) == R{0, 0});
  CHECK(of(softmax(x)) == R{0, 1});
  // Turned, the rows lie along the other axis.
  CHECK(Ahead(graph).of(transpose(where(later(x), -inf, x)), columns, rows) == R{-inf, -inf});
}
