#include "milestones/01_perceptron/lesson.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/write_file.hpp"
#include "tools/compiled.hpp"
#include "tools/data/shuffle.hpp"
#include "tools/nan_watcher.hpp"
#include "tools/plot.hpp"
#include "tools/sheet.hpp"
#include "tools/signed_maps.hpp"

namespace vitrine {

namespace {

std::span<const float> floats(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

/// Percent, one point an epoch.
Series line(const Lesson& lesson, std::span<const double> percents) {
  Series made{lesson.name(), "", {}, false};
  for (double percent : percents) made.points.push_back({static_cast<double>(made.points.size() + 1), percent});
  return made;
}

}  // namespace

std::span<const float> Lesson::weight() const { return floats(states.bytes("weight")); }
float Lesson::bias() const { return states.contains("bias") ? floats(states.bytes("bias"))[0] : 0.f; }

void Lesson::teach(const Graph& step, const Graph& testing, int epochs, std::uint64_t seed, bool debug_nans, Pool& pool,
                   Progress& progress) {
  const std::size_t pixels = learn.rows * learn.columns;
  std::vector<float> x(pixels);
  float target = 0;
  Program student = compiled(step, states, pool), asked = compiled(testing, states, pool);
  const auto watcher = nan_watcher(debug_nans, step), test_watcher = nan_watcher(debug_nans, testing);
  student.bind_input("x", x.data());
  student.bind_input("target", &target);
  asked.bind_input("x", test.pixels.data());
  asked.bind_input("target", test.targets.data());
  for (int epoch = 0; epoch < epochs; ++epoch) {
    mistakes.push_back(0);
    for (std::size_t shown = 0; const std::size_t i : shuffled(learn.count, seed, static_cast<std::uint64_t>(epoch))) {
      std::ranges::copy(std::span(learn.pixels).subspan(i * pixels, pixels), x.begin());
      target = learn.targets[i];
      run_watched(student, watcher.get(), [&] {
        return "perceptron: " + name() + ", epoch " + std::to_string(epoch + 1) + ", image " +
               std::to_string(shown + 1);
      });
      mistakes.back() += student.scalar("loss") != 0;
      if (++shown % 1000 == 0) progress.advance(1000, name());
    }
    run_watched(asked, test_watcher.get(),
                [&] { return "perceptron: " + name() + ", testing after epoch " + std::to_string(epoch + 1); });
    const auto excitations = floats(asked.output("s")), answers = floats(asked.output("y"));
    s.assign(excitations.begin(), excitations.end());
    y.assign(answers.begin(), answers.end());
    std::size_t right = 0;
    for (std::size_t i = 0; i < test.count; ++i) right += test.targets[i] > 0 ? s[i] > 0 : s[i] <= 0;  // NaN is wrong
    accuracy.push_back(100 * static_cast<double>(right) / static_cast<double>(test.count));
    bias_moved = bias_moved || bias() != 0;
  }
}

void draw_lessons(const std::filesystem::path& folder, std::span<const Lesson* const> lessons) {
  std::vector<SignedMap> maps;
  std::vector<Series> mistakes, accuracy;
  for (const Lesson* lesson : lessons) {
    const auto weight = lesson->weight();
    maps.push_back({lesson->name(),
                    lesson->zero,
                    lesson->one,
                    lesson->test.rows,
                    lesson->test.columns,
                    {weight.begin(), weight.end()}});
    std::vector<double> shares;
    for (std::size_t n : lesson->mistakes)
      shares.push_back(100 * static_cast<double>(n) / static_cast<double>(lesson->learn.count));
    mistakes.push_back(line(*lesson, shares));
    accuracy.push_back(line(*lesson, lesson->accuracy));
  }
  write_file(folder / "weights.svg", signed_maps("What a perceptron learned to look for", maps));
  write_file(folder / "mistakes.svg",
             line_plot("Mistakes while learning", "epochs", "% of the images learned from", mistakes));
  write_file(folder / "accuracy.svg",
             line_plot("Test images told right after each epoch", "epochs", "% of the test images", accuracy));

  const Lesson& last = *lessons.back();
  const std::size_t pixels = last.test.rows * last.test.columns;
  std::vector<Image> images;
  std::vector<Caption> captions;
  for (std::size_t i = 0; i < std::min<std::size_t>(last.test.count, 40); ++i) {
    images.push_back(
        grey_image(last.test.columns, last.test.rows, std::span(last.test.grey).subspan(i * pixels, pixels)));
    const bool fires = last.s[i] > 0;
    const double yes = std::isfinite(last.y[i]) ? static_cast<double>(last.y[i]) : 0;
    captions.push_back(
        {fires ? last.one : last.zero, last.test.targets[i] > 0 ? last.one : last.zero, fires ? yes : 1 - yes});
  }
  write_file(folder / "answers.svg", sheet("A perceptron on " + last.name(), images, captions));
}

}  // namespace vitrine
