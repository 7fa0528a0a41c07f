// Who runs a product or a convolution, by a table that was measured once.
#include "runtime/provider_table.hpp"

#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "tools/workloads.hpp"

using namespace vitrine;
using Catch::Contains;

TEST_CASE("the table decides by the nearest work that was measured, and for ours unless oneDNN clearly pays") {
  using enum Contraction::Form;
  const Contraction work{product, {256, 1024, 1024, 1, 1, 1, 1}};
  const auto decided = [&](std::array<float, 2> onednn, const Contraction& asked) {
    const std::array table{ProviderSpeeds{work, {50, 100}, onednn},
                           ProviderSpeeds{{product, {16, 256, 256, 1, 1, 1, 1}}, {50, 100}, {500, 1000}}};
    return faster_provider(table, asked);
  };
  CHECK(decided({60, 120}, work) == Provider::onednn);
  CHECK(decided({52, 104}, work) == Provider::own);  // within 5 %
  CHECK(decided({60, 104}, work) == Provider::own);  // with two threads it is
  CHECK(decided({52, 120}, work) == Provider::own);  // with one thread it is
  CHECK(decided({60, 120}, {product, {300, 1000, 2000, 1, 1, 1, 1}}) == Provider::onednn);
  CHECK(decided({60, 120}, {product, {256, 1024, 8192, 1, 1, 1, 1}}) == Provider::own);  // 8 times as deep: not known
  CHECK(decided({60, 120}, {product_left_turned, work.sizes}) == Provider::own);         // nor in this form
  CHECK(decided({60, 120}, {product, {16, 256, 256, 1, 1, 1, 1}}) == Provider::own);     // saves 19 us: not worth it
  CHECK(decided({60, 120}, {product, {0, 1024, 1024, 1, 1, 1, 1}}) == Provider::own);
  const std::array table{ProviderSpeeds{work, {50, 100}, {60, 120}}};
  CHECK(reason_for(table, {product, {300, 1000, 2000, 1, 1, 1, 1}}) ==
        "for product 256 1024 1024 the table has ours at 50 and 100 multiply-adds a ns, oneDNN at 60 and 120 (1 and 2 "
        "threads)");
  CHECK(reason_for(table, {product_left_turned, work.sizes}) == "the provider table has nothing like it");
  const std::array images{ProviderSpeeds{{convolution, {16, 256, 9, 1, 32, 64, 1}}, {50, 100}, {60, 120}}};
  CHECK(faster_provider(images, {convolution, {1000, 256, 9, 1, 32, 64, 1}}) == Provider::onednn);  // more of the same
  CHECK(faster_provider(images, {convolution, {1, 256, 9, 1, 32, 64, 1}}) == Provider::own);        // one chunk, not 16
}

TEST_CASE("the checked-in table says own or oneDNN by figures that can be speeds, each work once") {
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    const auto table = provider_speeds(isa);
    for (const ProviderSpeeds& row : table) {
      for (const float speed : {row.own[0], row.own[1], row.onednn[0], row.onednn[1]})
        CHECK((speed > 0 && speed < 10'000));
      CHECK(most_alike(table, row.work) == &row);
    }
  }
}

TEST_CASE("a plan by the table is the same plan every time") {
  for (const Workload& workload : workloads()) {
    if (!workload.graph) continue;
    const auto kernels = [&] {
      Graph graph = workload.graph();
      optimize(graph);
      std::string made;
      for (const Step& step : compile(graph, CpuTarget(Isa::avx512, Provider::automatic)).steps)
        made += step.choice.kernel + ": " + step.choice.reason + "\n";
      return made;
    };
    CHECK(kernels() == kernels());
    if (workload.name == "W1a") CHECK_THAT(kernels(), !Contains("onednn"));  // W7 would pay for opening it
  }
}
