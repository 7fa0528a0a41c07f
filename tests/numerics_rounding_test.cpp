// compiler/NUMERICS.md on ties, rounding and what passes may change of it, sentence by sentence.
#include "compiler/gradients.hpp"
#include "runtime/gemm.hpp"
#include "tests/numbers_everywhere.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using namespace vitrine::every_way;

// ---- Ties

TEST_CASE("numerics: at a tie the gradient goes in equal shares to maximum and max, and to the first of max_pool2d") {
  CHECK_SAME(of({2, 1}, {2, 3}, slope([](Value x, Value y) { return maximum(x, y); })), {0.5, 0});
  CHECK_SAME(of({2, 1}, {2, 3}, slope([](Value x, Value y) { return minimum(x, y); })), {0.5, 1});
  CHECK_SAME(of({3, 3, 1, 3, 3}, slope([](Value x) { return max(x); })), {0.25, 0.25, 0, 0.25, 0.25});
  const Given image{{DType::f32, shape_of<1, 2, 2, 1>}, {1, 4, 4, 4}};
  CHECK_SAME(computed({image},
                      [](const std::vector<Value>& in) {
                        return gradients(sum(max_pool2d<Extent{2, 2}>(in[0])), std::array{in[0]})[0];
                      }),
             {0, 1, 0, 0});
}

TEST_CASE("numerics: relu, abs and clamp have the slope 0 at their corners") {
  CHECK_SAME(of({0, -0., 1}, slope([](Value x) { return relu(x); })), {0, 0, 1});
  CHECK_SAME(of({-1, 2, 0}, slope([](Value x) { return clamp(x, -1.f, 2.f); })), {0, 0, 1});
  const Numbers bend = of({0, 1, -1}, slope([](Value x) { return abs(x); }));
  CHECK(bend[0] == 0);
  CHECK(bend[1] == 1);
  CHECK(bend[2] == -1);
}

// ---- Rounding

TEST_CASE("numerics: elementwise work is rounded op by op, without fused multiply-adds") {
  // x * x is 1 + 2^-11 + 2^-24, of which f32 keeps 1 + 2^-11: a fused subtraction would leave 2^-24.
  CHECK_SAME(of({1 + 0x1p-12}, {1 + 0x1p-11}, [](Value x, Value y) { return x * x - y; }), {0});
  CHECK_SAME(of({1 + 0x1p-12}, {1}, [](Value x, Value y) { return relu(x * x + y) - 2.f; }), {0x1p-11});
}

TEST_CASE("numerics: products fuse their multiply-adds with AVX2 and AVX-512, and round twice without") {
  const Numbers row{1 + 0x1p-11, 1 + 0x1p-12}, column{-1, 1 + 0x1p-12};
  for (const Isa isa : all_isas()) {
    Graph graph("product");
    graph.output("y", matmul(graph.input("a", f32<1, 2>), graph.input("b", f32<2, 1>)));
    Pool pool(1);
    States states;
    Program program(compile(graph, CpuTarget(isa, Provider::own)), states, pool, isa);
    const std::vector<float> a(row.begin(), row.end()), b(column.begin(), column.end());
    program.bind_input("a", a.data());
    program.bind_input("b", b.data());
    program.run();
    float y = 1;
    std::memcpy(&y, program.output("y").data(), sizeof y);
    CAPTURE(name_of(isa));
    CHECK(y == (isa == Isa::portable ? 0.f : 0x1p-24f));
  }
}

TEST_CASE("numerics: a constant is f32 in every reading, in double too") {
  Graph graph("constant");
  const Value x = graph.input("x", Type{}), y = x * 0.1f;
  const auto values = evaluate<double>(graph, leaves<double>(graph, {{"x", {1}}}));
  CHECK(numbers<double>(values, y)[0] == static_cast<double>(0.1f));
}

TEST_CASE("numerics: accumulate, cumulative_sum and scatter_add add one after the other, in the order given") {
  const Numbers x{0x1p24, 1, 1, -0x1p24};  // 2^24 + 1 is 2^24: another order would make 2
  CHECK_SAME(of(x, [](Value v) { return cumulative_sum<0>(v); }), {0x1p24, 0x1p24, 0x1p24, 0});
  CHECK_SAME(computed({vector_of({0x1p24}), vector_of({1}), vector_of({1}), vector_of({-0x1p24})},
                      [](const std::vector<Value>& in) { return accumulate(in); }),
             {0});
  const auto scattered = [](Numbers numbers, Numbers index) {
    return computed({vector_of(std::move(numbers)), whole(std::move(index))}, [](const std::vector<Value>& in) {
      return emit(ScatterAdd{0, Axis(2)}, {in[0], in[1]});
    });
  };
  CHECK_SAME(scattered(x, {1, 1, 1, 1}), {0, 0});
  CHECK_SAME(scattered({1, 1, 0x1p24, -0x1p24}, {1, 1, 1, 1}), {0, 2});
  CHECK_SAME(scattered({1, 2, 4, 8}, {1, 0, 1, 0}), {10, 5});
}

TEST_CASE("numerics: a sum is added in 32 lanes of a row, so a long one keeps what one after the other would lose") {
  // 2^24 and then ones: one after the other none of them counts; in lanes only those that meet 2^24 are lost.
  Numbers x(32 * 64, 1);
  x[0] = 0x1p24;
  const double total = computed(
      {vector_of(x)}, [](const std::vector<Value>& in) { return sum(in[0]); }, Agree::everywhere)[0];
  CHECK(total == 0x1p24 + 31 * 64);
}

// ---- Passes

TEST_CASE("numerics: every pass of a training is exact: the bits are those from before, at every awkward number") {
  for (const Pass& pass : default_pipeline) CHECK(pass.contract == Contract::exact);
  Numbers awkward;
  for (const double x : {0., -0., 1., -1., 0.5, 3e38, 1e-38, least, -least, 88.8, -103.5, inf, -inf, not_a_number})
    awkward.push_back(x);
  const auto all = [&](auto function) { of(awkward, function); };  // checks itself
  all([](Value x) { return relu(-(-x)) * 1.f / 1.f - 0.f; });
  all([](Value x) { return (x * 2.f + x * 2.f) * exp(x - max(x)); });
  all([](Value x) { return log(softplus(x)) + tanh(x * number(*x.graph, 2)) * erf(x); });
  all([](Value x) { return where(greater(x, 1.f), x / (x - 1.f), sqrt(x)) - pow(x, 3.f); });
  all([](Value x) { return slope([](Value v) { return gelu(v) * sigmoid(v) + silu(v); })(x); });
}
