#include "tools/quantize/quantize_images.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "runtime/checksum.hpp"
#include "tools/compiled.hpp"
#include "tools/image_gates.hpp"
#include "tools/language_generate.hpp"
#include "tools/parameter_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {
std::string data_checksum(const ImageTask& task) { return checksum(std::as_bytes(std::span(task.files.test.pixels))); }
}  // namespace

ImageSubject::ImageSubject(const ImageTask& task, const Graph& forward, States& states, Pool& pool)
    : comparison_(task, forward, states, pool),
      subject_{.name = task.name, .forward = forward, .states = states, .pool = pool, .classifies = true} {
  subject_.data = fmt::format("the {} test images of {}", task.test.count(), task.files.name);
  subject_.data_checksum = data_checksum(task);
  subject_.groups = task.test.count();
  subject_.glanced = comparison_.glanced();
  subject_.speed_unit = "images/s";
  subject_.measure = [this](const Graph& graph, States& of, const std::function<void(std::size_t)>& each) {
    return comparison_.measure(graph, of, each);
  };
  subject_.glance = [this](const Graph& graph, States& of) { return comparison_.glance(graph, of); };
  subject_.speed = [this](const Graph& graph, States& of, bool) { return comparison_.speed(graph, of); };
  const FirstImages shown(task, states, pool, 4);
  subject_.at_example = [&task, count = shown.labels().size()](const Graph& graph) {
    return for_examples(graph, task.batch, count);
  };
  for (const auto& [input, bytes] :
       {std::pair("image", std::as_bytes(shown.images())), std::pair("label", std::as_bytes(shown.labels()))})
    subject_.example[input] = {bytes.begin(), bytes.end()};
}

std::optional<bool> test_in_few_bits(const ImageTask& task, const RunOptions& options) {
  Pool pool(thread_count(options.threads));
  const MappedTensorFile file = map_tensor_file(options.load, pool);
  if (!is_in_few_bits(file.metadata)) return {};
  refuse_for_few_bits(task.name, options);
  const QuantizedModel model = read_quantized(options.load, file, task.forward);
  States states(options.seed);
  hold_parameters(options.load, file, model.graph, states);
  fmt::print("{}: weights in {}, with a certificate\n", options.load, model.scheme.name);
  const ImageTest test = tested(task, model.graph, states, pool);
  fmt::print("gates{}:\n", options.quick ? " (quick: lower thresholds)" : "");
  Gates gates;
  check_accuracy(task, test, options.quick, gates);
  check_certificate(model, "accuracy_after", test.accuracy, 0.05, data_checksum(task), gates);
  fmt::print("{}\n", gates.verdict());
  write_test(options, task.name, {{"accuracy", test.accuracy}, {"scheme", model.scheme.name}}, gates);
  return gates.all_hold();
}

bool quantize_classifier(const ImageClassifier& setup, const QuantizeOptions& options) {
  const QuantizeRequest request(options, true);
  const std::string path = options.load.empty() ? default_parameter_file(setup.name) : options.load;
  std::error_code ignored;  // what cannot be looked at is read, which says what is wrong
  if (options.load.empty() && !std::filesystem::exists(path, ignored))
    throw InputError(
        fmt::format("quantize {0}: there is no {1} yet; train it with 'run {0}', or name a file with "
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
