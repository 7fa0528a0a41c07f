// compiler/NUMERICS.md on NaN, sentence by sentence.
#include <set>

#include "compiler/op_table.hpp"
#include "tests/numbers_everywhere.hpp"
#include "vitrine/looks.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using namespace vitrine::every_way;

namespace {

bool all_nan(const Numbers& x) {
  return std::ranges::all_of(x, [](double v) { return std::isnan(v); });
}

}  // namespace

TEST_CASE("numerics: every elementwise op hands a NaN on, but comparisons, where and pow") {
  const std::set<std::string_view> others{"greater", "greater_equal", "equal", "where", "pow", "when_training"};
  std::size_t seen = 0;
  for (const OpInfo* info : every_op()) {
    if (!info->elementwise() || others.contains(info->doc.name)) continue;
    const ErasedExample example = info->example();
    // (when_training is a choice between its operands, made by a pass.)
    const bool numbers_only = std::ranges::all_of(example.in, [](const Type& t) { return t.dtype == DType::f32; });
    if (!numbers_only) continue;
    for (std::size_t bad = 0; bad < example.in.size(); ++bad) {
      std::vector<Given> given;
      for (const Type& t : example.in) given.push_back({t, Numbers(t.shape.elements(), 0.5)});
      given[bad].elements[0] = not_a_number;
      const Numbers y = computed(given, [&](const std::vector<Value>& in) { return in[0].graph->add(example.op, in); });
      CAPTURE(info->doc.name, bad, y);
      CHECK(std::isnan(y.front()));
      CHECK((given[bad].elements.size() == 1 || !std::isnan(y.back())));
      ++seen;
    }
  }
  CHECK(seen >= 20);
}

TEST_CASE("numerics: maximum, minimum, relu and clamp of NaN are NaN") {
  CHECK_SAME(of({not_a_number, 1, not_a_number}, {1, not_a_number, not_a_number},
                [](Value a, Value b) { return maximum(a, b); }),
             {not_a_number, not_a_number, not_a_number});
  CHECK_SAME(of({not_a_number, 1, not_a_number}, {1, not_a_number, not_a_number},
                [](Value a, Value b) { return minimum(a, b); }),
             {not_a_number, not_a_number, not_a_number});
  CHECK_SAME(of({not_a_number, -1}, [](Value a) { return relu(a); }), {not_a_number, 0});
  CHECK_SAME(of({not_a_number, 3}, [](Value a) { return clamp(a, -1.f, 2.f); }), {not_a_number, 2});
}

TEST_CASE("numerics: a reduction of NaN and numbers is NaN, and the others are not") {
  for (const std::size_t columns : {2u, 5u, 70u}) {
    Numbers x(2 * columns, 1);
    x[columns - 1] = not_a_number;
    const auto rows = [&](auto function) {
      return computed({matrix_of(2, x)}, [&](const std::vector<Value>& in) { return function(in[0]); });
    };
    const auto count = static_cast<double>(columns);
    CHECK_SAME(rows([](Value v) { return sum<1>(v); }), {not_a_number, count});
    CHECK_SAME(rows([](Value v) { return mean<1>(v); }), {not_a_number, 1});
    CHECK_SAME(rows([](Value v) { return max<1>(v); }), {not_a_number, 1});
    CHECK_SAME(rows([](Value v) { return min<1>(v); }), {not_a_number, 1});
    CHECK_SAME(rows([](Value v) { return variance<1>(v); }), {not_a_number, 0});
    Numbers columns_wanted(columns, 1);
    columns_wanted.back() = not_a_number;
    const Numbers down = rows([](Value v) { return max<0>(v); });
    CHECK(same(down, columns_wanted));
  }
}

TEST_CASE("numerics: max_pool2d of a window with NaN is NaN") {
  const Given image{{DType::f32, shape_of<1, 2, 4, 1>}, {1, not_a_number, 3, 4, 5, 6, 7, 8}};
  CHECK_SAME(computed({image},
                      [](const std::vector<Value>& in) {
                        return max_pool2d<Extent{2, 2}>(in[0]);
                      }),
             {not_a_number, 8});
}

TEST_CASE("numerics: argmax takes the first NaN, and of equals the first") {
  const auto place = [](Numbers x) { return of(std::move(x), [](Value v) { return argmax(v); })[0]; };
  CHECK(place({1, 7, 7}) == 1);
  CHECK(place({-0., 0, -0.}) == 0);
  CHECK(place({9, not_a_number, inf, not_a_number}) == 1);
  CHECK(place({-inf, -inf}) == 0);
}

TEST_CASE("numerics: comparisons with NaN are false, and not_equal is true") {
  const Numbers x{not_a_number, 1, not_a_number}, y{1, not_a_number, not_a_number};
  CHECK_SAME(of(x, y, [](Value a, Value b) { return greater(a, b); }), {0, 0, 0});
  CHECK_SAME(of(x, y, [](Value a, Value b) { return greater_equal(a, b); }), {0, 0, 0});
  CHECK_SAME(of(x, y, [](Value a, Value b) { return less(a, b); }), {0, 0, 0});
  CHECK_SAME(of(x, y, [](Value a, Value b) { return less_equal(a, b); }), {0, 0, 0});
  CHECK_SAME(of(x, y, [](Value a, Value b) { return equal(a, b); }), {0, 0, 0});
  CHECK_SAME(of(x, y, [](Value a, Value b) { return not_equal(a, b); }), {1, 1, 1});
}

TEST_CASE("numerics: where takes the side it chooses and nothing of the other") {
  CHECK_SAME(of({1, -1, 0}, [](Value x) { return where(greater(x, 0.f), log(x), 0.f); }), {0, 0, 0});
  CHECK_SAME(of({1, -1}, {not_a_number, inf}, [](Value x, Value y) { return where(greater(x, 0.f), x, y); }), {1, inf});
  CHECK_SAME(of({1, -1}, {not_a_number, inf}, slope([](Value x, Value y) { return where(greater(x, 0.f), x, y); })),
             {1, 0});
}

TEST_CASE("numerics: x to the power of 0 and 1 to the power of y are 1, of NaN too") {
  CHECK_SAME(of({not_a_number, 1, not_a_number, 0, inf, -0.}, {0, not_a_number, 1, 0, 0, 0},
                [](Value x, Value y) { return pow(x, y); }),
             {1, 1, not_a_number, 1, 1, 1});
  CHECK_SAME(of({not_a_number, -3, 0}, [](Value x) { return pow(x, 0.f); }), {1, 1, 1});
}

TEST_CASE("numerics: a zero does not hide what it is multiplied with") {
  CHECK_SAME(of({inf, -inf, not_a_number}, [](Value x) { return x * 0.f; }),
             {not_a_number, not_a_number, not_a_number});
  const auto product = [](std::vector<Given> given) {
    return computed(given, [](const std::vector<Value>& in) { return matmul(in[0], in[1]); });
  };
  CHECK_SAME(product({matrix_of(2, {0, 1, 1, 1}), matrix_of(2, {not_a_number, 1, 2, 3})}),
             {not_a_number, 3, not_a_number, 4});
  CHECK_SAME(product({matrix_of(1, {0, 1}), matrix_of(2, {inf, 1, 2, 3})}), {not_a_number, 3});
}

TEST_CASE("numerics: a NaN in a row makes softmax, log_softmax, cross entropy and row_norm of that row NaN") {
  Numbers x(3 * 40, 0.5);
  x[40 + 17] = not_a_number;
  const auto rows_of = [&](auto function) {
    const Numbers y = computed(
        {matrix_of(3, x)}, [&](const std::vector<Value>& in) { return function(in[0]); }, Agree::everywhere);
    std::size_t right = 0;
    for (std::size_t i = 0; i < y.size(); ++i) right += std::isnan(y[i]) == (i * 3 / y.size() == 1);
    CHECK(right == y.size());
  };
  rows_of([](Value v) { return softmax(v); });
  rows_of([](Value v) { return log_softmax(v); });
  rows_of([](Value v) { return emit(RowNorm<true>{1e-5f}, {v}); });
  const Numbers loss = computed(
      {matrix_of(3, x), whole({0, 0, 39})},
      [](const std::vector<Value>& in) {
        return emit(CrossEntropy{}, {in[0], in[1]});
      },
      Agree::everywhere);
  CHECK_FALSE(std::isnan(loss[0]));
  CHECK(std::isnan(loss[1]));
  CHECK_FALSE(std::isnan(loss[2]));
}

TEST_CASE("numerics: softmax gives -infinity nothing, and a row of nothing else, or with infinity, is NaN") {
  const auto rows = [](Numbers x) {
    return computed({matrix_of(2, std::move(x))}, [](const std::vector<Value>& in) { return softmax(in[0]); });
  };
  CHECK_SAME(rows({-inf, 2, -inf, 2, 1, -inf, -inf, -inf}), {0, 0.5, 0, 0.5, 1, 0, 0, 0});
  CHECK(all_nan(rows({-inf, -inf, inf, 1})));
}

TEST_CASE("numerics: attention sees nothing of the keys and values that a query may not look at") {
  // Three queries, causal: what comes later holds NaN, infinity and numbers that overflow.
  constexpr std::size_t time = 70, width = 2;
  Numbers q(time * width, 0.25), k = q, v(time * width, 1);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<double>(i % 5);
  const auto outputs = [&] {
    const Type type{DType::f32, shape_of<1, 1, Axis(time), Axis(width)>};
    return computed(
        {{type, q}, {type, k}, {type, v}},
        [](const std::vector<Value>& in) { return attention<causal>(in[0], in[1], in[2]); }, Agree::on_each_isa);
  };
  const Numbers before = outputs();
  for (const std::size_t from : {1u, 2u, 40u, 65u}) {
    const Numbers clean_k = k, clean_v = v;
    for (std::size_t i = from * width; i < v.size(); ++i)
      k[i] = i % 2 ? not_a_number : inf, v[i] = i % 2 ? inf : not_a_number;
    const Numbers after = outputs();
    std::size_t equal = 0;
    for (std::size_t i = 0; i < from * width; ++i) equal += same(before[i], after[i]);
    CAPTURE(from);
    CHECK(equal == from * width);
    CHECK(std::isnan(after[from * width]));
    k = clean_k, v = clean_v;
  }
}

TEST_CASE("numerics: no pass takes a NaN or an infinity away") {
  const Numbers x{not_a_number, inf, -inf, 0, 2};
  CHECK_SAME(of(x, [](Value v) { return v - v; }), {not_a_number, not_a_number, not_a_number, 0, 0});
  CHECK_SAME(of(x, [](Value v) { return v / v; }), {not_a_number, not_a_number, not_a_number, not_a_number, 1});
  CHECK_SAME(of(x, [](Value v) { return v * 0.f; }), {not_a_number, not_a_number, not_a_number, 0, 0});
  CHECK_SAME(of(x, [](Value v) { return 0.f / v; }), {not_a_number, 0, -0., not_a_number, 0});
  CHECK_SAME(of(x, [](Value v) { return maximum(v, -HUGE_VALF); }), {not_a_number, inf, -inf, 0, 2});
  CHECK_SAME(of(x, [](Value v) { return minimum(v, HUGE_VALF); }), {not_a_number, inf, -inf, 0, 2});
  CHECK_SAME(of(x, [](Value v) { return equal(v, v); }), {0, 1, 1, 1, 1});
}
