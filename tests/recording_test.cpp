// What the record of rewrites costs: little when it is kept, and nothing when it is not.
#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>

#include "compiler/compile.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/print.hpp"
#include "runtime/cpu_target.hpp"
#include "tests/transformer_graph.hpp"

using namespace vitrine;

namespace {

double seconds(const auto& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

}  // namespace

TEST_CASE("a pipeline that keeps no record makes the same graph, counts the same rewrites and builds no word") {
  const Graph given = training_step(TransformerGraph::of(2), AdamW{});
  Graph kept(given), bare(given);
  const Record all = optimize(kept), none = optimize(bare, default_pipeline, {.record = false});
  CHECK(print(bare) == print(kept));
  CHECK(none.count == all.rewrites.size());
  CHECK(all.count == all.rewrites.size());
  CHECK(none.rewrites.capacity() == 0);
  CHECK(none.refusals.capacity() == 0);
  CHECK_FALSE(all.refusals.empty());

  // What a pass would say of a change is not even put together.
  int asked = 0;
  const auto say = [&asked] { return ++asked, std::string("words"); };
  for (const bool keeps : {false, true}) {
    Graph graph("g");
    const Value x = graph.input("x", Type{});
    Record record;
    record.keeps = keeps;
    Rewriter rewriter(graph, "test", record);
    rewriter.refuse(x, say, say, say);
    rewriter.refuse_to_join(x, {}, say, say, say);
    CHECK(asked == (keeps ? 6 : 0));
    CHECK(record.refusals.size() == (keeps ? 1 : 0));
  }
}

TEST_CASE("keeping the record costs at most a twentieth of a compilation") {
  // CPU seconds, the least of several taken in turns, and only their ratio. On a busy machine it takes more turns to
  // meet a quiet moment.
  const Graph forward = TransformerGraph::of(8);
  const CpuTarget target(Isa::portable, Provider::own);
  double with = 1e9, without = 1e9, rest = 1e9, share = 1;
  for (int round = 0; round < 40 && (round < 4 || share > 0.05); ++round) {
    Graph given;
    double now = seconds([&] { given = training_step(forward, AdamW{.clip = {.norm = 1}}); });
    Graph kept(given), bare(given);
    const auto keep = [&] { with = std::min(with, seconds([&] { optimize(kept); })); };
    const auto forget = [&] {
      without = std::min(without, seconds([&] { optimize(bare, default_pipeline, {.record = false}); }));
    };
    round % 2 ? keep() : forget();
    round % 2 ? forget() : keep();
    now += seconds([&] { compile(kept, target); });
    rest = std::min(rest, now);
    share = (with - without) / (with + rest);
  }
  CAPTURE(with, without, rest);
  CHECK(share <= 0.05);
}
