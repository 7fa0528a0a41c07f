#include "tests/fuzz_checks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "tests/allowed_rounding.hpp"
#include "tests/draw.hpp"
#include "tests/graph_results.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Some of the passes, each once, in a random order.
std::vector<Pass> some_passes(std::span<const Pass> from, Draw& draw) {
  std::vector<Pass> made;
  for (const Pass& pass : from)
    if (draw.chance(60)) made.insert(made.begin() + static_cast<std::ptrdiff_t>(draw.below(made.size() + 1)), pass);
  return made;
}

std::string names_of(std::span<const Pass> passes) {
  std::vector<std::string_view> names;
  for (const Pass& pass : passes) names.push_back(pass.name);
  return fmt::format("{}", fmt::join(names, ","));
}

/// Results on ordinary leaves, and on hard ones unless one of them is an index outside of its axis.
struct BitsOfBoth {
  Leaves hard;
  Results<Bits> on_ordinary{}, on_hard{};
  bool has_hard = true;

  BitsOfBoth(const RandomGraph& given, std::uint64_t seed)
      : hard(hard_leaves(given.graph, given.leaves, seed)), on_ordinary(reference_bits(given.graph, given.leaves)) {
    try {
      on_hard = reference_bits(given.graph, hard);
    } catch (const InputError&) {
      has_hard = false;
    }
  }
  std::string difference_of(const Graph& now, const Leaves& ordinary) const {
    if (const std::string found = difference(on_ordinary, reference_bits(now, ordinary)); !found.empty()) return found;
    if (!has_hard) return "";
    const std::string found = difference(on_hard, reference_bits(now, hard));
    return found.empty() ? "" : "on hard leaves " + found;
  }
};

/// "" if the passes change no bit.
std::string change_by(const RandomGraph& given, std::span<const Pass> passes, const BitsOfBoth& before, Tally& tally) {
  Graph graph(given.graph);
  const Record record = optimize(graph, passes);
  ++tally["pipelines"];
  for (const Rewrite& rewrite : record.rewrites) ++tally["rewrites by " + std::string(rewrite.pass)];
  const std::string found = before.difference_of(graph, given.leaves);
  return found.empty() ? "" : "after passes " + names_of(passes) + ": " + found + "; now the graph is\n" + print(graph);
}

/// "" if the passes move no result by more than rounding may.
std::string move_by(const RandomGraph& given, std::span<const Pass> passes, Tally& tally) {
  Graph graph(given.graph);
  const Record record = optimize(graph, passes);
  if (std::ranges::none_of(record.rewrites, [](const Rewrite& r) { return r.pass == "fold_batch_norm"; })) return "";
  ++tally["pipelines with fold_batch_norm"];
  const auto before = leaves_of<double>(given.graph, given.leaves), after = leaves_of<double>(graph, given.leaves);
  const auto was = evaluate<double>(given.graph, before), is = evaluate<double>(graph, after);
  const auto allowed = allowed_rounding(given.graph, before, 6);
  const auto now = results_of(graph);
  for (const auto& [name, v] : results_of(given.graph)) {
    const auto a = as_numbers<double>(v.type(), was.at(v.id)), b = as_numbers<double>(v.type(), is.at(now.at(name).id));
    for (std::size_t i = 0; i < a.size(); ++i)
      if (std::abs(a[i] - b[i]) > allowed.at(v.id)[i])
        return fmt::format("after passes {}: {} is {} at element {}, and was {}, which rounding cannot explain",
                           names_of(passes), name, b[i], i, a[i]);
  }
  return "";
}

}  // namespace

std::string check_text(const RandomGraph& given, Tally& tally) {
  const auto wanted = reference_bits(given.graph, given.leaves);
  for (const bool optimized : {false, true}) {
    Graph graph(given.graph);
    if (optimized) optimize(graph);
    const std::string text = print(graph);
    const Graph again = parse(text);
    ++tally["round trips of a text"];
    if (print(again) != text) return "what was printed and read prints otherwise:\n" + print(again);
    if (const std::string found = difference(wanted, reference_bits(again, given.leaves)); !found.empty())
      return "what was printed and read computes otherwise: " + found;
  }
  return "";
}

std::string check_passes(const RandomGraph& given, std::uint64_t seed, Tally& tally) {
  Draw draw(seed);
  const BitsOfBoth before(given, seed);
  std::string found = change_by(given, default_pipeline, before, tally);
  for (int i = 0; i < 2 && found.empty(); ++i)
    found = change_by(given, some_passes(default_pipeline, draw), before, tally);
  if (!found.empty()) return found;

  RandomGraph in_use{given.graph, given.leaves};
  optimize(in_use.graph, std::span(every_pass).first(1));  // inference
  try {
    reference_bits(in_use.graph, in_use.leaves);
  } catch (const InputError&) {
    return "";  // in use another number is an index, and outside of its axis
  }
  found = change_by(in_use, some_passes(default_pipeline, draw), BitsOfBoth(in_use, seed), tally);
  if (!found.empty()) return "in use " + found;
  return move_by(in_use, std::span(every_pass).subspan(1), tally);
}

std::string check_random_graph(std::uint64_t seed, Tally& tally) {
  const RandomGraph given = random_graph(seed);
  count_facts(given.graph, tally);
  const auto report = [&](const char* check, const std::string& found) {
    return fmt::format("seed {}, {}: {}\n{}", seed, check, found, print(given.graph));
  };
  const auto found_by = [&](const char* check, const auto& run) {
    try {
      const std::string found = run();
      return found.empty() ? "" : report(check, found);
    } catch (const std::exception& error) {
      return report(check, std::string("throws: ") + error.what());
    }
  };
  std::string found = found_by("text", [&] { return check_text(given, tally); });
  if (found.empty()) found = found_by("passes", [&] { return check_passes(given, seed, tally); });
  if (found.empty()) found = found_by("compiled", [&] { return check_compiled(given, seed, tally); });
  if (found.empty()) found = found_by("gradients", [&] { return check_gradients(given, seed, tally); });
  return found;
}

}  // namespace vitrine
