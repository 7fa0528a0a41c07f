// Batches of products of which one alone is too small to share out.
#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "runtime/random.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

TEST_CASE("many small products give the same bits side by side, for any number of threads, as one by one") {
  for (const auto& [batches, size] : {std::pair<std::size_t, std::size_t>{1, 9}, {7, 9}, {65, 33}, {3, 170}}) {
    for (const bool turned : {false, true}) {
      Graph graph("products");
      const Type many{DType::f32, Shape{} << batches << size << size};
      const Value a = graph.input("a", many), b = graph.input("b", many);
      graph.output("y", tanh(matmul(turned ? transpose(a) : a, turned ? transpose(b) : b)));
      optimize(graph);
      const RandomStream random(3, 0);
      std::vector<float> x(many.shape.elements()), z(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = random.normal(i), z[i] = random.normal(x.size() + i);
      std::vector<std::vector<std::byte>> made;
      for (const int threads : {1, 2, 3}) {
        Pool pool(threads);
        States states(1);
        Program program(compile(graph, CpuTarget(best_isa())), states, pool, best_isa());
        program.bind_input("a", x.data());
        program.bind_input("b", z.data());
        program.run();
        const auto y = program.output("y");
        made.emplace_back(y.begin(), y.end());
      }
      CHECK(made[0] == made[1]);
      CHECK(made[0] == made[2]);
      // Alone each product is the same, too.
      Graph one("one");
      const Type single{DType::f32, Shape{} << size << size};
      const Value c = one.input("a", single), d = one.input("b", single);
      one.output("y", tanh(matmul(turned ? transpose(c) : c, turned ? transpose(d) : d)));
      optimize(one);
      Pool pool(1);
      States states(1);
      Program program(compile(one, CpuTarget(best_isa())), states, pool, best_isa());
      for (std::size_t batch = 0; batch < batches; ++batch) {
        program.bind_input("a", x.data() + batch * size * size);
        program.bind_input("b", z.data() + batch * size * size);
        program.run();
        const auto y = program.output("y");
        CHECK(std::equal(y.begin(), y.end(), made[0].begin() + static_cast<std::ptrdiff_t>(batch * y.size())));
      }
    }
  }
}
