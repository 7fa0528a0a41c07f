#include "tools/quantize/image_comparison.hpp"

#include <chrono>
#include <numeric>

#include "tools/compiled.hpp"
#include "tools/model_training.hpp"

namespace vitrine {

namespace {
constexpr std::size_t most_together = 250, few = 1000;
}

ImageComparison::ImageComparison(const ImageTask& task, const Graph& forward, States& states, Pool& pool)
    : task_(task),
      pool_(pool),
      count_(task.test.count()),
      together_(std::min(count_, most_together)),
      comparison_(together_, task.classes, pool),
      before_(count_ * task.classes) {
  run(forward, states, count_, [&](std::size_t first, const Batch&, const float* scores) {
    std::copy_n(scores, together_ * task_.classes, before_.data() + first * task_.classes);
  });
}

std::size_t ImageComparison::glanced() const { return std::min(few, count_); }

void ImageComparison::run(const Graph& graph, States& states, std::size_t most,
                          const std::function<void(std::size_t, const Batch&, const float*)>& use) {
  Program program = compiled(for_examples(graph, task_.batch, together_), states, pool_, inference_pipeline);
  Batch batch(task_.test.fields(), together_);
  std::vector<std::uint32_t> examples(together_);
  for (std::size_t first = 0; first < most; first += together_) {
    // The last batch goes back as far as it must to be full.
    const std::size_t begin = std::min(first, count_ - together_);
    std::iota(examples.begin(), examples.end(), static_cast<std::uint32_t>(begin));
    batch.set_examples(examples);
    task_.test.fill(batch);
    for (const char* input : {"image", "label"}) program.bind_input(input, batch.data(input));
    program.run();
    use(begin, batch, floats_in(program.output("y")).data());
  }
}

Quality ImageComparison::over(std::size_t most, const Graph& after, States& states,
                              const std::function<void(std::size_t)>& each) {
  QualitySums sums;
  std::size_t done = 0;
  run(after, states, most, [&](std::size_t first, const Batch& batch, const float* scores) {
    const auto labels = batch.integers("label");
    comparison_.run(before_.data() + first * task_.classes, scores, labels.data());
    const std::size_t from = done;
    for (; done < std::min(first + together_, most); ++done) {
      sums.begin_group();
      sums.add(comparison_.row(done - first), labels[done - first]);
    }
    each(done - from);
  });
  return sums.result();
}

Quality ImageComparison::measure(const Graph& after, States& states, const std::function<void(std::size_t)>& each) {
  return over(count_, after, states, each);
}

double ImageComparison::glance(const Graph& after, States& states) {
  return over(glanced(), after, states, [](std::size_t) {}).divergence.mean;
}

double ImageComparison::speed(const Graph& graph, States& states) {
  using Clock = std::chrono::steady_clock;
  Program program = compiled(for_examples(graph, task_.batch, together_), states, pool_, inference_pipeline);
  Batch batch(task_.test.fields(), together_);
  std::vector<std::uint32_t> examples(together_);
  std::iota(examples.begin(), examples.end(), 0u);
  batch.set_examples(examples);
  task_.test.fill(batch);
  for (const char* input : {"image", "label"}) program.bind_input(input, batch.data(input));
  program.run();
  std::vector<double> samples;
  const auto start = Clock::now();
  while (samples.size() < 3 || Clock::now() - start < std::chrono::milliseconds(200)) {
    const auto before = Clock::now();
    program.run();
    samples.push_back(static_cast<double>(together_) / std::chrono::duration<double>(Clock::now() - before).count());
  }
  std::ranges::nth_element(samples, samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2));
  return samples[samples.size() / 2];
}

}  // namespace vitrine
