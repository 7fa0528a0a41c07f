#include "tools/quantize/quantize_images.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "runtime/checksum.hpp"
#include "tools/compiled.hpp"
#include "tools/language_generate.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

ImageSubject::ImageSubject(const ImageTask& task, const Graph& forward, States& states, Pool& pool)
    : comparison_(task, forward, states, pool),
      subject_{.name = task.name, .forward = forward, .states = states, .pool = pool, .classifies = true} {
  subject_.data = fmt::format("the {} test images of {}", task.test.count(), task.files.name);
  subject_.data_checksum = checksum(std::as_bytes(std::span(task.files.test.pixels)));
  subject_.groups = task.test.count();
  subject_.glanced = comparison_.glanced();
  subject_.speed_unit = "images/s";
  subject_.measure = [this](const Graph& graph, States& of, const std::function<void(std::size_t)>& each) {
    return comparison_.measure(graph, of, each);
  };
  subject_.glance = [this](const Graph& graph, States& of) { return comparison_.glance(graph, of); };
  subject_.speed = [this](const Graph& graph, States& of) { return comparison_.speed(graph, of); };
}

bool quantize_classifier(const ImageClassifier& setup, const QuantizeOptions& options) {
  const QuantizeRequest request(options, true);
  const std::string path = options.load.empty() ? default_parameter_file(setup.name) : options.load;
  std::error_code ignored;  // what cannot be looked at is read, which says what is wrong
  if (options.load.empty() && !std::filesystem::exists(path, ignored))
    throw InputError(fmt::format("quantize {0}: there is no {1} yet; train it with 'run {0}', or name a file with "
                                 "--load",
                                 setup.name, path));
  Pool pool(thread_count(options.threads));
  const MappedTensorFile file = map_tensor_file(path, pool);
  const ImageTask task(setup, {.data = options.data, .seed = options.seed});
  States states(options.seed);
  auto metadata = hold_f32(path, file, task.forward, states);
  const ImageSubject subject(task, task.forward, states, pool);
  return quantize_within(request, subject.subject(), std::move(metadata));
}

std::string default_parameter_file(const std::string& name) { return default_language_file(name); }

}  // namespace vitrine
