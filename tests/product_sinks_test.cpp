// Sums behind a matrix product: taken of its blocks while they are in cache.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "compiler/compile.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

TEST_CASE("the sum of a product's squares has one order, taken block by block or from what is stored") {
  std::mt19937 random(22);
  struct Size {
    std::size_t M, N, K;
  };
  for (const auto& [M, N, K] : {Size{70, 128, 200}, Size{128, 512, 300}, Size{64, 384, 40}, Size{33, 96, 150},
                                Size{40, 60, 150}, Size{200, 300, 150}, Size{1, 256, 9}, Size{20, 1024, 16}}) {
    Graph graph("squares");
    const Value a = graph.input("a", {DType::f32, Shape{} << K << M}),
                b = graph.input("b", {DType::f32, Shape{} << K << N});
    const Value g = emit(Matmul{true, false}, {a, b});
    graph.output("g", g);
    graph.output("squares", emit(SumTo{Shape{}}, {g * g}));
    Graph grouped(graph);
    Record record;
    Rewriter rewriter(grouped, "group_elementwise", record);
    group_elementwise(grouped, rewriter);
    std::vector<float> x(K * M), y(K * N);
    for (std::vector<float>* numbers : {&x, &y})
      for (float& v : *numbers) v = static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 300;
    for (const Isa isa : all_isas()) {
      float first = 0;
      for (const Graph* const made : {&graph, &grouped})
        for (const Provider provider : {Provider::own, Provider::automatic})
          for (const int threads : {1, 2, 4}) {
            if (provider != Provider::own && made == &graph) continue;
            Pool pool(threads);
            States states(1);
            Program program(compile(*made, CpuTarget(isa, provider)), states, pool, isa);
            program.bind_input("a", x.data());
            program.bind_input("b", y.data());
            program.run();
            float sum = 0;
            std::memcpy(&sum, program.output("squares").data(), sizeof sum);
            if (first == 0) first = sum;
            INFO(M << " x " << N << " x " << K << ", " << name_of(isa) << ", " << threads << " threads");
            if (provider == Provider::own)
              CHECK(first == sum);
            else
              CHECK(std::abs(first - sum) <= 1e-5f * first);
            CHECK(program.plan().steps.size() == (made == &graph ? 3u : 1u));
          }
    }
  }
}
