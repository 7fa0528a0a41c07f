// compiler/NUMERICS.md on casts and whole numbers, sentence by sentence.
#include "compiler/op_table.hpp"
#include "runtime/gemm.hpp"
#include "tests/numbers_everywhere.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;
using namespace vitrine::every_way;
using Catch::Contains;

TEST_CASE("numerics: from f32 to i32 goes towards 0, to the nearest end beyond the range, and to 0 from NaN") {
  CHECK_SAME(of({2.9, -2.9, -0.5, 3e9, -3e9, inf, -inf, not_a_number, 2147483520, 0x1p31, -0x1p31},
                [](Value x) { return cast<DType::i32>(x); }),
             {2, -2, 0, 2147483647, -2147483648., 2147483647, -2147483648., 0, 2147483520, 2147483647, -2147483648.});
}

TEST_CASE("numerics: from i32 to f32 is the nearest, of two the even one") {
  CHECK_SAME(computed({whole({16777217, 16777219, -16777217, 2147483647})},
                      [](const std::vector<Value>& in) { return cast<DType::f32>(in[0]); }),
             {16777216, 16777220, -16777216, 2147483648});
}

TEST_CASE("numerics: as a mask all is true that is not 0, NaN and infinity too, and a mask is 0 and 1") {
  CHECK_SAME(of({0, -0., 0.25, -3, inf, not_a_number}, [](Value x) { return cast<DType::boolean>(x); }),
             {0, 0, 1, 1, 1, 1});
  CHECK_SAME(of({0, 5}, [](Value x) { return cast<DType::f32>(cast<DType::boolean>(x)); }), {0, 1});
  CHECK_SAME(computed({whole({0, -1, 256})}, [](const std::vector<Value>& in) { return cast<DType::boolean>(in[0]); }),
             {0, 1, 1});
}

TEST_CASE("numerics: whole numbers wrap around at 2^31") {
  const auto with = [](auto function) {
    return computed({whole({2147483647, -2147483648., 65536, 7}), whole({1, -1, 65536, -3})},
                    [&](const std::vector<Value>& in) { return function(in[0], in[1]); });
  };
  CHECK_SAME(with([](Value x, Value y) { return x + y; }), {-2147483648., 2147483647, 131072, 4});
  CHECK_SAME(with([](Value x, Value y) { return x - y; }), {2147483646, -2147483647, 0, 10});
  CHECK_SAME(with([](Value x, Value y) { return x * y; }), {2147483647, -2147483648., 0, -21});
}

TEST_CASE("numerics: an index or a label outside stops the run with an error that names it, and one_hot of it is 0") {
  const auto run = [](auto function) {
    return complaint<InputError>([&] {
      Graph graph("index");
      const Value x = graph.input("x", f32<2, 3>), i = graph.input("i", i32<2>);
      graph.output("y", function(x, i));
      Pool pool(1);
      States states;
      Program program(compile(graph, CpuTarget(best_isa())), states, pool, best_isa());
      const std::vector<float> numbers(6, 1);
      const std::vector<std::int32_t> index{0, 3};
      program.bind_input("x", numbers.data());
      program.bind_input("i", index.data());
      program.run();
    });
  };
  CHECK_THAT(run([](Value x, Value i) { return gather(x, i, 1); }), Contains("gather: index 3 at position 1"));
  CHECK_THAT(run([](Value x, Value i) {
               return emit(ScatterAdd{0, Axis(3)}, {x, i});
             }),
             Contains("scatter_add: index 3 at position 1"));
  CHECK_THAT(run([](Value x, Value i) { return cross_entropy(x, i); }), Contains("label 3 of row 1"));
  CHECK_SAME(computed({whole({1, 3, -1})}, [](const std::vector<Value>& in) { return emit(OneHot{Axis(2)}, {in[0]}); }),
             {0, 1, 0, 0, 0, 0});
}

TEST_CASE("numerics: no op of numbers takes bf16, i8 or u8 for them: they are moved, chosen by number and cast") {
  std::size_t moved = 0;
  for (const DType small : {DType::bf16, DType::i8, DType::u8})
    for (const OpInfo* info : every_op()) {
      const ErasedExample example = info->example();
      for (std::size_t bad = 0; bad <= example.in.size(); ++bad) {  // one operand of them, or all
        std::vector<Type> in = example.in;
        for (std::size_t i = 0; i < in.size(); ++i)
          if (in[i].dtype == DType::f32 && (i == bad || bad == in.size())) in[i].dtype = small;
        if (in == example.in) continue;
        const Inferred made = example.op.type(in);
        if (!made.ok()) continue;
        CAPTURE(info->doc.name, name_of(small), bad);
        ++moved;
        const bool moves = made.type.dtype == small && info->doc.kind == Kind::layout;
        const bool casts = info->doc.name == "cast";
        CHECK((moves || casts));
      }
    }
  CHECK(moved >= 9);
}
