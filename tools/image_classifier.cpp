// The recipe behind `run` for a model that tells images apart: data, training, test, gates, pictures.
#include "vitrine/image_classifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "compiler/optimizers.hpp"
#include "compiler/specialize.hpp"
#include "runtime/tensor_file.hpp"
#include "runtime/write_file.hpp"
#include "tools/draw_graphs.hpp"
#include "tools/gates.hpp"
#include "tools/image_training.hpp"
#include "tools/knock_out.hpp"
#include "tools/parameter_file.hpp"
#include "tools/plot.hpp"
#include "tools/reference_checks.hpp"
#include "tools/sheet.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr std::array<const char*, 10> clothes{"T-shirt", "trouser", "pullover", "dress", "coat",
                                              "sandal",  "shirt",   "sneaker",  "bag",   "ankle boot"};

std::span<const float> floats(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

Optimizer with_cosine(Optimizer optimizer, std::int64_t steps) {
  std::visit([&](auto& rule) { rule.rate.cosine_steps = steps; }, optimizer);
  return optimizer;
}

class Run {
 public:
  Run(const ImageClassifier& setup, const Graph& forward, const RunOptions& options)
      : setup_(setup),
        options_(options),
        folder_(options.out),
        original_(forward),
        pool_(thread_count(options.threads)),
        states_(options.seed),
        input_(forward.find("image")),
        batch_(input_.type().shape[0]),
        pixels_(input_.type().shape[1].size),
        classes_(forward.outputs()[0].second.type().shape[-1].size) {}

  bool whole() {
    read_data();
    make_folder(folder_);
    const KnockedOut knocked = knock_out(original_, options_.without);
    frozen_ = knocked.frozen;
    const Graph step = step_of(knocked.forward);
    train(step, knocked.forward);
    test(knocked.forward);
    check(knocked.forward);
    draw(knocked.forward, step);
    if (!options_.save.empty()) save_parameters(options_.save, original_, states_);
    return report();
  }

 private:
  int epochs() const { return options_.epochs ? options_.epochs : options_.quick ? 1 : setup_.epochs; }
  std::size_t batches_per_epoch() const { return (train_.count + batch_.size - 1) / batch_.size; }

  Graph step_of(const Graph& forward) const {
    const auto steps = static_cast<std::int64_t>(epochs()) * static_cast<std::int64_t>(batches_per_epoch());
    return training_step(forward, with_cosine(setup_.optimizer, steps), frozen_);
  }

  void read_data() {
    const std::filesystem::path from =
        options_.data.empty() ? std::filesystem::path(fashion_mnist_folder) : std::filesystem::path(options_.data);
    train_ = read_images(from, "train", classes_);
    test_ = read_images(from, "t10k", classes_);
    for (const ImageSet* set : {&train_, &test_})
      if (set->rows * set->columns != pixels_)
        throw InputError(fmt::format(
            "{}: {} images have {} x {} = {} pixels, but the model takes {}; use other data or another model",
            from.string(), set == &train_ ? "train" : "t10k", set->rows, set->columns, set->rows * set->columns,
            pixels_));
    if (options_.quick) {
      train_.count = std::max<std::size_t>(train_.count / 3, 1);
      train_.labels.resize(train_.count);
      train_.pixels.resize(train_.count * pixels_);
    }
    scale_ = pixel_scale(train_);
    if (std::ranges::find(options_.without, "labels") != options_.without.end()) {
      const auto order = shuffled(train_.count, options_.seed ^ 0x5eed, 0);
      std::vector<std::uint8_t> mixed;
      for (std::uint32_t i : order) mixed.push_back(train_.labels[i]);
      train_.labels = mixed;
    }
  }

  void train(const Graph& step, const Graph& forward) {
    BatchProgram full(step, batch_.size, pixels_, states_, pool_);
    // The images that do not fill a last batch train too, with the same graph for a smaller batch.
    std::optional<BatchProgram> rest;
    if (const std::size_t left = train_.count % batch_.size) {
      Axis smaller = batch_;
      smaller.size = left;
      rest.emplace(step_of(specialize(forward, std::array{smaller})), left, pixels_, states_, pool_);
    }
    if (!options_.load.empty()) load_parameters(options_.load, original_, states_);
    for (Value v : original_.topological())
      if (v.node().leaf == Leaf::state) {
        const auto begin =
            floats(states_.contains(v.node().name) ? states_.bytes(v.node().name) : std::span<std::byte>());
        begin_[v.node().name] = {begin.begin(), begin.end()};
      }
    check_gradients(forward);

    fmt::print("training on {} image{}: {} epoch{} of {} batches of {}, {} thread{}\n", train_.count,
               train_.count == 1 ? "" : "s", epochs(), epochs() == 1 ? "" : "s", batches_per_epoch(), batch_.size,
               pool_.threads(), pool_.threads() == 1 ? "" : "s");
    std::fflush(stdout);
    log_ = train_on(train_, scale_, full, rest ? &*rest : nullptr, epochs(), options_.seed, setup_.name);
    fmt::print("trained in {:.2f} s\n", log_.seconds);
  }

  /// Every parameter's gradient at the start, on a small batch.
  void check_gradients(const Graph& forward) {
    Axis small = batch_;
    small.size = std::min<std::size_t>({batch_.size, 16, train_.count});
    std::vector<float> images(small.size * pixels_);
    std::vector<std::int32_t> labels(small.size);
    const auto order = shuffled(train_.count, options_.seed, 0);
    fill_batch(train_, scale_, std::span(order).first(small.size), images, labels);
    gradient_norm_ = gradient_norms(specialize(forward, std::array{small}), states_, {images, labels});
  }

  void test(const Graph& forward) {
    Axis larger = batch_;
    larger.size = 500;
    while (test_.count % larger.size) --larger.size;
    BatchProgram batches(specialize(forward, std::array{larger}), larger.size, pixels_, states_, pool_);
    std::vector<std::uint32_t> order(test_.count);
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
    std::size_t right = 0;
    for (std::size_t at = 0; at < test_.count; at += larger.size) {
      batches.run(test_, scale_, std::span(order).subspan(at, larger.size));
      const auto y = floats(batches.program.output("y"));
      for (std::size_t i = 0; i < larger.size; ++i) {
        const auto row = y.subspan(i * classes_, classes_);
        const auto best = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
        right += best == test_.labels[at + i];
        if (at + i < 40) shown_.push_back(caption(row, best, test_.labels[at + i]));
      }
    }
    accuracy_ = 100 * static_cast<double>(right) / static_cast<double>(test_.count);
    fmt::print("tested on {} images: {:.2f} % right\n", test_.count, accuracy_);
  }
  Caption caption(std::span<const float> row, std::size_t best, std::size_t actual) const {
    double sum = 0;
    for (float x : row) sum += std::exp(static_cast<double>(x - row[best]));
    return {class_name(best), class_name(actual), 1 / sum};
  }
  std::string class_name(std::size_t i) const {
    return options_.data.empty() && i < clothes.size() ? clothes[i] : std::to_string(i);
  }

  void check(const Graph& forward) {
    fmt::print("gates{}:\n", options_.quick ? " (quick: lower thresholds)" : "");
    const double needed = options_.quick ? setup_.quick_accuracy : setup_.accuracy;
    gates_.check("test accuracy", accuracy_ >= needed, fmt::format("{:.2f} %", accuracy_),
                 fmt::format("at least {:.1f} %", needed));
    const double first = log_.epoch_loss.front(), last = log_.epoch_loss.back(),
                 untrained = std::log(static_cast<double>(classes_));
    const bool several = epochs() > 1;
    const double bound = several ? first : untrained;
    gates_.check("loss falls", last < bound, fmt::format("{:.4f}", last),
                 fmt::format("below {:.4f}, {}", bound, several ? "the first epoch's" : "the loss of guessing"));
    for (const auto& [name, begin] : begin_) {
      const double moved = distance(name, begin), size = norm(begin);
      gates_.check(
          name + " moved", moved > 0.01 * size && moved > 0,
          size > 0 ? fmt::format("{:.1f} % of its start", 100 * moved / size) : fmt::format("by {:.3g} from 0", moved),
          size > 0 ? "more than 1 %" : "more than 0");
      const auto g = gradient_norm_.find(name);
      const double gradient = g == gradient_norm_.end() ? 0 : g->second;
      gates_.check(name + " has a gradient", gradient > 0 && std::isfinite(gradient),
                   fmt::format("norm {:.3g} at the start", gradient), "not 0, finite");
    }
    check_loss(forward);
  }
  double distance(const std::string& name, std::span<const float> begin) {
    const auto now = floats(states_.bytes(name));
    std::vector<float> difference(begin.size());
    for (std::size_t i = 0; i < begin.size(); ++i) difference[i] = now[i] - begin[i];
    return norm(difference);
  }
  /// The compiled graph's loss on the first test images against the project's own arithmetic, or the reference's in
  /// double.
  void check_loss(const Graph& forward) {
    BatchProgram batches(forward, batch_.size, pixels_, states_, pool_);
    std::vector<std::uint32_t> order(batch_.size);
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i % test_.count);
    batches.run(test_, scale_, order);
    const double got = static_cast<double>(batches.program.scalar("loss"));
    const double want = setup_.loss_by_hand
                            ? setup_.loss_by_hand([&](const std::string& name) { return floats(states_.bytes(name)); },
                                                  batches.images, batches.labels)
                            : reference_loss(original_, states_, {batches.images, batches.labels});
    gates_.check(setup_.loss_by_hand ? "loss by hand" : "loss by the reference in double",
                 std::abs(got - want) <= 1e-4 * std::max(1.0, std::abs(want)), fmt::format("{:.6f}", got),
                 fmt::format("{:.6f}", want));
  }
  void draw(const Graph& forward, const Graph& step) {
    drawn_ = draw_graphs(folder_, forward, step);
    Series each{"each batch", "", {}, true}, mean{"mean of an epoch", "", {}, false};
    for (std::size_t i = 0; i < log_.losses.size(); ++i)
      each.points.push_back({static_cast<double>(i) / static_cast<double>(batches_per_epoch()), log_.losses[i]});
    for (std::size_t i = 0; i < log_.epoch_loss.size(); ++i)
      mean.points.push_back({static_cast<double>(i) + 0.5, log_.epoch_loss[i]});
    write_file(folder_ / "loss.svg", line_plot("Loss of " + setup_.name + " while training", "epochs", "cross entropy",
                                               std::array{each, mean}, Scale::logarithmic));
    std::vector<Image> images;
    for (std::size_t i = 0; i < shown_.size(); ++i)
      images.push_back(grey_image(test_.columns, test_.rows, std::span(test_.pixels).subspan(i * pixels_, pixels_)));
    write_file(folder_ / "predictions.svg",
               sheet("The first test images and what " + setup_.name + " takes them for", images, shown_));
  }

  bool report() {
    if (!options_.json.empty()) {
      write_text(options_.json, nlohmann::json{{"name", setup_.name},
                                               {"seed", options_.seed},
                                               {"quick", options_.quick},
                                               {"accuracy", accuracy_},
                                               {"train_seconds", log_.seconds},
                                               {"epoch_loss", log_.epoch_loss},
                                               {"gates", gates_.json()},
                                               {"holds", gates_.all_hold()}}
                                        .dump(2) +
                                    "\n");
    }
    fmt::print("{}\n", gates_.verdict());
    fmt::print(
        "look at {}: traced, gradients and compiled ({}), memory.svg, loss.svg, predictions.svg; compiled.vit is the\n"
        "step as text, passes.txt what each pass did. Next:\n"
        "  {} show {} --after fold_transposes\n  {} run {} --without {}\n",
        folder_.string(), drawn_, program_invocation_name, setup_.name, program_invocation_name, setup_.name,
        parts_of(original_)[0]);
    return gates_.all_hold();
  }

  const ImageClassifier& setup_;
  const RunOptions& options_;
  std::filesystem::path folder_;
  const Graph& original_;
  Pool pool_;
  States states_;
  Value input_;
  Axis batch_;
  std::size_t pixels_, classes_;
  ImageSet train_{}, test_{};
  PixelScale scale_{};
  std::vector<std::string> frozen_{};
  std::map<std::string, std::vector<float>> begin_{};
  std::map<std::string, double> gradient_norm_{};
  TrainingLog log_{};
  std::vector<Caption> shown_{};
  double accuracy_ = 0;
  std::string drawn_{};
  Gates gates_{};
};

}  // namespace

Project image_classifier(ImageClassifier setup, std::function<Graph()> forward) {
  Project made{.name = setup.name, .year = setup.year, .idea = setup.idea};
  made.data = "Fashion-MNIST (Debian package dataset-fashion-mnist), or any four IDX files by --data";
  made.has_data = [] {
    return std::filesystem::exists(std::filesystem::path(fashion_mnist_folder) / "train-images-idx3-ubyte.gz");
  };
  made.forward = forward;
  made.optimizer = setup.optimizer;
  made.parts = parts_of(forward());
  made.parts.push_back("labels");
  made.run = [setup, forward](const RunOptions& options) {
    const Graph graph = forward();
    return Run(setup, graph, options).whole();
  };
  return made;
}

}  // namespace vitrine
