// Attention to a cache, in parts: every row has the bits that it has in attention on the whole sequence.
#include <sys/mman.h>
#include <unistd.h>

#include "tests/cached_attention.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using namespace vitrine::cached;

TEST_CASE("by definition a row of attention_at is attention's row, to the bit, with windows, rings and groups") {
  for (const std::size_t batch : {1u, 4u})
    for (const Looks looks : {causal, causal.within(5), causal.within(1)}) {
      const Whole w{{batch, 4, 2, 70, 5, 3}, looks};
      check_parts(w, 70, false, by_definition, 3, {1, 4, 16});
      check_parts(w, 90, false, by_definition, 11, {1, 4, 64});
      if (looks.window != 0) check_parts(w, 64, true, by_definition, 3, {1, 4, 16, 58});
    }
}

TEST_CASE("the kernel's rows of attention_at are its rows of attention, to the bit, at every position") {
  for (const std::size_t batch : {1u, 4u})
    for (const Looks looks : {causal, causal.within(100)}) {
      const Whole w{{batch, 4, 2, 200, 16, 16}, looks};
      const Compute compute = by_program(best_isa(), 2);
      check_parts(w, 256, false, compute, 1, {1});
      check_parts(w, 200, false, compute, 13, {4, 16, 64});
      if (looks.window != 0) {
        check_parts(w, 128, true, compute, 1, {1});
        check_parts(w, 192, true, compute, 13, {4, 16, 64});
      }
    }
}

TEST_CASE("so they are for heads of any width, groups of any size, windows and instruction sets") {
  for (const Isa isa : all_isas())
    for (const std::int64_t window : {0, 1, 17, 64, 65})
      for (const Sizes& n : {Sizes{1, 1, 1, 133, 1, 1}, Sizes{1, 3, 3, 133, 3, 2}, Sizes{2, 2, 1, 133, 4, 8},
                             Sizes{1, 6, 2, 133, 7, 19}, Sizes{1, 5, 1, 133, 24, 20}, Sizes{1, 2, 2, 133, 64, 64},
                             Sizes{1, 20, 1, 133, 33, 48}, Sizes{1, 1, 1, 133, 130, 70}, Sizes{2, 5, 5, 133, 32, 20},
                             Sizes{1, 6, 6, 133, 16, 40}, Sizes{1, 10, 5, 133, 8, 32}}) {
        const Whole w{n, Looks{true, window}};
        const Compute compute = by_program(isa, 2);
        check_parts(w, 133, false, compute, 22, {1, 2, 3, 4, 8, 9});
        if (window != 0) check_parts(w, 128, true, compute, 22, {1, 2, 3, 4, 8, 9});
      }
}

TEST_CASE("attention_at has the same bits for 1, 2 and 4 threads, with so much to read that it is shared out") {
  for (const std::size_t count : {1u, 2u, 16u}) {
    const Whole w{{2, 8, 4, 700, 64, 64}, causal};
    const std::vector<std::size_t> at{600, 31};
    const Floats one = part(w, at, count, 700, false, by_program(best_isa(), 1));
    CHECK(part(w, at, count, 700, false, by_program(best_isa(), 2)) == one);
    CHECK(part(w, at, count, 700, false, by_program(best_isa(), 4)) == one);
  }
}

TEST_CASE("the kernel of attention_at is near what double says") {
  const Whole w{{2, 4, 2, 150, 24, 24}, causal.within(70)};
  for (const std::size_t count : {1u, 5u, 20u}) {
    const std::vector<std::size_t> at{120, 0};
    const Floats wanted = part(w, at, count, 150, false, by_definition);
    for (const Isa isa : all_isas()) {
      const Floats got = part(w, at, count, 150, false, by_program(isa, 1));
      for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(std::abs(got[i] - wanted[i]) < 1e-5f);
    }
  }
}

TEST_CASE("rows that fill up a shorter sequence may lie beyond the cache, and leave the others as they are") {
  for (const Looks looks : {causal, causal.within(6)}) {
    const Whole w{{2, 2, 1, 70, 8, 8}, looks};
    const Compute compute = by_program(best_isa(), 2);
    const Floats whole = w.attention(compute);
    for (const std::size_t count : {4u, 16u}) check_part(w, whole, {68, 3}, count, 70, false, compute);
    for (const std::size_t count : {4u, 16u}) CHECK_NOTHROW(part(w, {90, 3}, count, 70, false, compute));
    CHECK_NOTHROW(part(w, {90, 3}, 4, 70, false, by_definition));
  }
}

TEST_CASE("what a query does not look at, a NaN even, is nothing to it in a cache either") {
  for (const std::size_t count : {4u, 16u})
    for (const Compute& compute : {Compute(by_definition), by_program(best_isa(), 1)}) {
      Whole w{{1, 2, 2, 100, 16, 16}, causal.within(30)};
      const Floats wanted = part(w, {80}, count, 100, false, compute);
      for (const std::size_t row : {0u, 40u, 50u, 99u})
        for (Floats* x : {&w.k, &w.v})
          for (std::size_t head = 0; head < 2; ++head)
            std::fill_n(&(*x)[(head * 100 + row) * 16], 16, std::numeric_limits<float>::quiet_NaN());
      CHECK(part(w, {80}, count, 100, false, compute) == wanted);  // 51 to 95
    }
}

TEST_CASE("attention_at reads keys and values that lie as [batch, key, head, each] where they lie") {
  Graph split("split"), dense("dense");
  for (Graph* graph : {&split, &dense}) {
    const Value q = graph->input("q", f32<2, 4, 1, 8>), at = graph->input("at", i32<2>);
    Value k, v;
    if (graph == &split) {
      k = permute<0, 2, 1, 3>(graph->input("k", f32<2, 70, 4, 8>));
      v = permute<0, 2, 1, 3>(graph->input("v", f32<2, 70, 4, 8>));
    } else {
      k = graph->input("k", f32<2, 4, 70, 8>), v = graph->input("v", f32<2, 4, 70, 8>);
    }
    graph->output("y", attention_at(q, k, v, at, 0.5f));
  }
  const Floats x = drawn(2 * 70 * 4 * 8, 9), q = drawn(2 * 4 * 8, 10);
  Floats turned;
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t h = 0; h < 4; ++h)
      for (std::size_t t = 0; t < 70; ++t)
        for (std::size_t e = 0; e < 8; ++e) turned.push_back(x[((b * 70 + t) * 4 + h) * 8 + e]);
  const std::vector<std::int32_t> at{69, 30};
  const Compute compute = by_program(best_isa(), 2);
  const auto inputs = [&](const Floats& rows) {
    return std::map<std::string, std::vector<std::byte>>{
        {"q", bytes_of(q)}, {"k", bytes_of(rows)}, {"v", bytes_of(rows)}, {"at", bytes_of(at)}};
  };
  CHECK(compute(split, inputs(x)) == compute(dense, inputs(turned)));
  const Plan plan = compile(split, CpuTarget(best_isa()));
  CHECK(plan.steps.size() == 1);  // no copy
}

TEST_CASE("the kernel of attention_at reads no byte behind the last key") {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  for (const Isa isa : all_isas())
    for (const std::size_t each : {1u, 4u, 5u, 18u, 24u, 64u})
      for (const std::size_t count : {1u, 3u}) {
        constexpr std::size_t rows = 70;
        const std::size_t bytes = rows * each * sizeof(float), pages = (bytes + page - 1) / page * page;
        auto* const memory = static_cast<std::byte*>(
            mmap(nullptr, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        REQUIRE(memory != MAP_FAILED);
        std::byte* const keys = memory + pages - bytes;
        std::memcpy(keys, drawn(rows * each, 4).data(), bytes);
        REQUIRE(mprotect(memory + pages, page, PROT_NONE) == 0);
        Graph graph("at the end of memory");
        const Value k = graph.input("k", {DType::f32, Shape{} << 1 << 1 << rows << each}),
                    q = graph.input("q", {DType::f32, Shape{} << 1 << 1 << count << each});
        graph.output("y", attention_at(q, k, k, graph.input("at", i32<1>), 0.5f));
        Pool pool(1);
        States states(1);
        Program program(compile(graph, CpuTarget(isa)), states, pool, isa);
        const Floats query = drawn(count * each, 5);
        const std::int32_t at = static_cast<std::int32_t>(rows - count);
        program.bind_input("k", keys);
        program.bind_input("q", query.data());
        program.bind_input("at", &at);
        program.run();  // a read behind the keys would be a fault
        CHECK(std::isfinite(floats_of(program.output("y"))[0]));
        munmap(memory, pages + page);
      }
}

TEST_CASE("attention_at without elements makes none, or zeros where there is nothing to look at") {
  for (const auto& [q, k, v] : {std::array{shape_of<0, 2, 3, 4>, shape_of<0, 2, 5, 4>, shape_of<0, 2, 5, 4>},
                                std::array{shape_of<2, 0, 3, 4>, shape_of<2, 1, 5, 4>, shape_of<2, 1, 5, 4>},
                                std::array{shape_of<2, 2, 0, 4>, shape_of<2, 2, 5, 4>, shape_of<2, 2, 5, 4>},
                                std::array{shape_of<2, 2, 3, 4>, shape_of<2, 2, 0, 4>, shape_of<2, 2, 0, 4>},
                                std::array{shape_of<2, 2, 3, 0>, shape_of<2, 2, 5, 0>, shape_of<2, 2, 5, 4>},
                                std::array{shape_of<2, 2, 3, 4>, shape_of<2, 2, 5, 4>, shape_of<2, 2, 5, 0>}}) {
    Graph graph("empty");
    const Value y =
        attention_at(graph.input("q", {DType::f32, q}), graph.input("k", {DType::f32, k}),
                     graph.input("v", {DType::f32, v}), graph.input("at", {DType::i32, Shape{} << q[0]}), 0.5f);
    graph.output("y", y);
    Values<float> leaves;
    for (Value leaf : graph.topological())
      if (!leaf.op()) leaves[leaf.id] = std::vector<std::byte>(leaf.type().bytes());
    check_compiled_is_reference(graph, leaves);
  }
}

TEST_CASE("attention_at says what does not fit, while compiling the type and in a run the position") {
  const auto said = [](AttentionAt op, Type q, Type k, Type v, Type at) { return op.type(q, k, v, at).why.str(); };
  const AttentionAt plain{0.5f, 0, false}, ring{0.5f, 10, true};
  const Type q = f32<2, 4, 3, 8>, k = f32<2, 2, 64, 8>, at = i32<2>;
  CHECK(said(plain, q, k, k, at) == "");
  CHECK(said(ring, q, k, k, at) == "");
  CHECK(said(ring, f32<2, 4, 55, 8>, k, k, at) == "");  // 10 - 1 + 55 rows
  CHECK(said(ring, f32<2, 4, 56, 8>, k, k, at).find("wants a multiple of 64 rows, 65 at least") != std::string::npos);
  CHECK(said(ring, q, f32<2, 2, 100, 8>, f32<2, 2, 100, 8>, at).find("a multiple of 64") != std::string::npos);
  CHECK(said({0.5f, 0, true}, q, k, k, at).find("without a window") != std::string::npos);
  CHECK(said(plain, f32<4, 3, 8>, f32<2, 64, 8>, f32<2, 64, 8>, at).find("wants query f32[batch") != std::string::npos);
  CHECK(said(plain, q, k, k, i32<3>).find("differ: 2 != 3") != std::string::npos);
  CHECK(said(plain, q, k, k, f32<2>).find("wants a position i32[batch]") != std::string::npos);
  const Whole w{{1, 1, 1, 10, 4, 4}, causal};
  for (const Compute& compute : {Compute(by_definition), by_program(best_isa(), 2)})
    CHECK(complaint<InputError>([&] {
            Graph graph("early");
            const Value x = graph.input("x", f32<1, 1, 1, 4>);
            graph.output("y", attention_at(x, x, x, graph.input("at", i32<1>), 0.5f));
            compute(graph, {{"x", bytes_of(Floats(4))}, {"at", bytes_of(std::vector<std::int32_t>{-2})}});
          }) == "attention_at: sequence 0 stands at position -2, which is before the first; count positions from 0");
}
