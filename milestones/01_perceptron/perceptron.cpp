// 1958: one layer that learns from its mistakes (Rosenblatt, "The Perceptron", Psychological Review 65), and two kinds
// of clothes that it never learns to tell apart.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "compiler/specialize.hpp"
#include "milestones/01_perceptron/by_hand.hpp"
#include "milestones/01_perceptron/lesson.hpp"
#include "milestones/all.hpp"
#include "runtime/write_file.hpp"
#include "tools/data/idx_file.hpp"
#include "tools/data/image_files.hpp"
#include "tools/draw_graphs.hpp"
#include "tools/gates.hpp"
#include "tools/knock_out.hpp"
#include "tools/parameter_file.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"
#include "vitrine/vitrine.hpp"

namespace vitrine {

namespace {

/// One image at a time, as the rule has it. Testing takes the same graph for all images at once.
constexpr Axis image{"image", 1}, pixel{"pixel", 784}, answer{"answer", 1};

struct Perceptron {
  using Weight = Parameter<filled_with(0), pixel, answer>;
  using Bias = Tensor<answer>;
  BOOST_HANA_DEFINE_STRUCT(Perceptron, (Weight, weight), (Bias, bias));

  /// The excitation s = x W + b.
  Tensor<image, answer> operator()(Tensor<image, pixel> x) const { return matmul(x, weight) + bias; }
};
static_assert(parameter_count<Perceptron>() == 785);

/// From an image to the answer o, 1 where s > 0, and the error t - o. The output "loss" is the share of mistakes. (The
/// threshold is flat wherever it does not jump: no gradient passes it. Without it, o is s itself.)
Graph forward_graph(bool has_threshold = true) {
  Graph graph("perceptron");
  const auto x = input<Tensor<image, pixel>>(graph, "x");
  const auto target = input<Tensor<image, answer>>(graph, "target");
  const auto perceptron = bind<Perceptron>(graph);
  Tensor<image, answer> s = perceptron(x);
  Tensor<image, answer> y = sigmoid(s), o = s;
  if (has_threshold) o = cast<DType::f32>(greater(s, 0.f));
  Tensor<image, answer> error = target - o;
  graph.output("s", s.value);
  graph.output("y", y.value);
  graph.output("error", error.value);
  Tensor<> loss = mean(abs(error));
  graph.output("loss", loss.value);
  return graph;
}

/// Rosenblatt's rule, as updates of the states: w <- w + (t - o) x and b <- b + (t - o). A right answer has t - o = 0
/// and changes nothing.
Graph with_rule(const Graph& forward, std::span<const std::string> frozen = {}) {
  Graph graph(forward);
  const auto learns = [&](const char* name) { return std::ranges::find(frozen, name) == frozen.end(); };
  const Graph::Scope scope(graph, "", Phase::update);
  const Tensor<image, pixel> x(graph.find("x"));
  const Tensor<image, answer> error(
      std::ranges::find(graph.outputs(), "error", [](const auto& output) { return output.first; })->second);
  const Tensor<pixel, answer> weight(graph.find("weight"));
  const Tensor<answer> bias(graph.find("bias"));
  if (learns("weight")) {
    Tensor<pixel, answer> next = weight + matmul(transpose(x), error);
    graph.update(weight.value, next.value);
  }
  if (learns("bias")) {
    Tensor<answer> next = bias + apply<SumTo{shape_of<answer>}>(error);
    graph.update(bias.value, next.value);
  }
  return graph;
}

/// What the two lessons must have come to.
void check_tasks(const Lesson& boots, const Lesson& shirts, bool quick, Gates& gates) {
  const std::size_t allowed = quick ? boots.learn.count / 1000 : 0;
  gates.check("1958: it tells " + boots.name(), boots.accuracy.back() >= 99,
              fmt::format("{:.2f} % of {} test images", boots.accuracy.back(), boots.test.count), "at least 99 %");
  gates.check("it stops making mistakes", boots.mistakes.back() <= allowed,
              fmt::format("{} on {} images in the first epoch, {} in the last", boots.mistakes.front(),
                          boots.learn.count, boots.mistakes.back()),
              fmt::format("at most {} in the last", allowed));
  const double best = *std::ranges::max_element(shirts.accuracy);
  gates.check("it cannot tell " + shirts.name(), best < 90,
              fmt::format("{:.2f} % of {} test images after its best epoch", best, shirts.test.count),
              "below 90 %; more means another task");
  gates.check("it goes on making mistakes", shirts.mistakes.back() >= shirts.learn.count / 10,
              fmt::format("{} on {} images in the first epoch, {} in the last", shirts.mistakes.front(),
                          shirts.learn.count, shirts.mistakes.back()),
              fmt::format("at least {} in the last", shirts.learn.count / 10));
}

/// The distance of a number from what it should be; infinite for one that is not finite.
double off(float got, double want) {
  return std::isfinite(got) ? std::abs(static_cast<double>(got) - want) : std::numeric_limits<double>::infinity();
}

/// The learning and the answers of one lesson against paper: a frozen weight, a missing bias, a rule that is another
/// one show here though the accuracy forgives them.
void check_by_hand(const Lesson& lesson, int epochs, std::uint64_t seed, Gates& gates) {
  const LearnedByHand hand = rule_by_hand(lesson.learn, epochs, seed);
  const std::span<const float> weight = lesson.weight();
  std::size_t equal = lesson.bias() == static_cast<float>(hand.bias), moved = 0;
  for (std::size_t p = 0; p < pixel.size; ++p) {
    equal += weight[p] == static_cast<float>(hand.weight[p]);
    moved += weight[p] != 0;
  }
  double s_off = 0, y_off = 0;
  for (std::size_t i = 0; i < lesson.test.count; ++i) {
    const auto x = std::span(lesson.test.pixels).subspan(i * pixel.size, pixel.size);
    const double s = excitation_by_hand(x, weight, lesson.bias());
    s_off = std::max(s_off, off(lesson.s[i], s));
    y_off = std::max(y_off, off(lesson.y[i], sigmoid_by_hand(s)));
  }
  gates.check(lesson.one + ": weight moved", moved >= pixel.size / 2,
              fmt::format("{} of {} numbers", moved, pixel.size), "at least half");
  gates.check(lesson.one + ": bias moved", lesson.bias_moved, fmt::format("{} at the end", lesson.bias()),
              "not 0 after some epoch");
  gates.check(lesson.one + ": the rule by hand", equal == pixel.size + 1 && hand.mistakes == lesson.mistakes,
              fmt::format("{} of {} numbers equal", equal, pixel.size + 1), "all, and the mistakes of each epoch");
  gates.check(lesson.one + ": xW + b by hand", s_off == 0, fmt::format("off by {:.3g} at most", s_off), "equal");
  gates.check(lesson.one + ": sigma(xW + b) by hand", y_off <= 1e-6, fmt::format("off by {:.3g} at most", y_off),
              "at most 0.000001");
}

bool leaves_out(const RunOptions& options, std::string_view part) {
  return std::ranges::find(options.without, part) != options.without.end();
}

/// The model of a run, and what of it stays as it began.
KnockedOut model_of(const RunOptions& options) {
  KnockedOut made = knock_out(forward_graph(!leaves_out(options, "threshold")), options.without,
                              {"update", "threshold", "labels", "shirt"});
  if (leaves_out(options, "update")) made.frozen = {"weight", "bias"};
  return made;
}

bool run_perceptron(const RunOptions& options) {
  if (!options.load.empty())
    throw UsageError(
        "run perceptron: it learns from nothing, or the rule could not be followed by hand; leave out --load, or begin "
        "with another --seed");
  const std::filesystem::path from =
      options.data.empty() ? std::filesystem::path(fashion_mnist_folder) : std::filesystem::path(options.data);
  ImageFiles files = read_image_files(from, 10);
  if (files.train.numbers() != pixel.size)
    throw InputError(fmt::format("{}: images have {} numbers, but the perceptron takes {}; use 28 x 28 grey images",
                                 from.string(), files.train.numbers(), pixel.size));
  if (leaves_out(options, "labels")) {
    std::vector<std::uint8_t> mixed;
    for (std::uint32_t i : shuffled(files.train.count, options.seed ^ 0x5eed, 0))
      mixed.push_back(files.train.labels[i]);
    files.train.labels = mixed;
  }
  const auto lesson = [&](std::size_t one, std::size_t zero) {
    Lesson made{files.class_names[one], files.class_names[zero], {files.train, one, zero}, {files.test, one, zero}};
    if (made.learn.count == 0 || made.test.count == 0)
      throw InputError(fmt::format("{}: no images of the classes {} and {} to learn from or to test on; use other data",
                                   from.string(), one, zero));
    return made;
  };
  Lesson boots = lesson(1, 9);
  // Without shirts: sneakers, which a line tells from pullovers, so that the third and fourth gates must fail.
  Lesson shirts = lesson(leaves_out(options, "shirt") ? 7 : 6, 2);

  make_folder(options.out);
  const KnockedOut knocked = model_of(options);
  const Graph step = with_rule(knocked.forward, knocked.frozen);
  const int epochs = options.epochs ? options.epochs : options.quick ? 8 : 30;
  Pool pool(1);  // one image at a time: no second thread could help
  {
    Progress progress("perceptron", (boots.learn.count + shirts.learn.count) * static_cast<std::size_t>(epochs));
    for (Lesson* each : {&boots, &shirts}) {
      Axis all = image;
      all.size = each->test.count;
      each->teach(step, specialize(knocked.forward, std::array{all}), epochs, options.seed, options.debug_nans, pool,
                  progress);
    }
  }
  fmt::print("{} and {} images, one at a time, {} epochs\ngates{}:\n", boots.learn.count, shirts.learn.count, epochs,
             options.quick ? " (quick: fewer epochs)" : "");
  Gates gates;
  check_tasks(boots, shirts, options.quick, gates);
  for (const Lesson* each : {&boots, &shirts}) check_by_hand(*each, epochs, options.seed, gates);

  const std::string drawn = draw_graphs(options.out, step);
  draw_lessons(options.out, std::array<const Lesson*, 2>{&boots, &shirts});
  if (!options.save.empty()) save_parameters(options.save, knocked.forward, boots.states);
  if (!options.json.empty()) {
    nlohmann::json lessons = nlohmann::json::array();
    for (const Lesson* each : {&boots, &shirts})
      lessons.push_back({{"name", each->name()}, {"mistakes", each->mistakes}, {"accuracy", each->accuracy}});
    write_text(options.json, nlohmann::json{{"name", "perceptron"},
                                            {"seed", options.seed},
                                            {"quick", options.quick},
                                            {"lessons", lessons},
                                            {"gates", gates.json()},
                                            {"holds", gates.all_hold()}}
                                     .dump(2) +
                                 "\n");
  }
  fmt::print(
      "{}\nlook at {}: weights.svg, mistakes.svg, accuracy.svg, answers.svg, traced and compiled ({}), memory.svg;\n"
      "compiled.vit is the step as text, passes.txt what each pass did. Next:\n  {} run perceptron --without "
      "threshold\n",
      gates.verdict(), options.out, drawn, program_invocation_name);
  return gates.all_hold();
}

}  // namespace

Project perceptron() {
  Project made{
      .name = "perceptron", .year = "1958", .idea = "one layer learns from its mistakes, and some things never"};
  made.data = "Fashion-MNIST (Debian package dataset-fashion-mnist; --data names another folder that holds it)";
  made.has_data = [] {
    return std::filesystem::exists(std::filesystem::path(fashion_mnist_folder) / "train-images-idx3-ubyte.gz");
  };
  made.forward = [] { return with_rule(forward_graph()); };
  made.forward_of_run = [](const RunOptions& options) {
    const KnockedOut model = model_of(options);
    return with_rule(model.forward, model.frozen);
  };
  made.parts = parts_of(made.forward());
  made.parts.insert(made.parts.end(), {"update", "threshold", "labels", "shirt"});
  made.uses = {"IDX", "shuffling", "saved parameters"};
  made.run = run_perceptron;
  return made;
}

}  // namespace vitrine
