#include "tools/tune.hpp"

#include <fmt/format.h>
#include <time.h>

#include <chrono>
#include <cmath>

#include "compiler/compile.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "tools/measured.hpp"
#include "tools/progress.hpp"
#include "tools/workloads.hpp"
#include "vitrine/ops/conv2d.hpp"
#include "vitrine/ops/matmul.hpp"

namespace vitrine {

namespace {

using Form = Contraction::Form;
constexpr std::array convolution_forms{Form::convolution, Form::convolution_input_gradient,
                                       Form::convolution_weight_gradient};

/// What is measured: sizes four times apart, so that nearly every work has one like it, and what the workloads do.
std::vector<Contraction> works() {
  std::vector<Contraction> made;
  const auto add = [&](const Contraction& work) {
    if (std::ranges::find(made, work) == made.end()) made.push_back(work);
  };
  for (const Form form : {Form::product, Form::product_left_turned, Form::product_right_turned})
    for (const std::uint64_t M : {16u, 64u, 256u, 1024u})
      for (const std::uint64_t N : {16u, 64u, 256u, 1024u})
        for (const std::uint64_t K : {16u, 64u, 256u, 1024u})
          if (M * N * K >= 1u << 20) add({form, {M, N, K, 1, 1, 1, 1}});
  for (const Form form : convolution_forms) {
    for (const std::uint64_t pixels : {64u, 1024u})
      for (const std::uint64_t places : {1u, 9u, 25u})
        for (const std::uint64_t stride : {1u, 4u}) {
          for (const std::uint64_t in : {1u, 3u, 16u, 64u})
            for (const std::uint64_t out : {16u, 64u}) add({form, {16, pixels, places, stride, in, out, 1}});
          if (places > 1)
            for (const std::uint64_t groups : {16u, 64u}) add({form, {16, pixels, places, stride, 1, 1, groups}});
        }
  }
  for (const Workload& workload : workloads()) {
    if (!workload.graph) continue;
    Graph graph = workload.graph();
    optimize(graph, workload.in_use ? inference_pipeline : default_pipeline);
    for (const Step& step : compile(graph, CpuTarget(best_isa())).steps)
      if (const auto work = contraction_of(step)) add(*work);
  }
  std::ranges::sort(made, {}, [](const Contraction& work) { return std::pair(work.form, work.sizes); });
  return made;
}

std::size_t root(std::uint64_t n) { return static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(n)))); }

Graph product_graph(const Contraction& work) {
  const bool left = work.form == Form::product_left_turned || work.form == Form::product_both_turned;
  const bool right = work.form == Form::product_right_turned || work.form == Form::product_both_turned;
  const auto [M, N, K, batches, unused1, unused2, unused3] = work.sizes;
  const auto type = [&, many = batches](std::size_t rows, std::size_t columns, bool turned) {
    Shape shape;
    if (many > 1) shape << Axis(many);
    return Type{DType::f32, shape << Axis(turned ? columns : rows) << Axis(turned ? rows : columns)};
  };
  Graph graph("product");
  const Value a = graph.input("a", type(M, K, left)), b = graph.input("b", type(K, N, right));
  graph.output("y", graph.add(Op(Matmul{left, right}), {a, b}));
  return graph;
}

/// Square images, kernels and strides, with as much padding as keeps the images' size where the stride is 1.
Graph convolution_graph(const Contraction& work) {
  const auto [images, pixels, places, strides, in, out, groups] = work.sizes;
  const std::size_t side = root(pixels), kernel = root(places), stride = root(strides), padding = kernel / 2;
  const std::size_t seen = (side - 1) * stride + kernel - 2 * padding;
  const auto shape = [](std::initializer_list<std::size_t> sizes) {
    Shape made;
    for (const std::size_t size : sizes) made << Axis(size);
    return made;
  };
  const auto both = [](std::size_t n) { return Extent{static_cast<std::int64_t>(n), static_cast<std::int64_t>(n)}; };
  const Shape x = shape({images, seen, seen, in * groups}), w = shape({kernel, kernel, in, out * groups}),
              y = shape({images, side, side, out * groups});
  const auto g = static_cast<std::int64_t>(groups);
  Graph graph("convolution");
  const auto input = [&](const char* name, const Shape& s) { return graph.input(name, {DType::f32, s}); };
  if (work.form == Form::convolution)
    graph.output("y", graph.add(Op(Conv2d{both(stride), both(padding), g}), {input("x", x), input("w", w)}));
  else if (work.form == Form::convolution_input_gradient)
    graph.output(
        "dx", graph.add(Op(Conv2dInputGradient{both(stride), both(padding), g, x}), {input("dy", y), input("w", w)}));
  else
    graph.output(
        "dw", graph.add(Op(Conv2dWeightGradient{both(stride), both(padding), g, w}), {input("x", x), input("dy", y)}));
  return graph;
}

/// One work by one provider on so many threads.
class Trial {
 public:
  Trial(const Contraction& work, Provider provider, int threads)
      : pool_(threads),
        program_(
            compile(work.is_product() ? product_graph(work) : convolution_graph(work), CpuTarget(best_isa(), provider)),
            states_, pool_, best_isa()) {
    for (const auto& [name, type] : program_.plan().inputs) inputs_.emplace_back(type.shape.elements(), 0.5f);
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      program_.bind_input(program_.plan().inputs[i].first, inputs_[i].data());
    program_.run();
  }
  const Choice& choice() const { return program_.plan().steps.back().choice; }
  /// Nanoseconds of one run: with one thread its processor time, which other programs disturb less.
  double measure() {
    const auto start = now();
    int runs = 0;
    do program_.run(), ++runs;
    while (now() - start < 300'000);
    return (now() - start) / runs;
  }

 private:
  double now() const {
    timespec t{};
    clock_gettime(pool_.threads() == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
  }
  Pool pool_;
  States states_{1};
  std::vector<std::vector<float>> inputs_{};
  Program program_;
};

}  // namespace

std::string tuned_table(int repeats) {
  if (!onednn_missing().empty()) throw InputError("bench --tune: " + onednn_missing());
  const std::vector<Contraction> all = works();
  Progress progress("tune", all.size());
  std::string made =
      "// Written by vitrine bench --tune: form, sizes, multiply-adds a nanosecond of own and of oneDNN\n"
      "// with 1 thread (median) and 2 (best).\n";
  for (const Contraction& work : all) {
    progress.advance(1, "");
    std::array<std::array<double, 2>, 2> speeds{};
    bool known = true;
    for (const int threads : {1, 2}) {
      Trial own(work, Provider::own, threads), onednn(work, Provider::onednn, threads);
      known = known && onednn.choice().kernel.starts_with("onednn");
      std::array<std::vector<double>, 2> samples;
      for (int i = 0; known && i < repeats; ++i)
        samples[0].push_back(own.measure()), samples[1].push_back(onednn.measure());
      // Another program takes one of two cores most of the time and gives none back, so the best of two threads'
      // samples says what they can do, and the middle one what else was running.
      for (std::size_t k = 0; known && k < 2; ++k)
        speeds[k][static_cast<std::size_t>(threads - 1)] =
            work.multiply_adds() / (threads == 1 ? median(samples[k]) : *std::ranges::min_element(samples[k]));
    }
    if (!known) continue;
    made += fmt::format("{{{{{}, {{{}}}}}, {{{:.1f}f, {:.1f}f}}, {{{:.1f}f, {:.1f}f}}}},\n", work.name(),
                        fmt::join(work.sizes, ", "), speeds[0][0], speeds[0][1], speeds[1][0], speeds[1][1]);
  }
  return made;
}

}  // namespace vitrine
