// 1969: no perceptron computes exclusive or (Minsky and Papert, Perceptrons). 1986: one hidden layer does.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "compiler/optimizers.hpp"
#include "milestones/all.hpp"
#include "runtime/write_file.hpp"
#include "tools/boundary.hpp"
#include "tools/compiled.hpp"
#include "tools/draw_graphs.hpp"
#include "tools/gates.hpp"
#include "tools/knock_out.hpp"
#include "tools/nan_watcher.hpp"
#include "tools/parameter_file.hpp"
#include "tools/progress.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"
#include "vitrine/vitrine.hpp"

namespace vitrine {

namespace {

constexpr Axis row{"row", 4}, in{"in", 2}, hidden{"hidden", 4}, out{"out", 1};
/// False is -1 and true 1: with 0 and 1, plain gradient descent stops in a plateau on about one seed of fifty.
constexpr std::array<float, 8> inputs{-1, -1, -1, 1, 1, -1, 1, 1};

struct Perceptron {
  using Weight = Tensor<in, out>;
  using Bias = Parameter<normal(1), out>;  // a line through the middle would stay there, by symmetry
  BOOST_HANA_DEFINE_STRUCT(Perceptron, (Weight, weight), (Bias, bias));

  Tensor<row, out> operator()(Tensor<row, in> x) const { return matmul(x, weight) + bias; }
};

struct Network {
  using Up = Linear<in, hidden>;
  using Down = Linear<hidden, out>;
  BOOST_HANA_DEFINE_STRUCT(Network, (Up, up), (Down, down));

  Tensor<row, out> operator()(Tensor<row, in> x) const {
    Tensor<row, hidden> h = tanh(up(x));
    return down(h);
  }
};

/// The network without its bend: two linear layers are one.
struct Straight {
  using Up = Linear<in, hidden>;
  using Down = Linear<hidden, out>;
  BOOST_HANA_DEFINE_STRUCT(Straight, (Up, up), (Down, down));

  Tensor<row, out> operator()(Tensor<row, in> x) const {
    Tensor<row, hidden> h = up(x);
    return down(h);
  }
};

/// The model's graph with the mean cross entropy between the answer sigmoid(y) and the target.
template <class M> Graph trace_with_loss(const std::string& name) {
  Graph graph = trace<M>(name, "x");
  const Value y = graph.outputs()[0].second, target = graph.input("target", y.type());
  graph.output("loss", binary_cross_entropy(y, target));
  return graph;
}

const Optimizer optimizer = Sgd{.rate = {.rate = 0.5f}};

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

/// A trained model: its states, and its answers to the four rows.
struct Trained {
  States states;
  std::array<float, 4> answers{};
  float loss = 0;
  std::map<std::string, double> moved{};

  /// With `keep_best`, the moment of training that gets most rows right instead of the last: a perceptron's answers all
  /// end near one half. With `debug_nans` it stops at a NaN (see tools/nan_watcher.hpp).
  Trained(const Graph& forward, std::span<const std::string> frozen, std::span<const float> targets, int steps,
          std::uint64_t seed, Pool& pool, bool keep_best, bool debug_nans)
      : states(seed) {
    const Graph training = training_step(forward, optimizer, frozen);
    Program step = compiled(training, states, pool);
    Program test = compiled(forward, states, pool);
    const auto watcher = nan_watcher(debug_nans, training), test_watcher = nan_watcher(debug_nans, forward);
    for (Program* program : {&step, &test}) {
      program->bind_input("x", inputs.data());
      program->bind_input("target", targets.data());
    }
    const auto begin = parameters();
    std::map<std::string, std::vector<float>> best;
    int most = -1;
    for (int i = 0; i < steps; ++i) {
      const auto where = [&] { return fmt::format("{}: seed {}, step {}", forward.name(), seed, i + 1); };
      run_watched(step, watcher.get(), where);
      if (!keep_best) continue;
      ask(test, test_watcher.get());
      if (right(targets) > most) most = right(targets), best = parameters();
    }
    for (const auto& [name, numbers] : best) states.set(name, std::as_bytes(std::span(numbers)));
    ask(test, test_watcher.get());
    for (const auto& [name, now] : parameters()) {
      double difference = 0;
      for (std::size_t i = 0; i < now.size(); ++i)
        difference += std::abs(static_cast<double>(now[i] - begin.at(name)[i]));
      moved[name] = difference;
    }
  }
  void ask(Program& test, NanWatcher* watcher) {
    run_watched(test, watcher, [] { return std::string("xor: testing"); });
    const auto* y = reinterpret_cast<const float*>(test.output("y").data());
    for (std::size_t i = 0; i < 4; ++i) answers[i] = static_cast<float>(sigmoid_of(static_cast<double>(y[i])));
    loss = test.scalar("loss");
  }
  std::map<std::string, std::vector<float>> parameters() const {
    std::map<std::string, std::vector<float>> found;
    for (const std::string& name : states.names()) {
      if (name.find(':') != name.npos || name.starts_with("optimizer.")) continue;
      const auto* numbers = reinterpret_cast<const float*>(states.bytes(name).data());
      found[name] = {numbers, numbers + states.bytes(name).size() / sizeof(float)};
    }
    return found;
  }
  int right(std::span<const float> targets) const {
    int count = 0;
    for (std::size_t i = 0; i < 4; ++i) count += targets[i] > 0.5f ? answers[i] > 0.5f : answers[i] < 0.5f;
    return count;
  }
};

/// The answer by hand, from the parameters: a perceptron, or the network (with or without its bend).
double answer(const std::map<std::string, std::vector<float>>& p, double a, double b, bool bends) {
  const auto at = [&](const char* name, std::size_t i) { return static_cast<double>(p.at(name)[i]); };
  if (p.contains("weight")) return sigmoid_of(a * at("weight", 0) + b * at("weight", 1) + at("bias", 0));
  double sum = at("down.bias", 0);
  for (std::size_t i = 0; i < hidden.size; ++i) {
    const double h = a * at("up.weight", i) + b * at("up.weight", hidden.size + i) + at("up.bias", i);
    sum += at("down.weight", i) * (bends ? std::tanh(h) : h);
  }
  return sigmoid_of(sum);
}

double loss_by_hand(const Trained& model, std::span<const float> targets, bool bends) {
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const double p =
        answer(model.parameters(), static_cast<double>(inputs[2 * i]), static_cast<double>(inputs[2 * i + 1]), bends);
    sum -= (targets[i] > 0.5f ? std::log(p) : std::log1p(-p)) / 4;
  }
  return sum;
}

void draw_boundary(const std::string& path, const std::string& title, const Trained& model,
                   std::span<const float> targets, bool bends) {
  const auto parameters = model.parameters();
  const ProbabilityGrid grid = sample({-1.5f, 1.5f}, {-1.5f, 1.5f}, 200, [&](float a, float b) {
    return static_cast<float>(answer(parameters, static_cast<double>(a), static_cast<double>(b), bends));
  });
  std::vector<LabelledPoint> points;
  for (std::size_t i = 0; i < 4; ++i)
    points.push_back({inputs[2 * i], inputs[2 * i + 1], targets[i] > 0.5f, model.answers[i]});
  write_file(path, boundary(title, grid, points, "0", "1"));
}

/// Every parameter's gradient ten steps after the first network began: one that is 0 cannot be learned. (At the very
/// start that of the last bias is 0 by symmetry.)
void check_gradients(const KnockedOut& network, std::span<const float> targets, std::uint64_t seed, Gates& gates) {
  const Graph graph = with_gradients(network.forward, unread_parameters(network.forward));
  Pool pool(1);
  States states(seed);
  Program step = compiled(training_step(network.forward, optimizer, network.frozen), states, pool);
  Program program = compiled(graph, states, pool);
  for (Program* each : {&step, &program}) {
    each->bind_input("x", inputs.data());
    each->bind_input("target", targets.data());
  }
  for (int i = 0; i < 10; ++i) step.run();
  program.run();
  for (const auto& [name, v] : graph.outputs()) {
    if (!name.starts_with("d ")) continue;
    const auto* numbers = reinterpret_cast<const float*>(program.output(name).data());
    double sum = 0;
    for (std::size_t i = 0; i < v.type().shape.elements(); ++i) sum += std::abs(static_cast<double>(numbers[i]));
    gates.check(name.substr(2) + " has a gradient", sum > 0 && std::isfinite(sum),
                fmt::format("{:.3g} in all after ten steps", sum), "not 0, finite");
  }
}

bool leaves_out(const RunOptions& options, std::string_view part) {
  return std::ranges::find(options.without, part) != options.without.end();
}

KnockedOut network_of(const RunOptions& options) {
  const bool bends = !leaves_out(options, "tanh");
  return knock_out(bends ? trace_with_loss<Network>("xor") : trace_with_loss<Straight>("xor"), options.without,
                   {"tanh", "xor"});
}

bool run_xor(const RunOptions& options) {
  if (!options.load.empty() || !options.data.empty())
    throw UsageError(
        "run xor: it makes its four rows itself and trains from many seeds; leave out --load and --data, or begin with "
        "another --seed");
  const bool bends = !leaves_out(options, "tanh");
  // Or instead of exclusive or: a line tells it apart, so the first gate must fail.
  const std::array<float, 4> targets{0, 1, 1, leaves_out(options, "xor") ? 1.f : 0.f};
  const int steps = options.epochs ? options.epochs : 1000, perceptrons = options.quick ? 20 : 100,
            networks = options.quick ? 5 : 20;
  make_folder(options.out);
  Pool pool(1);  // four rows: no second thread could help
  const Graph perceptron = trace_with_loss<Perceptron>("perceptron");
  const KnockedOut network = network_of(options);

  Progress progress("xor", static_cast<std::size_t>(perceptrons + networks));
  int best_right = 0, solved = 0;
  std::optional<Trained> best, first;
  std::map<std::string, double> least_moved;
  for (int seed = 0; seed < perceptrons; ++seed) {
    Trained trained(perceptron, {}, targets, steps, options.seed + static_cast<std::uint64_t>(seed), pool, true,
                    options.debug_nans);
    progress.advance(1, "perceptrons");
    if (best && trained.right(targets) <= best_right) continue;
    best_right = trained.right(targets);
    best.emplace(std::move(trained));
  }
  for (int seed = 0; seed < networks; ++seed) {
    Trained trained(network.forward, network.frozen, targets, steps, options.seed + static_cast<std::uint64_t>(seed),
                    pool, false, options.debug_nans);
    progress.advance(1, "networks");
    solved += trained.right(targets) == 4;
    for (const auto& [name, moved] : trained.moved) {
      const auto [at, fresh] = least_moved.try_emplace(name, moved);
      if (!fresh) at->second = std::min(at->second, moved);
    }
    if (!first) first.emplace(std::move(trained));
  }

  fmt::print("{} perceptrons and {} networks of 2-4-1, {} steps each\ngates{}:\n", perceptrons, networks, steps,
             options.quick ? " (quick: fewer seeds)" : "");
  Gates gates;
  gates.check("1969: no perceptron passes", best_right <= 3,
              fmt::format("the best of {} at its best step gets {} of 4 right", perceptrons, best_right),
              "at most 3; more means broken code or another task");
  gates.check("1986: the hidden layer solves it", solved == networks,
              fmt::format("{} of {} seeds get 4 of 4 right", solved, networks), "every seed");
  for (const auto& [name, moved] : least_moved)
    gates.check(name + " moved", moved > 1e-6, fmt::format("by {:.3g} or more on every seed", moved),
                "more than 0.000001");
  check_gradients(network, targets, options.seed, gates);
  const double by_hand = loss_by_hand(*first, targets, true);
  gates.check("loss by hand", std::abs(by_hand - static_cast<double>(first->loss)) <= 1e-5,
              fmt::format("{:.7f}", first->loss), fmt::format("{:.7f}", by_hand));

  const std::string drawn =
      draw_graphs(options.out, network.forward, training_step(network.forward, optimizer, network.frozen));
  draw_boundary(options.out + "/perceptron.svg", "The best perceptron", *best, targets, true);
  draw_boundary(options.out + "/network.svg", "A network of 2-4-1", *first, targets, bends);
  if (!options.save.empty()) save_parameters(options.save, network.forward, first->states);
  if (!options.json.empty()) {
    write_text(options.json, nlohmann::json{{"name", "xor"},
                                            {"perceptron_best", best_right},
                                            {"solved", solved},
                                            {"networks", networks},
                                            {"gates", gates.json()},
                                            {"holds", gates.all_hold()}}
                                     .dump(2) +
                                 "\n");
  }
  fmt::print(
      "{}\nlook at {}: perceptron.svg and network.svg (where each changes its mind), traced, gradients and compiled "
      "({})\n",
      gates.verdict(), options.out, drawn);
  return gates.all_hold();
}

}  // namespace

Project xor_gate() {
  Project made{.name = "xor",
               .year = "1969, 1986",
               .idea = "no perceptron computes exclusive or; one hidden layer does",
               .data = "four rows of its own"};
  made.has_data = [] { return true; };
  made.forward = [] { return trace_with_loss<Network>("xor"); };
  made.forward_of_run = [](const RunOptions& options) { return network_of(options).forward; };
  made.optimizer = optimizer;
  made.parts = parts_of(made.forward());
  made.parts.insert(made.parts.end(), {"tanh", "xor"});
  made.uses = {"saved parameters"};
  made.run = run_xor;
  return made;
}

}  // namespace vitrine
