#include "tools/timed.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "runtime/limits.hpp"
#include "runtime/random.hpp"
#include "tools/compiled.hpp"
#include "tools/made_up_run.hpp"
#include "tools/parameter_file.hpp"
#include "tools/quantized_states.hpp"
#include "tools/text_generator.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

using Clock = std::chrono::steady_clock;
double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Of every thread of this process, and of none of its children.
double processor_milliseconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto milliseconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return milliseconds(used.ru_utime) + milliseconds(used.ru_stime);
}

std::vector<Pass> passes_for(const Workload& work, bool grouped) {
  const std::span<const Pass> all = work.written > 0 ? decode_pipeline
                                    : work.in_use    ? inference_pipeline
                                                     : default_pipeline;
  std::vector<Pass> passes(all.begin(), all.end());
  const auto groups = [](const Pass& pass) {
    return pass.name == "repeat_producers" || pass.name == "group_elementwise";
  };
  if (!grouped) std::erase_if(passes, groups);
  return passes;
}

/// The graph that a workload runs. Of one in few bits `states` get codes of made-up weights; of others they are made
/// when the program is.
Graph graph_of(const Workload& work, States& states, Pool& pool) {
  Graph forward = work.graph();
  if (work.scheme.empty()) return forward;
  const QuantizationScheme scheme = scheme_named(work.scheme);
  States whole(1);
  whole.add(plan_of_states(forward), pool);
  const WeightFormats formats = formats_of(quantizable_weights(forward), scheme);
  quantize_states(forward, formats, whole, states, pool);
  return quantized(forward, formats, scheme.row_bits);
}

class TimedProgram final : public Timed {
 public:
  TimedProgram(const Workload& work, int threads, Provider provider, bool grouped)
      : pool_(threads),
        program_(compiled(graph_of(work, states_, pool_), states_, pool_, passes_for(work, grouped), provider)) {
    if (work.of_a_milestone) {
      made_up_.emplace(program_, states_, 1);
      return;
    }
    const RandomStream random(1, 0);
    for (const auto& [name, type] : program_.plan().inputs) {
      const std::size_t count = type.shape.elements();
      if (type.dtype == DType::f32) {
        std::vector<float>& made = numbers_.emplace_back(count);
        for (std::size_t i = 0; i < count; ++i) made[i] = random.normal(i);
        program_.bind_input(name, made.data());
      } else {
        std::vector<std::int32_t>& made = integers_.emplace_back(count);
        for (std::size_t i = 0; i < count; ++i) made[i] = static_cast<std::int32_t>(i * 7 % 10);
        program_.bind_input(name, made.data());
      }
    }
  }
  void run() override { program_.run(); }

 private:
  Pool pool_;
  States states_{1};
  std::vector<std::vector<float>> numbers_{};
  std::vector<std::vector<std::int32_t>> integers_{};
  Program program_;
  std::optional<MadeUpRun> made_up_{};
};

/// Each thread copies pieces of an array, as the C library does it.
class TimedCopy final : public Timed {
 public:
  explicit TimedCopy(int threads) : pool_(threads) {}
  void run() override {
    constexpr std::size_t piece = std::size_t{1} << 18, pieces = long_array / piece;
    pool_.run(pieces, [&](std::size_t chunk, std::size_t) {
      std::memcpy(to_.data() + chunk * piece, from_.data() + chunk * piece, piece * sizeof(float));
    });
  }

 private:
  Pool pool_;
  std::vector<float> from_ = std::vector<float>(long_array, 1.f), to_ = std::vector<float>(long_array);
};

/// Each thread reads pieces of an array, as fast as it can.
class TimedRead final : public Timed {
 public:
  explicit TimedRead(int threads) : pool_(threads) {}
  void run() override {
    constexpr std::size_t piece = std::size_t{1} << 18, pieces = very_long_array / piece;
    pool_.run(pieces,
              [&](std::size_t chunk, std::size_t) { sums_[chunk] = read_(from_.data() + chunk * piece, piece); });
  }

 private:
  Pool pool_;
  float (*read_)(const float*, std::size_t) = limits_table(best_isa()).read;
  std::vector<float> from_ = std::vector<float>(very_long_array, 1.f), sums_ = std::vector<float>(512);
};

/// A language model of random numbers reads a prompt and writes on, always the likeliest token.
class TimedText final : public Timed {
 public:
  TimedText(const Workload& work, int threads, bool grouped)
      : pool_(threads),
        passes_(passes_for(work, grouped)),
        forward_(graph_of(work, states_, pool_)),
        generator_(forward_, states_, pool_,
                   !work.cached                                              ? TextGenerator::Cache::none
                   : !work.scheme.empty() && scheme_named(work.scheme).cache ? TextGenerator::Cache::eight_bits
                                                                             : TextGenerator::Cache::automatic,
                   WhenFull::refill, passes_),
        prompt_(work.prompt),
        written_(work.written) {
    if (work.cached && !generator_.cache()) throw InternalError("bench: " + work.name + ": " + generator_.why_not());
    for (std::size_t i = 0; i < prompt_.size(); ++i) prompt_[i] = static_cast<std::int32_t>(i * 7 % 10);
  }
  void run() override {
    generator_.write(prompt_, written_, {.temperature = 0}, [](std::int32_t) {});
  }

 private:
  Pool pool_;
  std::vector<Pass> passes_;
  States states_{1};
  Graph forward_;
  TextGenerator generator_;
  std::vector<std::int32_t> prompt_;
  std::size_t written_;
};

}  // namespace

Timed::Sample Timed::measure() {
  if (together_ == 0) {
    const auto start = Clock::now();
    run();
    together_ = std::max(1, static_cast<int>(std::ceil(50 / std::max(milliseconds_since(start), 1e-3))));
  }
  const double used = processor_milliseconds();
  const auto start = Clock::now();
  for (int i = 0; i < together_; ++i) run();
  const double wall = milliseconds_since(start);
  return {wall / together_, (processor_milliseconds() - used) / wall};
}

std::unique_ptr<Timed> timed(const Workload& work, int threads, Provider provider, bool grouped) {
  if (work.bytes > 0) return std::make_unique<TimedRead>(threads);
  if (!work.graph) return std::make_unique<TimedCopy>(threads);
  if (work.written > 0) return std::make_unique<TimedText>(work, threads, grouped);
  return std::make_unique<TimedProgram>(work, threads, provider, grouped);
}

}  // namespace vitrine
