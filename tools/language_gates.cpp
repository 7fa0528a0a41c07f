#include "tools/language_gates.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/passes.hpp"
#include "compiler/specialize.hpp"
#include "tools/data/text_data.hpp"
#include "tools/reference_checks.hpp"
#include "vitrine/ops/rotary.hpp"

namespace vitrine {

void check_held_out(const LanguageTask& task, double loss, bool quick, Gates& gates) {
  const double below = quick ? task.setup.quick_below_bigram : task.setup.below_bigram;
  gates.check(
      "held-out loss", loss <= task.bigram - below, fmt::format("{:.4f} nats", loss),
      fmt::format("at most {:.4f}, {} below the bigram model's {:.4f}", task.bigram - below, below, task.bigram));
}

std::vector<AttentionMap> check_probes(const Probed& probed, bool quick, Gates& gates) {
  constexpr double least_spread = 1e-3;
  const Causality causality = probe_causality(probed);
  gates.check("no place sees what follows it", causality.changed == 0,
              fmt::format("{} of {} scores have other bits when a later token changes, by up to {:.3g}",
                          causality.changed, causality.compared, causality.most),
              "none");
  // Positions that only turn queries and keys show nothing where every token is the same.
  const bool turns =
      std::ranges::any_of(probed.forward.topological(), [](Value v) { return as<Rotary>(v) != nullptr; });
  const double order = turns ? probe_order(probed) : probe_positions(probed), context = probe_context(probed);
  gates.check("order matters", order > least_spread,
              turns ? fmt::format("two neighbours that change places move the scores by {:.3g}", order)
                    : fmt::format("scores behind equal tokens differ by up to {:.3g}", order),
              fmt::format("more than {}", least_spread));
  gates.check("context matters", context > least_spread,
              fmt::format("a token four places back moves the scores by {:.3g}", context),
              fmt::format("more than {}", least_spread));
  std::vector<AttentionMap> maps = attention_maps(probed);
  const double entropy = mean_entropy(maps), most = quick ? 0.98 : 0.9;
  gates.check("attention chooses", entropy < most,
              maps.empty() ? std::string("there is none")
                           : fmt::format("its entropy is {:.3f} of looking everywhere alike", entropy),
              fmt::format("below {}", most));
  return maps;
}

void check_reference(const Probed& probed, Gates& gates) {
  constexpr std::size_t rows = 2;
  TextAxes axes = text_axes(probed.forward);
  const std::size_t time = std::min<std::size_t>(axes.time.size, 16);
  const WindowExamples windows(probed.text, time);
  Batch batch(windows.fields(), rows);
  batch.set_examples(std::array{0u, static_cast<std::uint32_t>(windows.count() - 1)});
  windows.fill(batch);
  TextProgram program(probed.forward, rows, time, probed.states, probed.pool);
  program.run(batch.integers("token"), batch.integers("next"));
  axes.batch.size = rows, axes.time.size = time;
  Graph in_use = specialize(probed.forward, std::array{axes.batch, axes.time});
  optimize(in_use, passes_named("inference"));
  check_same_loss("loss by the reference in double", static_cast<double>(program.loss()),
                  reference_loss(in_use, probed.states, batch), gates);
}

}  // namespace vitrine
