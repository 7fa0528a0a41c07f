// A convolution whose images are pooled as they are made has the bits of one that stores them first.
#include <catch2/catch.hpp>
#include <cstring>

#include "compiler/certificate.hpp"
#include "compiler/compile.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "runtime/random.hpp"
#include "tests/numbers_everywhere.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

struct Case {
  std::size_t batch, size, in, out;
  Extent stride, padding, window, pool_stride, pool_padding;
  enum class Pool { largest, place, both, mean } pool;
  bool residual = false;  // the kernel reads another image at every pixel
};

Graph graph_of(const Case& c) {
  Graph graph("pooled");
  const Value x = graph.input("x", {DType::f32, Shape{} << c.batch << c.size << c.size << c.in});
  const Value w =
      graph.state("w", {DType::f32, Shape{} << 3 << 3 << c.in << c.out}, {.rule = Init::Rule::normal, .scale = 0.3f});
  const Value b = graph.state("b", {DType::f32, Shape{} << c.out}, {.rule = Init::Rule::normal, .scale = 1});
  Value y = emit(Conv2d{.stride = c.stride, .padding = c.padding, .groups = 1}, {x, w}) + b;
  if (c.residual) y = y + graph.input("residual", y.type());
  if (c.pool == Case::Pool::largest || c.pool == Case::Pool::both)
    graph.output("y", emit(MaxPool2d{c.window, c.pool_stride, c.pool_padding}, {y}));
  if (c.pool == Case::Pool::place || c.pool == Case::Pool::both)
    graph.output("places", emit(MaxPool2dPlace{c.window, c.pool_stride, c.pool_padding}, {y}));
  if (c.pool == Case::Pool::mean) graph.output("y", emit(AvgPool2d{c.window, c.pool_stride, c.pool_padding}, {y}));
  return graph;
}

std::map<std::string, std::vector<std::byte>> results(const Graph& graph, Isa isa, Provider provider, int threads) {
  Pool pool(threads);
  States states(7);
  Program program(compile(graph, CpuTarget(isa, provider)), states, pool, isa);
  std::map<std::string, std::vector<float>> inputs;
  for (const auto& [name, type] : program.plan().inputs) {
    const RandomStream random(3, stream_of(name));
    inputs[name].resize(type.shape.elements());
    for (std::size_t i = 0; i < inputs[name].size(); ++i) inputs[name][i] = random.normal(i);
    program.bind_input(name, inputs[name].data());
  }
  program.run();
  program.run();  // nothing is left over from the first
  std::map<std::string, std::vector<std::byte>> made;
  for (const NamedSlot& output : program.plan().outputs) {
    const auto bytes = program.output(output.name);
    made[output.name] = {bytes.begin(), bytes.end()};
  }
  return made;
}

}  // namespace

TEST_CASE("pooled as they are made or from memory, images come out alike, on every instruction set and thread count") {
  using enum Case::Pool;
  const Extent one{1, 1}, two{2, 2}, three{3, 3}, none{0, 0};
  for (const Case& c :
       {Case{16, 8, 3, 32, one, one, two, two, none, both}, Case{17, 9, 4, 5, two, none, three, two, one, both},
        Case{20, 7, 8, 64, one, one, two, two, none, largest}, Case{16, 6, 2, 33, one, none, two, one, none, place},
        Case{19, 8, 5, 16, one, one, two, two, none, mean},
        Case{3, 8, 3, 32, one, one, two, two, none, both},  // few images: all before they are pooled
        Case{16, 8, 3, 32, one, one, two, two, none, both, true}}) {
    const Graph graph = graph_of(c);
    Graph grouped(graph);
    Record record;
    Rewriter rewriter(grouped, "group_elementwise", record);
    group_elementwise(grouped, rewriter);
    std::vector<Provider> providers{Provider::own};
    if (onednn_missing().empty()) providers.push_back(Provider::onednn);
    for (const Isa isa : all_isas())
      for (const Provider provider : providers) {
        CAPTURE(c.batch, c.size, c.in, c.out, name_of(isa), static_cast<int>(provider));
        const Plan plan = compile(grouped, CpuTarget(isa, provider));
        CHECK(plan.steps.size() == 1);
        const auto stored = results(graph, isa, provider, 1);
        for (const int threads : {1, 2, 3}) CHECK(results(grouped, isa, provider, threads) == stored);
      }
  }
}

TEST_CASE("images that are pooled as they are made take no room in the arena") {
  const Extent one{1, 1}, two{2, 2};
  const Graph graph = graph_of({64, 32, 3, 32, one, one, two, two, {0, 0}, Case::Pool::largest});
  Graph grouped(graph);
  optimize(grouped);
  const CpuTarget target(best_isa(), Provider::own);
  const std::size_t images = 64ul * 32 * 32 * 32 * sizeof(float);
  CHECK(compile(graph, target).arena_bytes > images);
  CHECK(compile(grouped, target).arena_bytes < images / 2);
}
