#include "tools/image_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tools/compiled.hpp"
#include "tools/data/batches.hpp"
#include "tools/model_training.hpp"
#include "tools/nan_watcher.hpp"

namespace vitrine {

namespace {

constexpr std::size_t shown = 40, most_at_once = 250;

/// The model in use, for so many images.
class InUse {
 public:
  InUse(const ImageTask& task, const Graph& forward, std::size_t count, States& states, Pool& pool)
      : InUse(task, for_examples(forward, task.batch, count), states, pool) {}

  void run(const Batch& batch) {
    for (const char* input : {"image", "label"}) program_.bind_input(input, batch.data(input));
    run_watched(program_, watcher_.get(),
                [&] { return fmt::format("{}: testing, images from number {}", name_, batch.examples()[0]); });
  }
  std::span<const float> output(const std::string& name) const { return floats_in(program_.output(name)); }

 private:
  InUse(const ImageTask& task, const Graph& graph, States& states, Pool& pool)
      : name_(task.name),
        program_(compiled(graph, states, pool, inference_pipeline)),
        watcher_(nan_watcher(task.debug_nans, graph, inference_pipeline)) {}

  std::string name_;
  Program program_;
  std::unique_ptr<NanWatcher> watcher_;
};

Caption caption(const ImageTask& task, std::span<const float> row, std::size_t best, std::size_t actual) {
  double sum = 0;
  for (float x : row) sum += std::exp(static_cast<double>(x - row[best]));
  return {task.files.class_names[best], task.files.class_names[actual], 1 / sum};
}

}  // namespace

ImageTest test_images(const ImageTask& task, const Graph& forward, States& states, Pool& pool) {
  const std::size_t count = task.test.count(), size = std::min(count, most_at_once);
  InUse full(task, forward, size, states, pool);
  std::optional<InUse> rest;
  if (count % size != 0) rest.emplace(task, forward, count % size, states, pool);

  ImageTest made;
  Batches batches(task.test, {.size = size, .shuffle = false});
  std::size_t right = 0;
  while (batches.cursor().epoch == 0) {
    const Batch& batch = batches.next();
    InUse& model = batch.count() == size ? full : *rest;
    model.run(batch);
    const auto y = model.output("y");
    made.loss += static_cast<double>(model.output("loss")[0]) * static_cast<double>(batch.count());
    for (std::size_t i = 0; i < batch.count(); ++i) {
      const auto row = y.subspan(i * task.classes, task.classes);
      const auto best = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
      const auto actual = static_cast<std::size_t>(batch.integers("label")[i]);
      right += best == actual;
      if (made.captions.size() < shown) made.captions.push_back(caption(task, row, best, actual));
    }
  }
  made.accuracy = 100 * static_cast<double>(right) / static_cast<double>(count);
  made.loss /= static_cast<double>(count);
  return made;
}

ImageTest tested(const ImageTask& task, const Graph& forward, States& states, Pool& pool) {
  const ImageTest made = test_images(task, forward, states, pool);
  fmt::print("tested on {} images: {:.2f} % right\n", task.test.count(), made.accuracy);
  return made;
}

FirstImages::FirstImages(const ImageTask& task, States& states, Pool& pool, std::size_t most)
    : task_(task), states_(states), pool_(pool), batch_(task.test.fields(), task.batch.size) {
  std::vector<std::uint32_t> order(std::min({task.batch.size, task.test.count(), most}));
  std::iota(order.begin(), order.end(), 0u);
  batch_.set_examples(order);
  task.test.fill(batch_);
}

std::vector<float> FirstImages::evaluate(const Graph& forward, const std::string& output) const {
  InUse model(task_, forward, batch_.count(), states_, pool_);
  model.run(batch_);
  const auto numbers = model.output(output);
  return {numbers.begin(), numbers.end()};
}

std::vector<Image> pictures(const ImageSet& set, std::size_t count) {
  std::vector<Image> made;
  const std::size_t area = set.rows * set.columns;
  for (std::size_t i = 0; i < std::min(count, set.count); ++i) {
    const auto pixels = std::span(set.pixels).subspan(i * set.numbers(), set.numbers());
    Image image = grey_image(set.columns, set.rows, pixels.first(area));
    if (set.channels == 3)  // planes become pixels
      for (std::size_t channel = 0; channel < 3; ++channel)
        for (std::size_t p = 0; p < area; ++p) image.rgb[3 * p + channel] = pixels[channel * area + p];
    made.push_back(std::move(image));
  }
  return made;
}

}  // namespace vitrine
